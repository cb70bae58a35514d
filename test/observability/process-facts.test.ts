import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessWatch } from '../../src/observability/process-facts.ts'
import { until } from '../support/until.ts'

test('a process tells what it takes, and a held-up event loop is seen', async (t) => {
  const watch = new ProcessWatch()
  t.after(() => watch.close())
  const before = watch.read()
  assert.ok(before.rssBytes > before.heapUsedBytes && before.heapLimitBytes > before.heapUsedBytes)
  // The sampling timer must have run once before, and once after.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const end = performance.now() + 200
  while (performance.now() < end);
  await until(() => watch.read().loopDelay.maxMs > 100, 10_000, 'the delay in a reading')
  const after = watch.read()
  assert.ok(after.cpuSeconds - before.cpuSeconds >= 0.1)
  assert.ok(after.busySeconds - before.busySeconds >= 0.1)
})

test('two who watch see the same delay', async (t) => {
  const watch = new ProcessWatch()
  t.after(() => watch.close())
  watch.read()
  await until(() => watch.read().loopDelay.maxMs > 0, 10_000, 'a first reading')
  assert.equal(watch.read().loopDelay, watch.read().loopDelay)
})
