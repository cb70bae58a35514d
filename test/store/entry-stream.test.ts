import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EntryStreamError, decodeEntries, encodeEntries, errorFrame } from '../../src/store/entry-stream.ts'
import { SUBLEVELS } from '../../src/store/keys.ts'
import type { StoredEntry } from '../../src/store/stored-entries.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20261124)

async function* from<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function encoded(entries: readonly StoredEntry[]): Promise<Buffer> {
  return Buffer.concat(await all(encodeEntries(from([entries]))))
}

/** The same bytes in pieces of these sizes, over and over. */
function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const entry: fc.Arbitrary<StoredEntry> = fc.record(
  {
    sublevel: fc.constantFrom(...SUBLEVELS),
    key: bytes,
    value: bytes,
  },
  { noNullPrototype: true },
)

const ENTRIES: readonly StoredEntry[] = [
  { sublevel: 'log', key: Buffer.from('a'), value: Buffer.alloc(200_000, 1) },
  { sublevel: 'log', key: Buffer.from('b'), value: Buffer.alloc(0) },
  { sublevel: 'file', key: Buffer.from('c'), value: Buffer.from('v') },
]

describe('entries as a stream of bytes', () => {
  it('arrive as they were sent, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 }),
        async (entries, sizes) => {
          const arrived = (await all(decodeEntries(from(pieces(await encoded(entries), sizes))))).flat()
          assert.deepEqual(arrived, entries)
        },
      ),
      { seed: SEED, numRuns: 200 },
    )
  })

  it('[STORE-31] are refused when the stream was cut, wherever that was', async () => {
    const whole = await encoded(ENTRIES)
    for (const end of [0, 1, 4, 9, 1000, whole.length - 50, whole.length - 1]) {
      await assert.rejects(all(decodeEntries(from([whole.subarray(0, end)]))), EntryStreamError, `${end}`)
    }
  })

  it('[STORE-31] are refused when a byte of them is another one', async () => {
    const whole = await encoded(ENTRIES)
    const flipped = Buffer.from(whole)
    flipped[100_000] = 2
    await assert.rejects(all(decodeEntries(from([flipped]))), /is not what was sent/)
  })

  it('tell why there are no more', async () => {
    async function* broken(): AsyncGenerator<readonly StoredEntry[], void, undefined> {
      yield ENTRIES
      throw new Error('block 7 is bad')
    }
    const chunks = encodeEntries(broken())
    await assert.rejects(all(decodeEntries(chunks)), /could not go on: block 7 is bad/)
  })

  it('are refused when a server of another version speaks', async () => {
    const unknownKind = Buffer.from([9, 0, 0, 0, 0])
    const unknownPlace = Buffer.concat([Buffer.from([1, 0, 0, 0, 4]), Buffer.from('news')])
    const endless = Buffer.from([2, 0xff, 0xff, 0xff, 0xff])
    for (const chunk of [unknownKind, unknownPlace, endless]) {
      await assert.rejects(all(decodeEntries(from([chunk]))), /Use its version/)
    }
    await assert.rejects(all(decodeEntries(from([errorFrame('no')]))), /could not go on: no/)
  })
})
