import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaveSchedule } from '../../src/jupyter/save-schedule.ts'
import { ManualClock } from '../support/manual-clock.ts'

function fixture(): { clock: ManualClock; schedule: SaveSchedule; runs: number[] } {
  const clock = new ManualClock()
  const startedAt = clock.elapsed()
  const runs: number[] = []
  const schedule = new SaveSchedule({
    clock,
    delayMs: 1_000,
    maxWaitMs: 10_000,
    retryMinMs: 1_000,
    retryMaxMs: 60_000,
    run: () => runs.push(clock.elapsed() - startedAt),
  })
  return { clock, schedule, runs }
}

test('[JUPYTER-10] one save follows the last change of a burst', () => {
  const { clock, schedule, runs } = fixture()
  for (let change = 0; change < 5; change += 1) {
    schedule.touch()
    clock.advance(300)
  }
  assert.deepEqual(runs, [])
  assert.ok(schedule.isPending)
  clock.advance(20_000)
  assert.deepEqual(runs, [2_200])
  assert.ok(!schedule.isPending)
})

test('[JUPYTER-10] somebody who never pauses is saved every ten seconds', () => {
  const { clock, schedule, runs } = fixture()
  for (let elapsed = 0; elapsed < 25_000; elapsed += 100) {
    schedule.touch()
    clock.advance(100)
  }
  assert.deepEqual(runs, [10_000, 20_000])
})

test('[JUPYTER-18] retries wait twice as long each time, up to a minute, and changes do not hurry them', () => {
  const { clock, schedule, runs } = fixture()
  const pauses: number[] = []
  for (let attempt = 0; attempt < 9; attempt += 1) {
    const before = clock.elapsed()
    schedule.retry()
    while (runs.length === attempt) {
      schedule.touch()
      clock.advance(500)
    }
    pauses.push(clock.elapsed() - before)
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  schedule.succeeded()
  schedule.retry()
  clock.advance(1_000)
  assert.equal(runs.length, 10)
})

test('[JUPYTER-18] a pending retry can be brought forward', () => {
  const { clock, schedule, runs } = fixture()
  for (let attempt = 0; attempt < 6; attempt += 1) schedule.retry()
  schedule.hurry()
  clock.advance(0)
  assert.deepEqual(runs, [0])
})

test('[JUPYTER-22] nothing runs after reset or close', () => {
  const { clock, schedule, runs } = fixture()
  schedule.touch()
  schedule.reset()
  clock.advance(100_000)
  schedule.touch()
  schedule.close()
  schedule.touch()
  schedule.retry()
  schedule.hurry()
  clock.advance(100_000)
  assert.deepEqual(runs, [])
})
