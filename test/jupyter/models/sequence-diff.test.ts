import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { longestIncreasing } from '../../../src/jupyter/models/longest-increasing.ts'
import { commonRuns, commonRunsOrEnds, gapsBetween } from '../../../src/jupyter/models/sequence-diff.ts'
import { seed } from './notebook-arbitrary.ts'

const sequence = fc.array(fc.nat(3), { maxLength: 14 })

test('common runs are a longest common subsequence, in order', () => {
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const runs = commonRuns(a, b, 100)
      assert.ok(runs !== undefined)
      let [aEnd, bEnd, total] = [0, 0, 0]
      for (const run of runs) {
        assert.ok(run.a >= aEnd && run.b >= bEnd && run.length > 0)
        assert.deepEqual(a.slice(run.a, run.a + run.length), b.slice(run.b, run.b + run.length))
        aEnd = run.a + run.length
        bEnd = run.b + run.length
        total += run.length
      }
      assert.equal(total, longestCommon(a, b))
    }),
    { seed, numRuns: 2000 },
  )
})

test('a diff gives up exactly past the distance it was allowed', () => {
  fc.assert(
    fc.property(sequence, sequence, fc.nat(10), (a, b, maxDistance) => {
      const distance = a.length + b.length - 2 * longestCommon(a, b)
      assert.equal(commonRuns(a, b, maxDistance) !== undefined, distance <= maxDistance)
    }),
    { seed, numRuns: 1000 },
  )
})

test('past the allowed distance only the ends are common', () => {
  assert.deepEqual(commonRunsOrEnds([1, 2, 9, 3], [1, 4, 9, 5, 3], 1), [
    { a: 0, b: 0, length: 1 },
    { a: 3, b: 4, length: 1 },
  ])
})

test('the gaps between runs, applied, turn one sequence into the other', () => {
  fc.assert(
    fc.property(sequence, sequence, fc.nat(6), (a, b, maxDistance) => {
      const next = [...a]
      const gaps = gapsBetween(commonRunsOrEnds(a, b, maxDistance), a.length, b.length)
      for (const gap of gaps.toReversed()) {
        next.splice(gap.aStart, gap.aEnd - gap.aStart, ...b.slice(gap.bStart, gap.bEnd))
      }
      assert.deepEqual(next, b)
    }),
    { seed, numRuns: 1000 },
  )
})

test('the longest increasing subsequence is increasing and as long as can be', () => {
  const values = fc.array(fc.option(fc.nat(12), { nil: undefined }), { maxLength: 10 })
  fc.assert(
    fc.property(values, (numbers) => {
      const picked = longestIncreasing(numbers)
      const chosen = picked.map((index) => numbers[index] ?? assert.fail('an undefined entry was picked'))
      assert.deepEqual(
        chosen,
        [...new Set(chosen)].toSorted((x, y) => x - y),
      )
      assert.deepEqual(
        [...picked],
        picked.toSorted((x, y) => x - y),
      )
      assert.equal(picked.length, bestIncreasing(numbers))
    }),
    { seed, numRuns: 1000 },
  )
})

function longestCommon(a: readonly number[], b: readonly number[]): number {
  const rows = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const isEqual = a[i - 1] === b[j - 1]
      rows[i]![j] = isEqual ? rows[i - 1]![j - 1]! + 1 : Math.max(rows[i - 1]![j]!, rows[i]![j - 1]!)
    }
  }
  return rows[a.length]![b.length]!
}

function bestIncreasing(values: readonly (number | undefined)[], above = -1): number {
  let best = 0
  values.forEach((value, index) => {
    if (value === undefined || value <= above) return
    best = Math.max(best, 1 + bestIncreasing(values.slice(index + 1), value))
  })
  return best
}
