import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchEventLoop } from '../../src/observability/event-loop-watch.ts'
import { ProcessWatch } from '../../src/observability/process-facts.ts'
import { until } from '../support/until.ts'

test('a process tells what it takes, and a held-up event loop is seen', async (t) => {
  const eventLoop = watchEventLoop({ limitMs: 500, forMs: 5000, calmMs: 5000 })
  t.after(eventLoop.close)
  const watch = new ProcessWatch(eventLoop.window())
  const before = watch.read()
  assert.ok(before.rssBytes > before.heapUsedBytes && before.heapLimitBytes > before.heapUsedBytes)
  // More than once: a reading is of a second, and a loop at rest is looked at a few times in it.
  const isSeen = (): boolean => {
    holdUp(150)
    return watch.read().loopDelay.maxMs > 100
  }
  await until(isSeen, 10_000, 'the delay in a reading')
  const after = watch.read()
  assert.ok(after.cpuSeconds - before.cpuSeconds >= 0.1)
  assert.ok(after.busySeconds - before.busySeconds >= 0.1)
})

/** By the clock of the process: on a busy machine less of it passes. */
function holdUp(cpuMs: number): void {
  const before = process.cpuUsage()
  for (;;) {
    const { user, system } = process.cpuUsage(before)
    if (user + system >= cpuMs * 1000) return
  }
}

test('two who watch see the same delay', async (t) => {
  const eventLoop = watchEventLoop({ limitMs: 500, forMs: 5000, calmMs: 5000 })
  t.after(eventLoop.close)
  const watch = new ProcessWatch(eventLoop.window())
  watch.read()
  await until(() => watch.read().loopDelay.maxMs > 0, 10_000, 'a first reading')
  assert.equal(watch.read().loopDelay, watch.read().loopDelay)
})
