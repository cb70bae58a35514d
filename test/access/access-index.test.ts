import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { indexAccess } from '../../src/access/access-index.ts'
import { accessOf } from '../../src/access/decide.ts'
import type { Grant, Principal, Subject } from '../../src/access/model.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261)
const NAMES = ['ada', 'lin', 'constructor', 'a:b'] as const

const name = fc.constantFrom(...NAMES)
const subject = fc.tuple(fc.constantFrom('user', 'group'), name).map((parts) => parts.join(':') as Subject)
const granted = fc.constantFrom(undefined, 'none', 'read', 'edit', 'manage' as const)
const grant: fc.Arbitrary<Grant> = fc.record({
  subject,
  access: fc.constantFrom('none', 'read', 'edit'),
  expiresAt: fc.constantFrom(undefined, undefined, 10, 20, 30),
})
const principal: fc.Arbitrary<Principal> = fc
  .record({ id: name, groups: fc.uniqueArray(name), isAuthenticated: fc.boolean() })
  .map((facts) => ({ ...facts, displayName: 'X', initials: 'X', color: 'teal' }))

test('[ACCESS-48] the index answers as the table does, for anybody at any time', () => {
  fc.assert(
    fc.property(
      fc.record({
        owner: subject,
        viewers: fc.array(grant, { maxLength: 6 }),
        groups: fc.dictionary(name, fc.array(name, { maxLength: 3 })),
        principal,
        granted,
        now: fc.constantFrom(0, 10, 15, 20, 29, 30),
      }),
      ({ owner, viewers, groups, principal: who, granted: given, now }) => {
        const resource = { name: 'r', owner, viewers }
        const expected = accessOf(who, { resource, groups, now }, given)
        const index = indexAccess({ resource, groups })
        assert.equal(index.accessOf({ principal: who, granted: given }, now), expected)
        // Until the next expiry nothing changes by itself.
        const next = index.nextExpiry(now)
        const later = Math.min(next - 1, 100)
        assert.equal(index.accessOf({ principal: who, granted: given }, later), expected)
      },
    ),
    { seed: SEED, numRuns: 3000 },
  )
})
