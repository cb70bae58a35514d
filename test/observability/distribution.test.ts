import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Distribution } from '../../src/observability/distribution.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)

test('values are counted at the bounds they were asked for, and all above', () => {
  const spread = new Distribution([1, 10, 100])
  for (const value of [0, 1, 1.001, 10, 11, 100, 101, 1e9]) spread.add(value)
  assert.deepEqual(spread.atMost(), [
    { bound: 1, count: 2 },
    { bound: 10, count: 4 },
    { bound: 100, count: 6 },
  ])
  assert.equal(spread.count, 8)
  assert.equal(spread.sum, 0 + 1 + 1.001 + 10 + 11 + 100 + 101 + 1e9)
})

test('whatever comes, each bound tells how many were at most that, and a reading holds all', () => {
  const bounds = fc
    .uniqueArray(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 })
    .map((values) => values.toSorted((a, b) => a - b))
  const values = fc.array(fc.double({ min: 0, max: 2e6, noNaN: true }), { maxLength: 200 })
  fc.assert(
    fc.property(bounds, values, (limits, seen) => {
      const spread = new Distribution(limits)
      for (const value of seen) spread.add(value)
      for (const { bound, count } of spread.atMost())
        assert.equal(count, seen.filter((value) => value <= bound).length)
      const reading = spread.read()
      assert.equal(reading.counts.length, reading.bounds.length + 1)
      assert.equal(
        reading.counts.reduce((sum, count) => sum + count, 0),
        seen.length,
      )
      for (const [at, bound] of reading.bounds.entries()) assert.ok(bound >= (reading.bounds[at - 1] ?? 0))
    }),
    { seed },
  )
})

test('a reading does not change any more', () => {
  const spread = new Distribution([1])
  const before = spread.read()
  spread.add(0.5)
  assert.deepEqual(before.counts, [0, 0])
})
