import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDecoder, hasContent, readVarString, readVarUint } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { decodeClientMessage } from '../../src/protocol/decode.ts'
import {
  encodeAwareness,
  encodeConflict,
  encodeQueryAwareness,
  encodeRaw,
  encodeSaveReply,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  KEEP_ALIVE,
} from '../../src/protocol/encode.ts'
import type { AwarenessEntry } from '../../src/protocol/message.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A frame as y-protocols writes it. */
function theirs(write: (encoder: ReturnType<typeof createEncoder>) => void): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, 0)
  write(encoder)
  return toUint8Array(encoder)
}

function rawText(frame: Uint8Array): string {
  const decoder = createDecoder(frame)
  assert.equal(readVarUint(decoder), 2)
  const text = readVarString(decoder)
  assert.equal(hasContent(decoder), false)
  return text
}

test('sync messages are byte for byte those of y-protocols', () => {
  for (const length of [0, 1, 100, 126, 127, 128, 129, 20_000]) {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'x'.repeat(length))
    const update = Y.encodeStateAsUpdate(doc)
    assert.deepEqual(
      encodeSyncStep1(Y.encodeStateVector(doc)),
      theirs((encoder) => writeSyncStep1(encoder, doc)),
    )
    assert.deepEqual(
      encodeSyncStep2(update),
      theirs((encoder) => writeSyncStep2(encoder, doc)),
    )
    assert.deepEqual(
      encodeUpdate(update),
      theirs((encoder) => writeUpdate(encoder, update)),
    )
  }
})

test('awareness is byte for byte that of y-protocols', (t) => {
  const awareness = new Awareness(new Y.Doc())
  t.after(() => awareness.destroy())
  awareness.setLocalState({ user: { name: 'Åsa 🛶 漢' } })
  const { clientID: clientId } = awareness
  const entry = { clientId, clock: 1, state: bytesOf(JSON.stringify(awareness.getLocalState())) }
  const update = encodeAwarenessUpdate(awareness, [clientId])
  assert.deepEqual(encodeAwareness([entry]), Uint8Array.of(1, update.length, ...update))
})

test('what is encoded is decoded to the same', () => {
  const state = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }))
  const entry = fc
    .tuple(fc.maxSafeNat(), fc.maxSafeNat(), fc.option(state))
    .map(([clientId, clock, value]): AwarenessEntry => ({
      clientId,
      clock,
      state: value === null ? null : bytesOf(JSON.stringify(value)),
    }))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(entry, { maxLength: 6 }), (update, entries) => {
      assert.deepEqual(decodeClientMessage(encodeUpdate(update), 'y-websocket'), { kind: 'update', update })
      assert.deepEqual(decodeClientMessage(encodeSyncStep2(update), 'jupyter'), { kind: 'syncStep2', update })
      assert.deepEqual(decodeClientMessage(encodeAwareness(entries), 'jupyter'), {
        kind: 'awareness',
        entries,
      })
    }),
    { seed },
  )
  assert.deepEqual(decodeClientMessage(encodeQueryAwareness(), 'jupyter'), { kind: 'queryAwareness' })
  const stateVector = Y.encodeStateVector(new Map([[5, 300]]))
  assert.deepEqual(decodeClientMessage(encodeSyncStep1(stateVector), 'jupyter'), {
    kind: 'syncStep1',
    stateVector,
  })
})

test('the keep-alive is an awareness message of nobody, for stock clients too', (t) => {
  assert.deepEqual(decodeClientMessage(KEEP_ALIVE, 'y-websocket'), { kind: 'awareness', entries: [] })
  const awareness = new Awareness(new Y.Doc())
  t.after(() => awareness.destroy())
  let changes = 0
  awareness.on('update', () => (changes += 1))
  applyAwarenessUpdate(awareness, KEEP_ALIVE.subarray(2), null)
  assert.equal(changes, 0)
})

test('RAW messages are ASCII and mean the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (value) => {
      const text = rawText(encodeRaw(JSON.stringify(value)))
      assert.match(text, /^[\0-~]*$/)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
    }),
    { seed },
  )
  assert.equal(
    rawText(encodeRaw('{"reason":"geändert 🛶"}')),
    String.raw`{"reason":"ge\u00e4ndert \ud83d\udef6"}`,
  )
})

test('a RAW message is never empty, which y-websocket would show as "permission denied"', () => {
  assert.throws(() => encodeRaw(''))
})

test('JupyterLab finds its save by the id, and the conflict by its type', () => {
  assert.deepEqual(JSON.parse(rawText(encodeSaveReply(7, 'skipped'))), {
    type: 'save',
    responseTo: 7,
    status: 'skipped',
  })
  assert.deepEqual(JSON.parse(rawText(encodeConflict())), { type: 'conflict' })
})

test('a frame owns exactly its bytes', () => {
  for (const frame of [
    encodeUpdate(new Uint8Array(1000)),
    encodeAwareness([{ clientId: 1, clock: 1, state: bytesOf('{"ä":1}') }]),
    encodeConflict(),
  ]) {
    assert.equal(frame.buffer.byteLength, frame.length)
  }
})
