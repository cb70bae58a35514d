/** Histograms against distributions whose percentiles are known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latency } from '../../../bench/measure/latency.ts'

/** Three significant digits. */
const PRECISION = 0.001

function isNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected * PRECISION + 0.001, `${actual} instead of ${expected}`)
}

test('a uniform distribution has its percentiles where they belong', () => {
  const latency = new Latency()
  for (let i = 1; i <= 100_000; i += 1) latency.record(i / 100)
  const { count, meanMs, p50Ms, p90Ms, p99Ms, p999Ms, maxMs } = latency.summary()
  assert.equal(count, 100_000)
  isNear(meanMs, 500.005)
  isNear(p50Ms, 500)
  isNear(p90Ms, 900)
  isNear(p99Ms, 990)
  isNear(p999Ms, 999)
  isNear(maxMs, 1000)
})

test('an exponential distribution has them too, and the curve rises', () => {
  const latency = new Latency()
  const n = 100_000
  // The inverse of the distribution function at evenly spaced points.
  for (let i = 0; i < n; i += 1) latency.record(-Math.log(1 - (i + 0.5) / n) * 10)
  const summary = latency.summary()
  isNear(summary.p50Ms, Math.log(2) * 10)
  isNear(summary.p99Ms, Math.log(100) * 10)
  const values = summary.curve.map(([, ms]) => ms)
  assert.deepEqual(
    values,
    values.toSorted((a, b) => a - b),
  )
})

test('histograms of several workers merge into that of all', () => {
  const all = new Latency()
  const merged = new Latency()
  for (let worker = 0; worker < 4; worker += 1) {
    const part = new Latency()
    for (let i = 0; i < 5000; i += 1) {
      const ms = ((i * 7919 + worker * 104_729) % 100_003) / 50
      part.record(ms)
      all.record(ms)
    }
    merged.add(part.encode())
  }
  // The highest value travels as the bucket it is in.
  const { maxMs, curve, ...rest } = merged.summary()
  const { maxMs: expectedMax, curve: expectedCurve, ...expected } = all.summary()
  assert.deepEqual(rest, expected)
  assert.deepEqual(curve, expectedCurve)
  isNear(maxMs, expectedMax)
})

test('an empty one adds nothing, and what is out of range counts at the edge', () => {
  const latency = new Latency()
  latency.add(new Latency().encode())
  assert.equal(latency.summary().count, 0)
  latency.record(-3)
  latency.record(10 ** 9)
  assert.equal(latency.count, 2)
  assert.ok(latency.percentile(50) <= 0.002)
  isNear(latency.summary().maxMs, 3_600_000)
})
