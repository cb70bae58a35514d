import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LATENCY_P99, SUSTAINED } from '../../../bench/compare/metrics.ts'
import type { RunRecord } from '../../../bench/compare/record.ts'
import { bestOf, compareRows, median, tabulate } from '../../../bench/compare/statistics.ts'
import { TARGETS } from '../../../bench/compare/targets.ts'
import { failed, measured, step, withP99 } from './sample-records.ts'

const seed = Number(process.env['FC_SEED'] ?? 20261124)

const rowsOf = (records: readonly RunRecord[]) => tabulate({ metric: LATENCY_P99, records, targets: TARGETS })

test('the median of an even number is the mean of the middle two, and of none there is none', () => {
  assert.equal(median([]), undefined)
  assert.equal(median([3]), 3)
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([4, 1, 2, 9]), 3)
})

test('a median has as many values at or below it as at or above it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values) ?? Number.NaN
      const below = values.filter((value) => value <= middle).length
      const above = values.filter((value) => value >= middle).length
      assert.ok(below * 2 >= values.length && above * 2 >= values.length)
    }),
    { seed },
  )
})

test('a ratio is taken within each repetition, against the best of that one, and then the median', () => {
  const rows = rowsOf([
    // The machine was ten times slower in the second repetition, and another peer was the best.
    withP99({ target: 'outrigger', repetition: 1 }, 2),
    withP99({ target: 'hocuspocus', repetition: 1 }, 4),
    withP99({ target: 'y-websocket-2', repetition: 1 }, 8),
    withP99({ target: 'relay-gap', repetition: 1 }, 1),
    withP99({ target: 'outrigger', repetition: 2 }, 20),
    withP99({ target: 'hocuspocus', repetition: 2 }, 90),
    withP99({ target: 'y-websocket-2', repetition: 2 }, 40),
    withP99({ target: 'relay-gap', repetition: 2 }, 10),
  ])
  const own = rows.find(({ target }) => target.name === 'outrigger')
  assert.equal(own?.toBestPeer, 0.5)
  assert.equal(own?.toBestRelay, 2)
  assert.deepEqual([own?.min, own?.median, own?.max], [2, 11, 20])
})

test('for a rate the best peer is the one with the most', () => {
  const records = [
    measured({ target: 'outrigger' }, { steps: [step(40, true), step(80, false)] }),
    measured({ target: 'hocuspocus' }, { steps: [step(20, true), step(40, false)] }),
    measured({ target: 'y-websocket-2' }, { steps: [step(10, true), step(20, false)] }),
  ]
  const rows = tabulate({ metric: SUSTAINED, records, targets: TARGETS })
  assert.equal(rows[0]?.toBestPeer, 2)
  assert.equal(bestOf(rows, 'peer', SUSTAINED)?.target.name, 'hocuspocus')
})

test('a run that failed verification is in no median and no ratio, but its verdict is in the row', () => {
  const broken = { isOk: false, rooms: 1, clients: 11, editsChecked: 0, failures: ['room a diverged'] }
  const rows = rowsOf([
    withP99({ target: 'outrigger', repetition: 1 }, 2),
    withP99({ target: 'hocuspocus', repetition: 1 }, 4),
    measured({ target: 'y-websocket-2', repetition: 1 }, { verification: broken }),
    failed({ target: 'y-websocket-2', repetition: 2 }, 'crashed'),
  ])
  const peer = rows.find(({ target }) => target.name === 'y-websocket-2')
  assert.equal(peer?.median, undefined)
  assert.deepEqual(peer?.verdicts, ['room a diverged', 'did not finish: crashed'])
  assert.equal(rows[0]?.toBestPeer, 0.5)
})

test('without a peer in the same repetition there is no ratio', () => {
  const [own] = rowsOf([
    withP99({ target: 'outrigger', repetition: 1 }, 2),
    withP99({ target: 'hocuspocus', repetition: 2 }, 4),
  ])
  assert.equal(own?.toBestPeer, undefined)
})

test('a ratio to nothing is not a number, so there is none', () => {
  const [own] = rowsOf([withP99({ target: 'outrigger' }, 2), withP99({ target: 'hocuspocus' }, 0)])
  assert.equal(own?.toBestPeer, undefined)
})

test('ahead or behind is said only of three runs or more, and where the spreads do not touch', () => {
  const between = (own: readonly number[], other: readonly number[]) => {
    const rows = rowsOf([
      ...own.map((p99, index) => withP99({ target: 'outrigger', repetition: index + 1 }, p99)),
      ...other.map((p99, index) => withP99({ target: 'hocuspocus', repetition: index + 1 }, p99)),
    ])
    const [row, peer] = rows
    return row === undefined || peer === undefined ? undefined : compareRows(row, peer, LATENCY_P99)
  }
  assert.equal(between([1, 2, 3], [4, 5, 6]), 'ahead')
  assert.equal(between([4, 5, 6], [1, 2, 3]), 'behind')
  assert.equal(between([1, 2, 4], [4, 5, 6]), 'no clear difference')
  assert.equal(between([1, 2], [4, 5, 6]), undefined, 'two runs have no spread to speak of')
})
