import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type CompactionPolicy,
  SNAPSHOT_BYTES_PER_RECORD,
  shouldCompact,
  shouldCompactOnUnload,
} from '../../src/document/compaction.ts'

const policy = { maxRecords: 1000, maxBytes: 4096 }

test('a snapshot is written for many records, or when the log outweighs both the limit and the document', () => {
  assert.equal(shouldCompact({ records: 0, bytes: 0, snapshotBytes: 0 }, policy), false)
  assert.equal(shouldCompact({ records: 999, bytes: 4095, snapshotBytes: 0 }, policy), false)
  assert.equal(shouldCompact({ records: 1000, bytes: 10, snapshotBytes: 0 }, policy), true)
  assert.equal(shouldCompact({ records: 10, bytes: 4096, snapshotBytes: 100 }, policy), true)
  assert.equal(shouldCompact({ records: 10, bytes: 5000, snapshotBytes: 1_000_000 }, policy), false)
})

test('the larger the snapshot, the more records may follow it', () => {
  const snapshotBytes = 10_000 * SNAPSHOT_BYTES_PER_RECORD
  assert.equal(shouldCompact({ records: 9999, bytes: 10, snapshotBytes }, policy), false)
  assert.equal(shouldCompact({ records: 10_000, bytes: 10, snapshotBytes }, policy), true)
  assert.equal(shouldCompactOnUnload({ records: 999, bytes: 10, snapshotBytes }, policy, 100), false)
  assert.equal(shouldCompactOnUnload({ records: 1000, bytes: 10, snapshotBytes }, policy, 100), true)
  assert.equal(shouldCompactOnUnload({ records: 100, bytes: 10, snapshotBytes: 0 }, policy, 100), true)
  assert.equal(shouldCompactOnUnload({ records: 99, bytes: 10, snapshotBytes: 0 }, policy, 100), false)
})

type Record = { readonly bytes: number; readonly growth: number }
type Run = {
  written: number
  records: number
  bytes: number
  tail: number
  tailBytes: number
  snapshot: number
}

/** What happens to a document of which each record adds up to `g` times its bytes, or takes some away. */
function simulate(records: readonly Record[], bounds: CompactionPolicy, check: (run: Run) => void): void {
  const run: Run = { written: 0, records: 0, bytes: 0, tail: 0, tailBytes: 0, snapshot: 0 }
  let state = 0
  for (const { bytes, growth } of records) {
    run.records += 1
    run.bytes += bytes
    run.tail += 1
    run.tailBytes += bytes
    state = Math.max(0, state + bytes * growth)
    if (shouldCompact({ records: run.tail, bytes: run.tailBytes, snapshotBytes: run.snapshot }, bounds)) {
      run.written += state
      run.snapshot = state
      run.tail = 0
      run.tailBytes = 0
    }
    check(run)
  }
}

const GROWTH = 3
const recordsArbitrary = fc
  .array(
    fc.record({
      count: fc.integer({ min: 1, max: 200 }),
      bytes: fc.oneof(fc.integer({ min: 10, max: 60 }), fc.integer({ min: 1000, max: 200_000 })),
      growth: fc.double({ min: -1, max: GROWTH, noNaN: true }),
    }),
    { maxLength: 60 },
  )
  .map((runs) =>
    runs.flatMap(({ count, bytes, growth }) => Array.from({ length: count }, () => ({ bytes, growth }))),
  )
const boundsArbitrary = fc.record({
  maxRecords: fc.integer({ min: 1, max: 1000 }),
  maxBytes: fc.integer({ min: 1, max: 100_000 }),
})
const options = { seed: Number(process.env['FC_SEED'] ?? 20_261_124), numRuns: 200 }

test('[ROOM-51] each record costs a bounded number of bytes of snapshots, however large the document is', () => {
  const compactions: number[] = []
  fc.assert(
    fc.property(recordsArbitrary, boundsArbitrary, (records, bounds) => {
      simulate(records, bounds, ({ written, records: n, bytes }) => {
        assert.ok(written <= SNAPSHOT_BYTES_PER_RECORD * n + (1 + GROWTH) * bytes)
        compactions.push(written)
      })
    }),
    options,
  )
  assert.ok(compactions.some((written) => written > 10_000_000))
})

test('[ROOM-51] what a load reads beside the snapshot is bounded by the snapshot, not by the history', () => {
  fc.assert(
    fc.property(recordsArbitrary, boundsArbitrary, (records, bounds) => {
      simulate(records, bounds, ({ tail, tailBytes, snapshot }) => {
        assert.ok(tail < Math.max(bounds.maxRecords, snapshot / SNAPSHOT_BYTES_PER_RECORD))
        assert.ok(tailBytes < Math.max(bounds.maxBytes, snapshot))
      })
    }),
    options,
  )
})
