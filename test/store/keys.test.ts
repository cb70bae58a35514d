import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { DocumentId } from '../../src/protocol/names.ts'
import * as keys from '../../src/store/keys.ts'

const seed = Number(process.env['FC_SEED'] ?? 20261)
const anyName = fc.string({ unit: 'binary', maxLength: 20 }) as fc.Arbitrary<DocumentId>
const anySeq = fc.maxSafeNat()
const anySegments = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 4,
})

function isIn(key: Buffer, range: keys.KeyRange): boolean {
  return key.compare(range.gte) >= 0 && key.compare(range.lte) <= 0
}

describe('keys', () => {
  it('[STORE-9] decode to what was encoded', () => {
    fc.assert(
      fc.property(anyName, anySeq, (document, seq) => {
        const decoded = keys.decodeLogKey(keys.logKey(document, seq))
        assert.deepEqual(decoded, { document: document, seq })
      }),
      { seed },
    )
  })

  it('[STORE-9] never decode other bytes to a log key of the wrong length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const decoded = keys.decodeLogKey(bytes)
        if (decoded !== undefined) assert.equal(bytes.length, 2 + Buffer.from(bytes).readUInt16BE(0) + 8)
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('[STORE-9] sort by number within a document', () => {
    fc.assert(
      fc.property(anyName, anySeq, anySeq, (document, a, b) => {
        const order = keys.logKey(document, a).compare(keys.logKey(document, b))
        assert.equal(order, Math.sign(a - b))
      }),
      { seed },
    )
  })

  it('[STORE-9] of one document never lie in another one’s ranges', () => {
    fc.assert(
      fc.property(anyName, anyName, anySeq, anySeq, (mine, other, seq, generation) => {
        fc.pre(mine !== other)
        assert.ok(!isIn(keys.logKey(other, seq), keys.logRange(mine, 0)))
        const everyChunk = keys.snapshotRange(mine, 0, Number.MAX_SAFE_INTEGER)
        assert.ok(!isIn(keys.snapshotKey(other, generation, 3), everyChunk))
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('[STORE-9] of chunks lie in the range of their generation only', () => {
    fc.assert(
      fc.property(anyName, anySeq, fc.nat({ max: 0xffff_ffff }), (document, generation, chunk) => {
        const key = keys.snapshotKey(document, generation, chunk)
        assert.ok(isIn(key, keys.snapshotRange(document, generation, generation)))
        assert.ok(!isIn(key, keys.snapshotRange(document, generation + 1, generation + 2)))
        assert.equal(isIn(key, keys.chunkRange(document, generation, 3)), chunk < 3)
      }),
      { seed },
    )
  })

  it('[STORE-19] of paths lie in the subtree of each folder above them, and of no other', () => {
    fc.assert(
      fc.property(anySegments, anySegments, (path, folder) => {
        const isBelow = folder.every((segment, index) => path[index] === segment)
        assert.equal(isIn(keys.pathKey(path), keys.subtreeRange(folder)), isBelow)
        for (let depth = 1; depth <= path.length; depth += 1) {
          assert.ok(isIn(keys.pathKey(path), keys.subtreeRange(path.slice(0, depth))))
        }
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('[STORE-19] give a path back segment by segment', () => {
    fc.assert(
      fc.property(anySegments, (path) => {
        assert.deepEqual(
          keys.decodePathKey(keys.pathKey(path)),
          path.map((segment) => segment),
        )
      }),
      { seed },
    )
  })

  it('refuse a name that does not fit into its length', () => {
    assert.throws(() => keys.logKey('x'.repeat(65_536) as DocumentId, 1), RangeError)
    assert.equal(keys.decodeLogKey(keys.logKey('x'.repeat(65_535) as DocumentId, 1))?.seq, 1)
  })
})
