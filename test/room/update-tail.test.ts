import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { outbound } from '../../src/protocol/outbound.ts'
import { type TailMark, UpdateTail } from '../../src/room/update-tail.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)

test('a tail gives back everything since a mark, or says that it cannot, and stays within its bound', () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.record({ append: fc.oneof(fc.nat(60), fc.nat(5000), fc.nat(40_000)) }) },
    { weight: 2, arbitrary: fc.record({ keep: fc.constantFrom(1000, 20_000, 100_000) }) },
    { weight: 1, arbitrary: fc.constant('release' as const) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const tail = new UpdateTail()
      const marks: TailMark[] = [tail.mark]
      let all = Buffer.alloc(0)
      let messages = 0
      let bound = 0
      for (const now of steps) {
        if (now === 'release') {
          tail.release()
          bound = 0
        } else if ('keep' in now) {
          tail.keep(now.keep)
          bound = now.keep
        } else {
          const message = outbound(new Uint8Array(now.append).fill(messages))
          tail.append(message, 1)
          all = Buffer.concat([all, ...message])
          messages += 1
          marks.push(tail.mark)
        }
        assert.ok(tail.retainedBytes <= bound)
        assert.equal(tail.mark.messages, messages)
      }
      assert.deepEqual(tail.since(tail.mark), [], 'nothing is missing after the present')
      for (const mark of marks) {
        const since = tail.since(mark)
        assert.equal(since !== undefined, tail.has(mark))
        if (since !== undefined) assert.deepEqual(Buffer.concat(since), all.subarray(mark.bytes))
      }
    }),
    { seed, numRuns: 300 },
  )
})

test('what was handed out does not change when more is appended', () => {
  const tail = new UpdateTail()
  tail.keep(64 * 1024)
  const { mark } = tail
  tail.append(outbound(new Uint8Array(50).fill(1)), 1)
  const given = tail.since(mark) ?? []
  const copy = Buffer.concat(given)
  for (let i = 0; i < 500; i += 1) tail.append(outbound(new Uint8Array(50).fill(2)), 1)
  assert.deepEqual(Buffer.concat(given), copy)
})

test('a bound that is not reached keeps everything', () => {
  const tail = new UpdateTail()
  tail.keep(64 * 1024)
  const { mark } = tail
  for (let i = 0; i < 400; i += 1) tail.append(outbound(new Uint8Array(100)), 1)
  assert.equal(Buffer.concat(tail.since(mark) ?? []).length, 400 * 102)
})
