import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shouldCompact } from '../../src/document/compaction.ts'

const policy = { maxRecords: 1000, maxBytes: 4096 }

test('a snapshot is written for many records, or when the log outweighs both the limit and the document', () => {
  assert.equal(shouldCompact({ records: 0, bytes: 0, snapshotBytes: 0 }, policy), false)
  assert.equal(shouldCompact({ records: 999, bytes: 4095, snapshotBytes: 0 }, policy), false)
  assert.equal(shouldCompact({ records: 1000, bytes: 10, snapshotBytes: 0 }, policy), true)
  assert.equal(shouldCompact({ records: 10, bytes: 4096, snapshotBytes: 100 }, policy), true)
  assert.equal(shouldCompact({ records: 10, bytes: 5000, snapshotBytes: 1_000_000 }, policy), false)
})
