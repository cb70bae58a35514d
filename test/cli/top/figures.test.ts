import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { topFigures } from '../../../src/cli/top/figures.ts'
import { quantileBetween } from '../../../src/cli/top/quantile.ts'
import { Distribution } from '../../../src/observability/distribution.ts'
import { sampleAnswer, sampleRoom } from './samples.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)

test('rates are what was counted between two samples, by the second', () => {
  const before = sampleAnswer(10, 100, {
    rooms: [sampleRoom('a', { edits: 10, deliveries: 90, sentBytes: 50 })],
  })
  const after = sampleAnswer(12, 140, {
    rooms: [sampleRoom('a', { edits: 20, deliveries: 190, receivedBytes: 100, sentBytes: 450 })],
  })
  const figures = topFigures(after, before)
  assert.equal(figures.sampleSeconds, 2)
  assert.equal(figures.perSecond.edits, 20)
  assert.equal(figures.perSecond.commits, 20)
  assert.equal(figures.recordsPerCommit, 1)
  assert.ok(Math.abs((figures.process.cpuPercent ?? 0) - 20) < 1e-9)
  assert.ok(Math.abs((figures.process.busyPercent ?? 0) - 10) < 1e-9)
  const { editsPerSecond, deliveriesPerSecond, bytesPerSecond } = figures.rooms[0]!
  assert.deepEqual([editsPerSecond, deliveriesPerSecond, bytesPerSecond], [5, 50, 250])
})

test('the first sample has sizes and no rates', () => {
  const figures = topFigures(sampleAnswer(10, 100, { rooms: [sampleRoom('a')] }), undefined)
  assert.equal(figures.perSecond.edits, undefined)
  assert.equal(figures.process.cpuPercent, undefined)
  assert.equal(figures.rooms[0]?.editsPerSecond, undefined)
  assert.deepEqual(figures.times.commit, { p50Ms: undefined, p99Ms: undefined, maxMs: undefined })
  assert.equal(figures.people, 2)
})

test('after a restart of the server nothing is negative, and rates begin anew', () => {
  const before = sampleAnswer(1000, 500, { rooms: [sampleRoom('a', { edits: 500 })] })
  const after = sampleAnswer(1, 3, { at: before.at + 1000, rooms: [sampleRoom('a', { edits: 3 })] })
  const figures = topFigures(after, before)
  assert.equal(figures.sampleSeconds, undefined)
  assert.equal(figures.perSecond.edits, undefined)
  assert.equal(figures.rooms[0]?.editsPerSecond, undefined)
})

test('a room that is new or was loaded anew counts from nothing', () => {
  const before = sampleAnswer(10, 0, { rooms: [sampleRoom('reloaded', { edits: 100, sentBytes: 9 })] })
  const rooms = [sampleRoom('reloaded', { edits: 4 }), sampleRoom('new', { edits: 6 })]
  const figures = topFigures(sampleAnswer(12, 0, { rooms }), before)
  assert.deepEqual(
    figures.rooms.map(({ editsPerSecond }) => editsPerSecond),
    [2, 3],
  )
})

test('a quantile is of the values between two readings only', () => {
  const spread = new Distribution([1, 10, 100])
  for (let one = 0; one < 1000; one += 1) spread.add(90)
  const before = spread.read()
  for (let one = 0; one < 10; one += 1) spread.add(0.5)
  assert.ok((quantileBetween(before, spread.read(), 0.99) ?? 99) <= 1)
  assert.ok((quantileBetween(undefined, spread.read(), 0.5) ?? 0) > 56)
  assert.equal(quantileBetween(spread.read(), spread.read(), 0.5), undefined)
})

test('a quantile lies in the bucket of the true one, whatever the values are', () => {
  const values = fc.array(fc.double({ min: 0.0001, max: 0.9, noNaN: true }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.9, 0.99, 1), (seen, q) => {
      const spread = new Distribution([0.0001, 0.001, 0.01, 0.1, 1])
      for (const value of seen) spread.add(value)
      const { bounds } = spread.read()
      const sorted = seen.toSorted((a, b) => a - b)
      const exact = sorted[Math.ceil(q * seen.length) - 1]!
      const at = bounds.findIndex((bound) => exact <= bound)
      const found = quantileBetween(undefined, spread.read(), q)!
      assert.ok(found >= (bounds[at - 1] ?? 0) && found <= bounds[at]!, `${found} for ${exact}`)
    }),
    { seed },
  )
})
