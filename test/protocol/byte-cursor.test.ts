import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createEncoder, toUint8Array, writeVarInt, writeVarUint } from 'lib0/encoding'
import { ByteCursor } from '../../src/protocol/byte-cursor.ts'
import { SyncError } from '../../src/protocol/errors.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)
const MALFORMED = { name: 'SyncError', code: 'malformed_message' }
const safeInteger = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 49 - 1, 2 ** 49, Number.MAX_SAFE_INTEGER),
)

function written(write: (encoder: ReturnType<typeof createEncoder>) => void): Uint8Array {
  const encoder = createEncoder()
  write(encoder)
  return toUint8Array(encoder)
}

test('reads every number that lib0 writes', () => {
  fc.assert(
    fc.property(safeInteger, fc.boolean(), (value, isNegative) => {
      const cursor = new ByteCursor(written((encoder) => writeVarUint(encoder, value)))
      assert.equal(cursor.varUint(), value)
      cursor.expectEnd()
      const signed = isNegative ? -value : value
      const other = new ByteCursor(written((encoder) => writeVarInt(encoder, signed)))
      assert.ok(Object.is(other.varInt(), signed))
      other.expectEnd()
    }),
    { seed },
  )
})

test('a number has one encoding only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (bytes) => {
      const cursor = new ByteCursor(bytes)
      let value: number
      try {
        value = cursor.varUint()
      } catch (error) {
        assert.ok(error instanceof SyncError)
        return
      }
      assert.deepEqual(
        written((encoder) => writeVarUint(encoder, value)),
        bytes.slice(0, cursor.position),
      )
    }),
    { seed, numRuns: 1000 },
  )
})

for (const [name, bytes] of [
  ['ends in the middle', [0x80]],
  ['is empty', []],
  ['has a superfluous zero', [0x80, 0x00]],
  ['is beyond 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['has nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
] as const) {
  test(`a number that ${name} is refused`, () => {
    assert.throws(() => new ByteCursor(Uint8Array.from(bytes)).varUint(), MALFORMED)
    assert.throws(() => new ByteCursor(Uint8Array.from(bytes)).varInt(), MALFORMED)
  })
}

test('text is measured as JavaScript does, and refused exactly when it is no UTF-8', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  // Bytes that matter: ASCII, continuations, leads of each length and the edges between them.
  const telling = fc.constantFrom(
    0x00,
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbb,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xec,
    0xed,
    0xee,
    0xef,
    0xf0,
    0xf1,
    0xf3,
    0xf4,
    0xf5,
    0xff,
  )
  const bytes = fc.oneof(
    fc.array(telling, { maxLength: 6 }).map((list) => Uint8Array.from(list)),
    fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
  )
  const isLength = (value: Uint8Array): number | undefined => {
    try {
      return decoder.decode(value).length
    } catch {
      return undefined
    }
  }
  fc.assert(
    fc.property(bytes, (value) => {
      const expected = isLength(value)
      const cursor = new ByteCursor(value)
      if (expected === undefined) assert.throws(() => cursor.skipText(value.length), MALFORMED)
      else assert.equal(cursor.skipText(value.length), expected)
    }),
    { seed, numRuns: 5000 },
  )
})

test('nothing is read beyond the end of a view into a larger buffer', () => {
  const view = new Uint8Array(Buffer.from('\x05secret', 'latin1').buffer, 0, 1)
  const inPool = Buffer.concat([Buffer.of(5), Buffer.from('secret')]).subarray(0, 1)
  for (const bytes of [inPool, view.fill(5)]) {
    assert.throws(() => new ByteCursor(bytes).varBytes(), MALFORMED)
    const cursor = new ByteCursor(bytes)
    assert.equal(cursor.byte(), 5)
    assert.throws(() => cursor.byte(), MALFORMED)
    assert.throws(() => cursor.skip(1), MALFORMED)
    assert.throws(() => cursor.skipText(1), MALFORMED)
    assert.throws(() => cursor.count(0), MALFORMED)
  }
})

test('a count is refused when so many things cannot follow', () => {
  const bytes = Uint8Array.of(2, 0, 0, 0, 0)
  assert.equal(new ByteCursor(bytes).count(2), 2)
  assert.throws(() => new ByteCursor(bytes).count(3), MALFORMED)
})
