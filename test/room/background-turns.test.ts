import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackgroundTurns } from '../../src/room/background-turns.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Each step takes a millisecond. */
function work(clock: ManualClock, steps: number, log: string[], name: string) {
  let left = steps
  return (hasTime: () => boolean): boolean => {
    log.push(name)
    do {
      left -= 1
      clock.advance(1)
    } while (left > 0 && hasTime())
    return left <= 0
  }
}

test('[ROOM-54] work is done in turns of a few milliseconds, one a round of the event loop for all of it', async () => {
  const clock = new ManualClock()
  const turns = new BackgroundTurns(clock)
  const log: string[] = []
  let rounds = 0
  let isWatching = true
  const watch = (): void => {
    log.push('others')
    rounds += 1
    if (isWatching) setImmediate(watch)
  }
  setImmediate(watch)
  await Promise.all([
    turns.run(work(clock, 9, log, 'long')),
    turns.run(work(clock, 6, log, 'short')),
    turns.run(work(clock, 1, log, 'tiny')),
  ])
  isWatching = false
  const own = log.filter((entry) => entry !== 'others')
  assert.deepEqual(own, ['long', 'short', 'tiny', 'long', 'short', 'long'])
  for (const [i, entry] of log.entries())
    if (entry !== 'others' && i > 0)
      assert.equal(log[i - 1], 'others', `two turns in one round: ${log.join(' ')}`)
  assert.ok(rounds >= own.length)
})

test('work that throws fails alone', async () => {
  const clock = new ManualClock()
  const turns = new BackgroundTurns(clock)
  const log: string[] = []
  const failing = turns.run(() => {
    throw new Error('broken')
  })
  const other = turns.run(work(clock, 6, log, 'other'))
  await assert.rejects(failing, /broken/)
  await other
  assert.equal(log.length, 2)
})
