import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PresenceIndex } from '../../../bench/load/presence-index.ts'

test('states are found between two clocks; renewals take a clock, but when they come is nothing', () => {
  const index = new PresenceIndex()
  index.addMember(77)
  assert.deepEqual(
    [10, undefined, 30].map((at) => index.add(0, at)),
    [2, 3, 4],
  )
  assert.deepEqual(index.between(77, 0, 4), [10, 30])
  assert.deepEqual(index.between(77, 2, 3), [])
  assert.deepEqual(index.between(77, 3, 4), [30])
  assert.deepEqual(index.between(78, 0, 4), [])
})
