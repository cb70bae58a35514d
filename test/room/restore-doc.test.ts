import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { factsOf } from '../../src/document/document-facts.ts'
import type { Lineage } from '../../src/protocol/names.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { BackgroundTurns } from '../../src/room/background-turns.ts'
import type { StoredDocument } from '../../src/room/ports.ts'
import { restoreDoc } from '../../src/room/restore-doc.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Whoever asks finds half a millisecond gone. */
class TickingClock extends ManualClock {
  turns = 0

  override elapsed(): number {
    this.advance(0.5)
    return super.elapsed()
  }

  override defer(task: () => void): void {
    this.turns += 1
    super.defer(task)
  }
}

function stored(snapshot: Uint8Array | undefined, tail: readonly Uint8Array[]): StoredDocument {
  const records = tail.map((bytes, i) => ({
    seq: i + 2,
    at: 0,
    kind: 'update' as const,
    author: 'ann',
    bytes,
  }))
  const head = tail.length + 1
  return {
    lineage: 'a'.repeat(32) as Lineage,
    snapshotSeq: 1,
    snapshot,
    tail: records,
    binding: undefined,
    head,
  }
}

function notebook(cells: number): Y.Doc {
  const doc = new Y.Doc()
  for (let i = 0; i < cells; i += 1) {
    doc.clientID = 1 + (i % 3)
    const cell = new Y.Map<unknown>([['id', `cell-${i}`]])
    doc.getArray('cells').insert(Math.floor(i / 2), [cell])
    cell.set('source', new Y.Text('x = 1\n'.repeat(10)))
  }
  return doc
}

test('[ROOM-54] a large document is built in turns, its snapshot and its tail', async () => {
  const doc = notebook(1000)
  const snapshot = Y.encodeStateAsUpdate(doc)
  const tail: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => tail.push(update))
  for (let i = 0; i < 300; i += 1) doc.getText('source').insert(0, 'k')
  const clock = new TickingClock()
  const { doc: restored } = await restoreDoc(stored(snapshot, tail), new BackgroundTurns(clock))
  assert.deepEqual(factsOf(restored), factsOf(doc))
  // A turn has time for six slices or records.
  assert.ok(clock.turns >= 300 / 6, `${clock.turns} turns`)
})

test('[ROOM-54] a small document is built at once', async () => {
  const doc = notebook(20)
  const clock = new TickingClock()
  const { doc: restored } = await restoreDoc(
    stored(Y.encodeStateAsUpdate(doc), []),
    new BackgroundTurns(clock),
  )
  assert.deepEqual(factsOf(restored), factsOf(doc))
  assert.equal(clock.turns, 0)
})

test('[ROOM-2] a history with a hole is refused, large or small', async () => {
  for (const cells of [3, 1000]) {
    const doc = new Y.Doc()
    doc.getText('source').insert(0, 'lost')
    const before = Y.encodeStateVector(doc)
    doc.getText('source').insert(4, 'x'.repeat(cells * 100))
    const rest = Y.encodeStateAsUpdate(doc, before)
    await assert.rejects(
      restoreDoc(stored(undefined, [rest]), new BackgroundTurns(new TickingClock())),
      (error) => error instanceof SyncError && error.code === 'load_failed',
    )
  }
})
