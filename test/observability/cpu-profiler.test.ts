import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuProfiler } from '../../src/observability/cpu-profiler.ts'

const never = new AbortController().signal

test('a profile tells which functions ran', async () => {
  const profiler = new CpuProfiler()
  const taking = profiler.take(100, never)
  function conspicuousWork(): void {
    const end = performance.now() + 80
    while (performance.now() < end);
  }
  // After the profiler was started, within its time.
  setImmediate(conspicuousWork)
  const taken = await taking
  assert.ok(typeof taken === 'object')
  assert.ok(taken.profile.includes('conspicuousWork'))
  const { samples, timeDeltas } = JSON.parse(taken.profile) as { samples: unknown[]; timeDeltas: unknown[] }
  assert.ok(samples.length > 0 && samples.length === timeDeltas.length)
  assert.equal(profiler.isRunning, false)
})

test('only one profile is taken at a time, and the next one after it', async () => {
  const profiler = new CpuProfiler()
  const first = profiler.take(50, never)
  assert.equal(await profiler.take(50, never), 'busy')
  assert.ok(typeof (await first) === 'object')
  assert.ok(typeof (await profiler.take(10, never)) === 'object')
})

test('a profile ends when its caller goes away, and when the profiler is closed', async () => {
  const profiler = new CpuProfiler()
  const gone = new AbortController()
  const first = profiler.take(60_000, gone.signal)
  gone.abort()
  assert.equal(await first, 'stopped')
  const second = profiler.take(60_000, never)
  profiler.close()
  profiler.close()
  assert.equal(await second, 'stopped')
  assert.equal(profiler.isRunning, false)
})
