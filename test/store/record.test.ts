import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { decodeEntry, encodeEntry } from '../../src/store/document-entry.ts'
import { decodeRecord, encodeRecord, seal, unseal } from '../../src/store/record.ts'
import { LINEAGE } from './append-items.ts'
import { parseLineage } from '../../src/protocol/names.ts'

const seed = Number(process.env['FC_SEED'] ?? 20262)
const anyKey = fc.uint8Array({ maxLength: 12 })
const anyRecord = fc.record(
  {
    kind: fc.constantFrom('created' as const, 'update' as const, 'binding' as const),
    seq: fc.maxSafeNat(),
    at: fc.double({ noNaN: true }),
    token: fc.maxSafeNat(),
    author: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array(),
  },
  { noNullPrototype: true },
)

describe('a record', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(anyKey, anyRecord, (key, record) => {
        assert.deepEqual(decodeRecord(key, encodeRecord(key, record)), record)
      }),
      { seed },
    )
  })

  it('[STORE-10] is refused after any change of any byte', () => {
    fc.assert(
      fc.property(anyKey, anyRecord, fc.nat(), fc.integer({ min: 1, max: 255 }), (key, record, at, flip) => {
        const value = encodeRecord(key, record)
        const index = at % value.length
        value[index] = value[index]! ^ flip
        assert.ok('damage' in decodeRecord(key, value))
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('[STORE-10] is refused when it is cut or extended', () => {
    fc.assert(
      fc.property(anyKey, anyRecord, fc.nat(), (key, record, at) => {
        const value = encodeRecord(key, record)
        assert.ok('damage' in decodeRecord(key, value.subarray(0, at % value.length)))
        assert.ok('damage' in decodeRecord(key, Buffer.concat([value, Buffer.alloc(1 + (at % 9))])))
      }),
      { seed },
    )
  })

  it('[STORE-10] is refused under another key', () => {
    fc.assert(
      fc.property(anyKey, anyKey, anyRecord, (key, other, record) => {
        fc.pre(!Buffer.from(key).equals(other))
        assert.ok('damage' in decodeRecord(other, encodeRecord(key, record)))
      }),
      { seed },
    )
  })

  it('never makes the decoder throw, whatever the bytes', () => {
    fc.assert(
      fc.property(anyKey, fc.uint8Array({ maxLength: 80 }), (key, bytes) => {
        assert.ok('damage' in decodeRecord(key, bytes))
        // With a right checksum, only the fields themselves can be wrong.
        decodeRecord(key, seal(key, bytes))
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('is refused, and named, when a newer version wrote it', () => {
    const key = Buffer.from('k')
    const value = seal(key, Buffer.from('x'))
    assert.deepEqual(unseal(key, value), new Uint8Array(Buffer.from('x')))
    value[0] = 2
    value.writeUInt32BE(crc32(value.subarray(0, -4), crc32(key)), value.length - 4)
    assert.deepEqual(unseal(key, value), { damage: 'value format 2 is unknown to this version' })
  })
})

describe('an entry', () => {
  const key = Buffer.from('k')
  const lineage = parseLineage(LINEAGE)!

  it('decodes to what was encoded', () => {
    const current = { generation: 2, seq: 30, chunks: 1, bytes: 5 }
    for (const previous of [undefined, { generation: 1, seq: 20, chunks: 0, bytes: 0 }]) {
      const entry = { lineage, current, previous }
      assert.deepEqual(decodeEntry(key, encodeEntry(key, entry)), entry)
    }
  })

  it('is refused when it is none', () => {
    for (const json of ['1', 'null', '{}', '{"lineage":"x","current":{}}', `{"lineage":"${LINEAGE}"}`]) {
      assert.ok('damage' in decodeEntry(key, seal(key, Buffer.from(json))), json)
    }
  })
})
