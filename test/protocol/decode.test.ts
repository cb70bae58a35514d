import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { DECODE_LIMITS, decodeClientMessage, parseAwarenessState } from '../../src/protocol/decode.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import type { AwarenessEntry, ClientMessage, Dialect } from '../../src/protocol/message.ts'
import { awarenessFrame, frame, overReadFrame, step1Frame } from '../support/bombs/messages.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)
const MALFORMED = { name: 'SyncError', code: 'malformed_message' }

function written(write: (encoder: ReturnType<typeof createEncoder>) => void): Uint8Array {
  const encoder = createEncoder()
  write(encoder)
  return toUint8Array(encoder)
}

function decode(bytes: Uint8Array | number[], dialect: Dialect = 'y-websocket'): ClientMessage {
  return decodeClientMessage(Uint8Array.from(bytes), dialect)
}

function entriesOf(bytes: Uint8Array): readonly AwarenessEntry[] {
  const message = decode(bytes)
  assert.equal(message.kind, 'awareness')
  return message.kind === 'awareness' ? message.entries : []
}

/** JSON texts of what was received. */
function textOf(state: Uint8Array | null | undefined): string | undefined {
  return state === null || state === undefined ? undefined : Buffer.from(state).toString()
}

test('what y-protocols writes for a document is decoded', () => {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'hello')
  const sync = (write: (encoder: ReturnType<typeof createEncoder>) => void): ClientMessage =>
    decode(
      written((encoder) => {
        writeVarUint(encoder, 0)
        write(encoder)
      }),
    )
  const stateVector = Y.encodeStateVector(doc)
  const update = Y.encodeStateAsUpdate(doc)
  assert.deepEqual(
    sync((encoder) => writeSyncStep1(encoder, doc)),
    { kind: 'syncStep1', stateVector },
  )
  assert.deepEqual(
    sync((encoder) => writeSyncStep2(encoder, doc)),
    { kind: 'syncStep2', update },
  )
  assert.deepEqual(
    sync((encoder) => writeUpdate(encoder, update)),
    { kind: 'update', update },
  )
  assert.deepEqual(decode([3]), { kind: 'queryAwareness' })
})

test('what y-protocols writes for awareness is decoded, a departure as null', (t) => {
  const awareness = new Awareness(new Y.Doc())
  t.after(() => awareness.destroy())
  const state = { user: { name: 'Åsa 🛶', color: '#123456' }, cursors: [{ anchor: { type: null }, head: 1 }] }
  awareness.setLocalState(state)
  const clientId = awareness.clientID
  const here = entriesOf(frame(1, encodeAwarenessUpdate(awareness, [clientId])))
  assert.deepEqual(
    here.map((entry) => [entry.clientId, entry.clock, textOf(entry.state)]),
    [[clientId, 1, JSON.stringify(state)]],
  )
  awareness.setLocalState(null)
  const gone = entriesOf(frame(1, encodeAwarenessUpdate(awareness, [clientId])))
  assert.deepEqual(gone, [{ clientId, clock: 2, state: null }])
})

test('an awareness update holds for Yjs and for us the same', (t) => {
  const states = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  const entry = fc.tuple(fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 40 }), fc.option(states))
  fc.assert(
    fc.property(fc.uniqueArray(entry, { maxLength: 5, selector: ([id]) => id }), (entries) => {
      const bytes = awarenessFrame(entries.map(([id, clock, state]) => [id, clock, JSON.stringify(state)]))
      const theirs = new Awareness(new Y.Doc())
      t.after(() => theirs.destroy())
      applyAwarenessUpdate(theirs, bytes.subarray(bytes.length - updateLength(bytes)), null)
      const ours = entriesOf(bytes)
      assert.equal(ours.length, entries.length)
      for (const { clientId, clock, state } of ours) {
        assert.equal(theirs.meta.get(clientId)?.clock, clock)
        const parsed = state === null ? null : parseAwarenessState(state)
        assert.deepEqual(parsed?.value, theirs.states.get(clientId))
      }
    }),
    { seed },
  )
})

/** Of the one length-prefixed body behind the type. */
function updateLength(bytes: Uint8Array): number {
  return bytes[1]! < 0x80 ? bytes.length - 2 : bytes.length - 3
}

test('four bytes that claim 200 more are refused instead of read from foreign memory', () => {
  const pool = Buffer.concat([overReadFrame(), Buffer.from('Authorization: Bearer secret '.repeat(8))])
  for (const dialect of ['y-websocket', 'jupyter'] as const) {
    const view = pool.subarray(0, 4)
    assert.equal(view.length, 4)
    assert.throws(() => decodeClientMessage(view, dialect), MALFORMED)
  }
})

test('whatever arrives is decoded or refused, and nothing else', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.nat(3), fc.nat(3), fc.uint8Array({ maxLength: 30 }))
      .map(([type, sub, body]) => Uint8Array.of(type, sub, ...frame(0, body).subarray(1))),
    fc.uint8Array({ maxLength: 40 }).map((body) => frame(1, body)),
  )
  fc.assert(
    fc.property(bytes, fc.constantFrom<Dialect>('y-websocket', 'jupyter'), (value, dialect) => {
      try {
        decodeClientMessage(value, dialect)
      } catch (error) {
        assert.ok(error instanceof SyncError && error.code === 'malformed_message', String(error))
      }
    }),
    { seed, numRuns: 3000 },
  )
})

test('a frame cut short anywhere, or with a byte more, is refused', () => {
  const save = written((encoder) => {
    writeVarUint(encoder, 2)
    writeVarString(encoder, 'save')
    writeVarUint(encoder, 300)
  })
  const frames = [
    step1Frame(2),
    Uint8Array.of(0, ...frame(2, Uint8Array.of(0, 0))),
    awarenessFrame([[300, 200, '{"a":1}']]),
    save,
  ]
  for (const bytes of frames) {
    decode(bytes, 'jupyter')
    for (let length = 0; length < bytes.length; length += 1) {
      assert.throws(() => decode(bytes.slice(0, length), 'jupyter'), MALFORMED)
    }
    assert.throws(() => decode([...bytes, 0], 'jupyter'), MALFORMED)
  }
  assert.throws(() => decode([3, 0]), MALFORMED)
})

test('decoded bytes are views of the frame, not copies', () => {
  const bytes = Uint8Array.of(0, ...frame(2, Uint8Array.of(0, 0)))
  const message = decodeClientMessage(bytes, 'y-websocket')
  assert.ok(message.kind === 'update' && message.update.buffer === bytes.buffer)
})

test('an unknown sync message is refused', () => {
  assert.throws(() => decode([0, ...frame(3, new Uint8Array(1))]), MALFORMED)
})

test('a state vector is checked, and asks for everything when it is too long', () => {
  const limit = DECODE_LIMITS.maxStateVectorEntries
  const step1 = (bytes: Uint8Array): Uint8Array => {
    const message = decode(bytes)
    return message.kind === 'syncStep1' ? message.stateVector : assert.fail(message.kind)
  }
  assert.equal(Y.decodeStateVector(step1(step1Frame(limit))).size, limit)
  assert.deepEqual(step1(step1Frame(limit + 1)), Y.encodeStateVector(new Y.Doc()))
  const start = process.cpuUsage()
  const million = step1Frame(1_000_000)
  const built = process.cpuUsage(start).user
  assert.equal(step1(million).length, 1)
  assert.ok(process.cpuUsage(start).user - built < 100_000)
  for (const body of [[], [1], [1, 5], [1, 5, 0x80], [1, 5, 1, 0], [2, 5, 1], [0x80, 0]]) {
    assert.throws(() => decode([0, ...frame(0, Uint8Array.from(body))]), MALFORMED)
  }
})

test('JupyterLab may ask to save, and other RAW messages are unknown', () => {
  const raw = (name: string, ...rest: number[]): Uint8Array =>
    written((encoder) => {
      writeVarUint(encoder, 2)
      writeVarString(encoder, name)
      for (const number of rest) writeVarUint(encoder, number)
    })
  assert.deepEqual(decode(raw('save', 1), 'jupyter'), { kind: 'save', saveId: 1 })
  assert.deepEqual(decode(raw('save', 123_456), 'jupyter'), { kind: 'save', saveId: 123_456 })
  assert.throws(() => decode(raw('save'), 'jupyter'), MALFORMED)
  assert.throws(() => decode(raw('save', 1, 1), 'jupyter'), MALFORMED)
  for (const name of ['', 'savé', 'saved', 'conflict']) {
    assert.deepEqual(decode(raw(name, 1), 'jupyter'), { kind: 'unknown', type: 2 })
  }
})

test('a y-websocket client has no RAW messages, and unknown types are named', () => {
  assert.deepEqual(decode([2, 0, 0]), { kind: 'unknown', type: 2 })
  for (const dialect of ['y-websocket', 'jupyter'] as const) {
    assert.deepEqual(decode([125, 1, 2, 3], dialect), { kind: 'unknown', type: 125 })
    assert.deepEqual(decode([0x80, 1], dialect), { kind: 'unknown', type: 128 })
  }
})

test('an awareness state that is no JSON object is refused when it is looked into', () => {
  for (const bad of [
    '',
    '{',
    '"text"',
    '5',
    'true',
    '[]',
    '[{}]',
    'undefined',
    '{"a":1}}',
    '\ufeff{}',
    "{'a':1}",
    '{"a":NaN}',
  ]) {
    const [, entry] = entriesOf(
      awarenessFrame([
        [1, 1, '{"good":true}'],
        [2, 1, bad],
      ]),
    )
    assert.equal(textOf(entry?.state), bad)
    assert.throws(() => parseAwarenessState(Buffer.from(bad)), MALFORMED, bad)
  }
})

test('an awareness update whose structure is broken counts as none', () => {
  const whole = awarenessFrame([
    [1, 1, '{"good":true}'],
    [2, 1, '{"good":true}'],
  ]).subarray(2)
  assert.equal(entriesOf(frame(1, whole)).length, 2)
  for (let length = 0; length < whole.length; length += 1)
    assert.throws(() => decode(frame(1, whole.subarray(0, length))), MALFORMED, `${length}`)
  assert.throws(() => decode(frame(1, Uint8Array.of(...whole, 0))), MALFORMED)
})

test('awareness clocks beyond 2^53, which would lock out a client for good, are refused', () => {
  const entry = (...clock: number[]): number[] => [1, 1, ...clock, 2, 0x7b, 0x7d]
  assert.equal(
    entriesOf(frame(1, Uint8Array.from(entry(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f))))[0]?.clock,
    Number.MAX_SAFE_INTEGER,
  )
  assert.throws(
    () => decode(frame(1, Uint8Array.from(entry(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f)))),
    MALFORMED,
  )
})

test('text in awareness has to be UTF-8', () => {
  const state = Uint8Array.of(...Buffer.from('{"a":"'), 0xff, 0x22, 0x7d)
  assert.throws(() => parseAwarenessState(state), MALFORMED)
})

test('more awareness entries than a room holds are refused', () => {
  const entries = (count: number): Uint8Array =>
    awarenessFrame(Array.from({ length: count }, (_, i) => [i, 1, '{}'] as const))
  const limit = DECODE_LIMITS.maxAwarenessEntries
  assert.equal(entriesOf(entries(limit)).length, limit)
  assert.throws(() => decode(entries(limit + 1)), MALFORMED)
  assert.throws(() => decode(entries(100_000)), MALFORMED)
})

test('a state that is too large is left out, so that repeating it ends nobody', () => {
  const padding = DECODE_LIMITS.maxAwarenessStateBytes - '{"a":""}'.length
  const stateOf = (length: number): string => `{"a":"${'x'.repeat(length)}"}`
  const bytes = awarenessFrame([
    [1, 1, stateOf(padding)],
    [2, 1, stateOf(padding + 1)],
    [3, 1, 'null'],
  ])
  assert.deepEqual(
    entriesOf(bytes).map(({ clientId }) => clientId),
    [1, 3],
  )
})

test('a state that nests too deep is none; brackets in its texts do not count', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  const { maxAwarenessStateDepth: limit } = DECODE_LIMITS
  const brackets = { text: `\\"${'[{'.repeat(50)}\\`, list: Array.from({ length: 50 }, () => [{}]) }
  const isLookedInto = (text: string): boolean => parseAwarenessState(Buffer.from(text)) !== undefined
  assert.equal(isLookedInto(nested(limit)), true)
  assert.equal(isLookedInto(nested(limit + 1)), false)
  assert.equal(isLookedInto(nested(8000)), false)
  assert.equal(isLookedInto(JSON.stringify(brackets)), true)
})

test('a refusal says what was wrong and where, without the content', () => {
  try {
    parseAwarenessState(Buffer.from('{"password":hunter2}'))
    assert.fail('accepted')
  } catch (error) {
    assert.ok(error instanceof SyncError)
    assert.equal(error.message, 'text is not JSON at byte 0')
    assert.doesNotMatch(JSON.stringify(error) + String(error.stack) + String(error.cause), /hunter2|password/)
  }
  assert.throws(() => decode(written((e) => writeVarUint8Array(e, new Uint8Array(0))).slice(0, 0)), {
    message: 'message ends too early at byte 0',
  })
})
