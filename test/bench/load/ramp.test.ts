import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateSearch } from '../../../bench/load/ramp.ts'
import { PLAIN_RAMP, type Ramp } from '../../../bench/plan/scenario.ts'

function search(ramp: Partial<Ramp>, limit: number): { tried: number[]; best: number | undefined } {
  const rates = new RateSearch({ ...PLAIN_RAMP, ...ramp })
  const tried: number[] = []
  for (let rate = rates.next; rate !== undefined; rate = rates.next) {
    if (tried.at(-1) !== Math.round(rate)) tried.push(Math.round(rate))
    rates.tried(rate <= limit)
  }
  return { tried, best: rates.best }
}

test('the rate doubles until it fails, then the gap is halved', () => {
  const { tried, best } = search({ from: 10, to: 10_000, factor: 2, refine: 2 }, 100)
  assert.deepEqual(tried, [10, 20, 40, 80, 160, 113, 95])
  assert.ok(Math.abs((best ?? 0) - 95.1) < 0.1)
})

test('it ends at the highest rate that is asked for', () => {
  assert.deepEqual(search({ from: 10, to: 35, factor: 2, refine: 3 }, 1000), {
    tried: [10, 20, 35],
    best: 35,
  })
})

test('a first rate that fails leads down, and not without end', () => {
  assert.deepEqual(search({ from: 80, to: 1000, factor: 2, refine: 0 }, 30), {
    tried: [80, 40, 20],
    best: 20,
  })
  assert.deepEqual(search({ from: 80, to: 1000, factor: 2, refine: 1 }, 0), {
    tried: [80, 40, 20, 10],
    best: undefined,
  })
})

test('a rate that fails once and then holds is sustained', () => {
  const rates = new RateSearch({ ...PLAIN_RAMP, from: 10, to: 20, factor: 2, refine: 0 })
  const outcomes = [true, false, true]
  const tried: (number | undefined)[] = []
  for (const outcome of outcomes) {
    tried.push(rates.next)
    rates.tried(outcome)
  }
  assert.deepEqual(tried, [10, 20, 20])
  assert.equal(rates.best, 20)
  assert.equal(rates.next, undefined)
})
