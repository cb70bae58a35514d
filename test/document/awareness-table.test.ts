import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AwarenessTable } from '../../src/document/awareness-table.ts'

const table = (maxClientIdsPerOwner = 2) => new AwarenessTable<{ ownerKey: string }>({ maxClientIdsPerOwner })
const ann = { ownerKey: 'ann' }
const bob = { ownerKey: 'bob' }

test('[ROOM-22] an entry belongs to who introduced it', () => {
  const rows = table()
  assert.deepEqual(rows.apply(ann, [{ clientId: 1, clock: 1, state: '{}' }]), [1])
  assert.deepEqual(rows.apply(bob, [{ clientId: 1, clock: 9, state: '{"x":1}' }]), [])
  assert.deepEqual(rows.apply(bob, [{ clientId: 1, clock: 9, state: null }]), [])
  assert.deepEqual(rows.entries(), [{ clientId: 1, clock: 1, state: '{}' }])
})

test('older clocks and equal ones are dropped, but a removal at the same clock counts', () => {
  const rows = table()
  rows.apply(ann, [{ clientId: 1, clock: 5, state: '{}' }])
  assert.deepEqual(rows.apply(ann, [{ clientId: 1, clock: 5, state: '{"a":1}' }]), [])
  assert.deepEqual(rows.apply(ann, [{ clientId: 1, clock: 4, state: '{"a":1}' }]), [])
  assert.deepEqual(rows.apply(ann, [{ clientId: 1, clock: 5, state: null }]), [1])
  assert.deepEqual(rows.entries(), [{ clientId: 1, clock: 5, state: null }])
})

test('one owner introduces only so many client ids', () => {
  const rows = table(2)
  const entries = [1, 2, 3].map((clientId) => ({ clientId, clock: 1, state: '{}' }))
  assert.deepEqual(rows.apply(ann, entries), [1, 2])
})

test('property: nobody changes what another person introduced, and a removed owner leaves nothing behind', () => {
  const entry = fc.record({
    clientId: fc.integer({ min: 1, max: 4 }),
    clock: fc.integer({ min: 0, max: 5 }),
    state: fc.constantFrom('{}', '{"a":1}', null),
  })
  const step = fc.record({ owner: fc.constantFrom(ann, bob), entries: fc.array(entry, { maxLength: 3 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const rows = table(4)
      const introducedBy = new Map<number, string>()
      for (const { owner, entries } of steps) {
        for (const clientId of rows.apply(owner, entries)) {
          const first = introducedBy.get(clientId) ?? owner.ownerKey
          assert.equal(first, owner.ownerKey)
          introducedBy.set(clientId, first)
        }
      }
      rows.removeOwner(ann)
      rows.removeOwner(bob)
      assert.equal(rows.size, 0)
    }),
    { seed: Number(process.env['FC_SEED'] ?? 20261124) },
  )
})
