import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitMsOf, windowMsFor } from '../../src/room/presence-window.ts'
import { TEST_POLICY } from '../support/room-fixture.ts'

const { presence } = TEST_POLICY

test('[ROOM-41] the window is the same up to 100 people, then grows with their square, up to a limit', () => {
  const windows = [1, 2, 100, 200, 300, 500, 1000, 100_000].map((people) => windowMsFor(people, presence))
  assert.deepEqual(
    windows.map((ms) => Math.round(ms)),
    [20, 20, 20, 80, 180, 500, 1000, 1000],
  )
})

test('[ROOM-41] what everybody together is sent when all move is bounded, whatever the size', () => {
  const statesPerMs = (people: number): number => (people * people) / windowMsFor(people, presence)
  const atOneHundred = statesPerMs(100)
  for (let people = 1; people <= 707; people += 1) assert.ok(statesPerMs(people) <= atOneHundred + 1e-9)
})

test('a window that is longer than the longest one is kept', () => {
  assert.equal(windowMsFor(1000, { ...presence, windowMs: 3000 }), 3000)
})

test('[ROOM-41] the first change after a quiet time hardly waits', () => {
  assert.equal(waitMsOf(20, Number.POSITIVE_INFINITY), 5)
  assert.equal(waitMsOf(20, 40), 5)
  assert.equal(waitMsOf(3, 40), 3)
  assert.equal(waitMsOf(20, 39), 20)
  assert.equal(waitMsOf(20, 0), 20)
})
