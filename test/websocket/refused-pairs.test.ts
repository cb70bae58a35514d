import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusedPairs } from '../../src/websocket/refused-pairs.ts'

test('a pair is remembered for a while, and only so many are', () => {
  const pairs = new RefusedPairs({ keepMs: 1000, maxEntries: 2 })
  pairs.remember('a', 0)
  assert.equal(pairs.has('a', 999), true)
  assert.equal(pairs.has('a', 1000), false)
  pairs.remember('a', 0)
  pairs.remember('b', 0)
  pairs.remember('c', 0)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => pairs.has(key, 1)),
    [false, true, true],
  )
})
