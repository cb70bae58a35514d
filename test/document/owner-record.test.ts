import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeOwners, encodeOwners } from '../../src/document/owner-record.ts'
import { SyncError } from '../../src/protocol/errors.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)

test(`owners come back as they were written (seed ${SEED})`, () => {
  const entry = fc.tuple(fc.maxSafeNat(), fc.oneof(fc.constantFrom('ann', 'bob', 'żółw'), fc.string()))
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
      const owners = new Map(entries.map(([client, owner]) => [client, Buffer.from(owner).toString()]))
      const byId = (map: ReadonlyMap<number, string>) => [...map].toSorted(([a], [b]) => a - b)
      assert.deepEqual(byId(decodeOwners(encodeOwners(owners))), byId(owners))
    }),
    { seed: SEED, numRuns: 300 },
  )
})

test('what is no record of owners is refused, not misread', () => {
  const record = encodeOwners(
    new Map([
      [7, 'ann'],
      [2 ** 32 - 1, 'bob'],
    ]),
  )
  for (let length = 0; length < record.length; length += 1) {
    assert.throws(() => decodeOwners(record.slice(0, length)), SyncError)
  }
  assert.throws(() => decodeOwners(Uint8Array.of(9, ...record.slice(1))), /unknown version/)
})

test('five thousand ids of a hundred people take less than 26 KB', () => {
  const owners = new Map(
    Array.from({ length: 5000 }, (_, i) => [Math.imul(i + 1, 0x9e3779b1) >>> 0, `person-${i % 100}`]),
  )
  assert.ok(encodeOwners(owners).length < 26_000, String(encodeOwners(owners).length))
})
