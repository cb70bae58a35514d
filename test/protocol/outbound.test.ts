import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeSyncStep2, encodeUpdate } from '../../src/protocol/encode.ts'
import {
  MAX_UNSLICED_BYTES,
  type Outbound,
  SLICE_BYTES,
  asUpdate,
  byteLength,
  joined,
  outbound,
  outboundStep2,
  outboundUpdates,
} from '../../src/protocol/outbound.ts'
import { readMessages } from '../support/read-messages.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)
const FRAME_HEADER = 10

/** Lengths around every place where a header changes its form. */
const LENGTHS = [0, 1, 100, 119, 120, 125, 126, 127, 128, 16_383, 16_384, 65_529, 65_535, 65_536]
const LARGE = [MAX_UNSLICED_BYTES - 20, MAX_UNSLICED_BYTES, SLICE_BYTES * 2, SLICE_BYTES * 3 + 1, 1_000_001]

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff)
}

function isSliced(message: Outbound): boolean {
  return byteLength(message) > MAX_UNSLICED_BYTES
}

for (const length of [...LENGTHS, ...LARGE]) {
  test(`a step 2 of ${length} bytes reads back as it would be encoded, in slices when it is large`, () => {
    const update = bytesOf(length)
    const message = outboundStep2(update)
    assert.deepEqual(readMessages(message), [encodeSyncStep2(update)])
    assert.equal(message.length > 1, isSliced(message))
    assert.ok(message.every((slice) => slice.length <= SLICE_BYTES + FRAME_HEADER))
  })
}

test('a message is framed without a change', () => {
  for (const length of LENGTHS) assert.deepEqual(readMessages(outbound(bytesOf(length))), [bytesOf(length)])
})

test('the updates of a flush are messages of their own, in one piece unless they are large', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (updates) => {
      const message = outboundUpdates(updates)
      assert.equal(message.length, 1)
      assert.deepEqual(readMessages(message), updates.map(encodeUpdate))
    }),
    { seed, numRuns: 200 },
  )
  const updates = [bytesOf(10), bytesOf(300_000), bytesOf(0), bytesOf(90_000)]
  assert.deepEqual(readMessages(outboundUpdates(updates)), updates.map(encodeUpdate))
  assert.equal(outboundUpdates(updates).length, 1 + 3 + 1 + 1)
})

test('the same state as an update shares all slices but the first', () => {
  for (const length of [...LENGTHS, ...LARGE]) {
    const step2 = outboundStep2(bytesOf(length))
    const update = asUpdate(step2)
    assert.deepEqual(readMessages(update), [encodeUpdate(bytesOf(length))])
    for (const [index, slice] of update.entries()) assert.equal(slice === step2[index], index > 0)
    assert.deepEqual(readMessages(step2), [encodeSyncStep2(bytesOf(length))], 'the original is as it was')
  }
})

test('small messages are put together, large ones are not copied', () => {
  const small = [outbound(bytesOf(5)), outbound(bytesOf(300))]
  assert.equal(joined(small).length, 1)
  assert.deepEqual(readMessages(joined(small)), [bytesOf(5), bytesOf(300)])
  const large = outboundStep2(bytesOf(400_000))
  const both = joined([large, outbound(bytesOf(5))])
  assert.equal(both[0], large[0])
  assert.deepEqual(readMessages(both), [encodeSyncStep2(bytesOf(400_000)), bytesOf(5)])
})
