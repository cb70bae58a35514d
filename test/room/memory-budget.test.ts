import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DocumentId } from '../../src/protocol/names.ts'
import { type Evictable, chooseEvictions } from '../../src/room/choose-evictions.ts'
import { MemoryBudget } from '../../src/room/memory-budget.ts'
import { testDocument } from '../support/room-fixture.ts'

const SEED = Number(process.env['FC_SEED'] ?? 61)

function idle(name: string, bytes: number, idleSince: number): Evictable {
  return { document: testDocument(name), bytes, idleSince }
}

test('[ROOM-61] of two rooms of one size the longer idle goes, of two equally idle the larger', () => {
  const name = (rooms: readonly Evictable[]): DocumentId[] => rooms.map(({ document }) => document)
  const [old, recent] = [idle('old', 1000, 0), idle('recent', 1000, 900)]
  assert.deepEqual(name(chooseEvictions([recent, old], 1, 1000)), [old.document])
  const [large, small] = [idle('large', 1001, 500), idle('small', 1000, 500)]
  assert.deepEqual(name(chooseEvictions([small, large], 1, 1000)), [large.document])
  const justNow = [idle('tiny', 1, 1000), idle('huge', 1_000_000, 1000)]
  assert.deepEqual(name(chooseEvictions(justNow, 1, 1000)), [testDocument('huge')])
})

test('[ROOM-61] exactly as many rooms go as are needed, and all when they are not enough', () => {
  const rooms = [idle('a', 100, 0), idle('b', 100, 0), idle('c', 100, 0)]
  assert.equal(chooseEvictions(rooms, 100, 10).length, 1)
  assert.equal(chooseEvictions(rooms, 101, 10).length, 2)
  assert.equal(chooseEvictions(rooms, 1000, 10).length, 3)
  assert.equal(chooseEvictions(rooms, 0, 10).length, 0)
})

test('[ROOM-60] whatever comes, changes and goes, the budget holds the sum of what is there', () => {
  const names = ['a', 'b', 'c', 'd'].map((name) => testDocument(name))
  const step = fc.tuple(fc.constantFrom('set', 'leave', 'delete'), fc.constantFrom(...names), fc.nat(1000))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new MemoryBudget(500, undefined)
      const model = new Map<DocumentId, { bytes: number; isLeaving: boolean }>()
      for (const [kind, document, bytes] of steps) {
        if (kind === 'set') {
          budget.set(document, bytes)
          model.set(document, { bytes, isLeaving: model.get(document)?.isLeaving ?? false })
        } else if (kind === 'leave') {
          budget.leave(document)
          const entry = model.get(document)
          if (entry !== undefined) entry.isLeaving = true
        } else {
          budget.delete(document)
          model.delete(document)
        }
        const all = [...model.values()].reduce((sum, entry) => sum + entry.bytes, 0)
        const staying = [...model.values()].reduce(
          (sum, entry) => sum + (entry.isLeaving ? 0 : entry.bytes),
          0,
        )
        assert.equal(budget.usedBytes, all)
        assert.equal(budget.excessBytes(7), Math.max(0, staying + 7 - 500))
      }
    }),
    { seed: SEED, numRuns: 300 },
  )
})

test('[ROOM-62] a heap at 85 % of its limit is no reason, above it is', () => {
  const heap = { usedBytes: 850, limitBytes: 1000 }
  const budget = new MemoryBudget(500, () => heap)
  assert.equal(budget.excessBytes(0), 0)
  heap.usedBytes = 851
  assert.equal(budget.excessBytes(0), 1)
})

test('what a refused document needs is remembered for a bounded number of documents', () => {
  const budget = new MemoryBudget(500, undefined)
  for (let i = 0; i <= 1000; i += 1) budget.refuse(testDocument(`room${i}`), 600 + i)
  assert.equal(budget.knownNeedOf(testDocument('room0')), 0)
  assert.equal(budget.knownNeedOf(testDocument('room1')), 601)
  budget.forgetNeedOf(testDocument('room1'))
  assert.equal(budget.knownNeedOf(testDocument('room1')), 0)
})
