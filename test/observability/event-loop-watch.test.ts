import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchEventLoop } from '../../src/observability/event-loop-watch.ts'
import { until } from '../support/until.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('one long delay is no lag, delays without end are, and it passes', async (t) => {
  const watch = watchEventLoop({ limitMs: 100, forMs: 600, calmMs: 300 })
  t.after(watch.close)
  block(250)
  await until(() => true)
  assert.equal(watch.isLagging(), false)
  let blockedMs = 0
  await until(() => {
    block(150)
    blockedMs += 150
    return watch.isLagging()
  })
  assert.ok(blockedMs >= 450, `after ${blockedMs} ms`)
  await until(() => !watch.isLagging())
})
