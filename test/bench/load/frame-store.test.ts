import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameStore, NOT_KEPT } from '../../../bench/load/frame-store.ts'

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill)

test('equal payloads are kept and walked once, others apart, also where only the middle differs', () => {
  let walked = 0
  const store = new FrameStore(() => ({ edits: [(walked += 1)], baseLength: 0 }), { leftBytes: 10_000 })
  const first = store.intern(bytes(1000, 1))
  assert.equal(store.intern(bytes(1000, 1)), first)
  const other = bytes(1000, 1)
  other[500] = 2
  const second = store.intern(other)
  assert.notEqual(second.id, first.id)
  assert.equal(walked, 2)
  assert.deepEqual(store.get(second.id).update, other)
})

test('what is kept is a copy: the socket reuses its bytes', () => {
  const store = new FrameStore(() => ({ edits: [], baseLength: 0 }), { leftBytes: 100 })
  const received = bytes(10, 1)
  const { id } = store.intern(received)
  received.fill(9)
  assert.deepEqual(store.get(id).update, bytes(10, 1))
})

test('beyond the budget that rooms share, edits are still recognized, and the store says it is not whole', () => {
  const budget = { leftBytes: 15 }
  const stores = [1, 2].map((edit) => new FrameStore(() => ({ edits: [edit], baseLength: 0 }), budget))
  assert.notEqual(stores[0]?.intern(bytes(10, 1)).id, NOT_KEPT)
  const refused = stores[1]?.intern(bytes(10, 2))
  assert.equal(refused?.id, NOT_KEPT)
  assert.deepEqual(refused?.edits, [2])
  assert.deepEqual([stores[0]?.isWhole, stores[1]?.isWhole], [true, false])
})
