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

test('each who reads the delays has all of them since the last reading', async (t) => {
  const watch = watchEventLoop({ limitMs: 500, forMs: 5000, calmMs: 5000 })
  t.after(watch.close)
  const [one, other] = [watch.window(), watch.window()]
  const seen = new Set<number>()
  await until(() => {
    block(200)
    seen.add(one.take()?.maxMs ?? 0)
    return Math.max(...seen) > 50
  })
  const max = other.take()?.maxMs ?? 0
  assert.equal(max, Math.max(...seen))
  assert.equal(other.take(), undefined)
})

test('a loop at rest is looked at seldom, a busy one often', async (t) => {
  const watch = watchEventLoop({ limitMs: 500, forMs: 5000, calmMs: 5000 })
  t.after(watch.close)
  const delays = watch.window()
  const looks: number[] = []
  delays.record = () => looks.push(performance.now())
  let rounds = 0
  await until(() => {
    block(20)
    rounds += 1
    return rounds === 30
  })
  assert.ok(looks.length >= 15, `${looks.length} looks in ${rounds} busy rounds`)
  const isSeldom = (): boolean =>
    looks.slice(-3).every((at, i, last) => i === 0 || at - (last[i - 1] ?? at) > 200)
  await until(isSeldom, 10_000, 'looks become seldom')
})
