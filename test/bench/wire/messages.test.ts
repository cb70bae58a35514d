import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import * as Y from 'yjs'
import { readVarBytes, readVarText, readVarUint } from '../../../bench/wire/bytes.ts'
import { createDialect } from '../../../bench/wire/create-dialect.ts'
import type { Incoming } from '../../../bench/wire/dialect.ts'
import {
  MESSAGE,
  SYNC,
  decodePresence,
  decodeSync,
  encodeMessage,
  encodePresence,
  encodeStateVector,
} from '../../../bench/wire/messages.ts'
import { PROTOCOLS } from '../../../bench/plan/scenario.ts'

const options = { seed: Number(process.env['FC_SEED'] ?? 42), numRuns: 300 }
const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 127, 128, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
)
const clientId = fc.nat(2 ** 32 - 1)
const json = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ unit: 'binary', maxLength: 20 }))

function written(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder()
  write(encoder)
  return encoding.toUint8Array(encoder)
}

const cursorAt = (bytes: Uint8Array, at = 0) => ({ bytes, at })

/** A document with a few letters of each author, some of them deleted. */
function documentOf(texts: readonly string[]): Y.Doc {
  const doc = new Y.Doc()
  for (const text of texts) {
    const author = new Y.Doc()
    author.getText('source').insert(0, text)
    if (text.length > 2) author.getText('source').delete(1, 1)
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(author))
  }
  return doc
}

test('numbers, bytes and texts that lib0 wrote are read, one after the other', () => {
  fc.assert(
    fc.property(
      number,
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary' }),
      (n, bytes, text) => {
        const cursor = cursorAt(
          written((encoder) => {
            encoding.writeVarUint(encoder, n)
            encoding.writeVarUint8Array(encoder, bytes)
            encoding.writeVarString(encoder, text)
            encoding.writeVarUint(encoder, n)
          }),
        )
        assert.equal(readVarUint(cursor), n)
        assert.deepEqual(new Uint8Array(readVarBytes(cursor)), bytes)
        assert.equal(readVarText(cursor), text)
        assert.equal(readVarUint(cursor), n)
        assert.equal(cursor.at, cursor.bytes.length)
      },
    ),
    options,
  )
})

test('bytes that end too soon and numbers above 2^53 are a RangeError', () => {
  const wrong = [
    [],
    [0x80],
    Array<number>(20).fill(0x80),
    Array<number>(20).fill(0xff),
    // 2^53, the first number that is not safe.
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  ]
  for (const bytes of wrong) assert.throws(() => readVarUint(cursorAt(Uint8Array.from(bytes))), RangeError)
  assert.throws(() => readVarBytes(cursorAt(Uint8Array.from([3, 1, 2]))), RangeError)
})

test('y-protocols understands our sync messages', () => {
  const from = documentOf(['one', 'two'])
  const to = new Y.Doc()
  const answer = encoding.createEncoder()
  const read = (bytes: Uint8Array) => {
    const decoder = decoding.createDecoder(bytes)
    assert.equal(decoding.readVarUint(decoder), MESSAGE.sync)
    const kind = syncProtocol.readSyncMessage(decoder, answer, to, undefined)
    assert.equal(decoder.pos, bytes.length)
    return kind
  }
  const state = Y.encodeStateAsUpdate(from)
  assert.equal(read(encodeMessage([MESSAGE.sync, SYNC.step2], state)), syncProtocol.messageYjsSyncStep2)
  assert.deepEqual(Y.encodeStateAsUpdate(to), state)
  from.getText('source').insert(0, 'later')
  const update = Y.encodeStateAsUpdate(from, Y.encodeStateVector(to))
  assert.equal(read(encodeMessage([MESSAGE.sync, SYNC.update], update)), syncProtocol.messageYjsUpdate)
  assert.equal(to.getText('source').toJSON(), from.getText('source').toJSON())
  assert.equal(encoding.length(answer), 0)
  const vector = Y.encodeStateVector(new Y.Doc())
  assert.equal(read(encodeMessage([MESSAGE.sync, SYNC.step1], vector)), syncProtocol.messageYjsSyncStep1)
  const step2 = written((encoder) => syncProtocol.writeSyncStep2(encoder, to, vector))
  assert.deepEqual(encoding.toUint8Array(answer), step2)
})

test('what y-protocols writes is understood', () => {
  const doc = documentOf(['some', 'words'])
  const update = Y.encodeStateAsUpdate(doc)
  const read = (write: (encoder: encoding.Encoder) => void): Incoming => decodeSync(cursorAt(written(write)))
  const asked = read((encoder) => syncProtocol.writeSyncStep1(encoder, doc))
  assert.deepEqual(asked, { kind: 'ask', stateVector: Y.encodeStateVector(doc) })
  const state = read((encoder) => syncProtocol.writeSyncStep2(encoder, doc))
  assert.deepEqual(state, { kind: 'state', update })
  const edit = read((encoder) => syncProtocol.writeUpdate(encoder, update))
  assert.deepEqual(edit, { kind: 'update', update })
})

test('our state vectors are read by Yjs as we meant them, and it sends just what is lacking', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(clientId, number)), (entries) => {
      const clocks = new Map(entries)
      assert.deepEqual(Y.decodeStateVector(encodeStateVector(clocks)), clocks)
    }),
    options,
  )
  const doc = documentOf(['mine', 'theirs'])
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc))
  doc.getText('source').insert(0, 'new')
  const diff = Y.encodeStateAsUpdate(doc, encodeStateVector(clocks))
  assert.deepEqual(
    Y.decodeUpdate(diff).structs.map(({ id }) => id.client),
    [doc.clientID],
  )
})

test('our presence is a state in y-protocols’ Awareness, and null is a leave', () => {
  const awareness = new Awareness(new Y.Doc())
  fc.assert(
    fc.property(clientId, json, (id, state) => {
      fc.pre(id !== awareness.clientID)
      const clock = (awareness.meta.get(id)?.clock ?? 0) + 1
      applyAwarenessUpdate(awareness, encodePresence(id, clock, JSON.stringify(state)), 'test')
      // Through JSON, which knows no prototypes.
      assert.deepEqual(awareness.getStates().get(id), JSON.parse(JSON.stringify(state)))
      applyAwarenessUpdate(awareness, encodePresence(id, clock + 1, 'null'), 'test')
      assert.ok(!awareness.getStates().has(id))
    }),
    options,
  )
  awareness.destroy()
})

test('presence that y-protocols encoded is listed with its clocks and who has gone', () => {
  const awareness = new Awareness(new Y.Doc())
  const others = [5, 2 ** 32 - 1, 77]
  for (const id of others)
    applyAwarenessUpdate(awareness, encodePresence(id, id === 77 ? 300 : 1, '{"name":"Zoë null"}'), 'test')
  removeAwarenessStates(awareness, [5], 'test')
  assert.deepEqual(decodePresence(encodeAwarenessUpdate(awareness, others)), [
    { clientId: 5, clock: 1, isGone: true },
    { clientId: 2 ** 32 - 1, clock: 1, isGone: false },
    { clientId: 77, clock: 300, isGone: false },
  ])
  awareness.destroy()
})

for (const protocol of PROTOCOLS) {
  test(`${protocol}: whatever bytes come, decoding answers or throws a RangeError`, () => {
    const dialect = createDialect(protocol, { url: 'ws://127.0.0.1:1/{room}' })
    // Small first numbers reach further than random ones do.
    const bytes = fc.tuple(fc.uint8Array({ max: 9, maxLength: 4 }), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(bytes, ([head, rest]) => {
        try {
          const incoming = dialect.decode(Uint8Array.from([...head, ...rest]))
          if (incoming.kind === 'presence') decodePresence(incoming.update)
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error))
        }
      }),
      { ...options, numRuns: 2000 },
    )
  })
}
