/** What every `DocumentStore` does. Each implementation's test file runs this suite. */
import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { SyncError } from '../../src/protocol/errors.ts'
import type { DocumentStore } from '../../src/room/ports.ts'
import {
  LINEAGE,
  begin,
  bytesOf,
  contentOf,
  documentNamed,
  extend,
  itemsFrom,
  noise,
  textOf,
} from './append-items.ts'

const A = documentNamed('a')
const B = documentNamed('b')

export function documentStoreContract(name: string, open: (t: TestContext) => Promise<DocumentStore>): void {
  describe(`${name}: appending`, () => {
    it('[STORE-1] accepts contiguous records, across several appends', async (t) => {
      const store = await open(t)
      await begin(store, A, ['one', 'two'])
      const results = await store.append(itemsFrom(store, A, 4, ['three', 'four']))
      assert.deepEqual(results, [{ document: A, result: 'durable' }])
      const stored = await store.load(A)
      assert.equal(stored?.head, 5)
      assert.deepEqual(
        stored?.tail.map((record) => [record.seq, textOf(record.bytes)]),
        [
          [2, 'one'],
          [3, 'two'],
          [4, 'three'],
          [5, 'four'],
        ],
      )
    })

    it('keeps who, when and which bytes of a record, to the bit', async (t) => {
      const store = await open(t)
      const [created, update] = itemsFrom(store, A, 1, [['created', LINEAGE], noise(3000)])
      const author = 'ada,björn,' + 'x'.repeat(70_000)
      await store.append([created!, { ...update!, author, at: 1_799_999_999_999.5 }])
      const [record] = (await store.load(A))?.tail ?? []
      assert.deepEqual(record, {
        seq: 2,
        at: 1_799_999_999_999.5,
        kind: 'update',
        author,
        bytes: update!.bytes,
      })
    })

    it('does not keep the bytes it was given, which the caller may reuse', async (t) => {
      const store = await open(t)
      const bytes = bytesOf('mine')
      await begin(store, A, [bytes])
      bytes.fill(0)
      assert.equal(await contentOf(store, A), 'mine')
    })

    const staleCases: [string, (store: DocumentStore) => ReturnType<typeof itemsFrom>][] = [
      ['a record that is there already', (store) => itemsFrom(store, A, 3, ['x'])],
      ['a record after a hole', (store) => itemsFrom(store, A, 5, ['x'])],
      ['an older owner', (store) => itemsFrom({ token: store.token - 1 }, A, 4, ['x'])],
      ['an owner of the future', (store) => itemsFrom({ token: store.token + 1 }, A, 4, ['x'])],
      ['a second beginning', (store) => itemsFrom(store, A, 4, [['created', LINEAGE]])],
      [
        'a beginning from nothing while there is a history',
        (store) => itemsFrom(store, A, 1, [['created', LINEAGE]]),
      ],
      [
        'records of which only the first fits',
        (store) => [...itemsFrom(store, A, 4, ['x']), ...itemsFrom(store, A, 6, ['y'])],
      ],
      [
        'records of which the second is another owner’s',
        (store) => [...itemsFrom(store, A, 4, ['x']), ...itemsFrom({ token: store.token - 1 }, A, 5, ['y'])],
      ],
    ]
    for (const [what, items] of staleCases) {
      it(`[STORE-1] refuses ${what} and writes nothing of it`, async (t) => {
        const store = await open(t)
        await begin(store, A, ['one', 'two'])
        assert.deepEqual(await store.append(items(store)), [{ document: A, result: 'stale' }])
        assert.equal((await store.load(A))?.head, 3)
        assert.equal(await contentOf(store, A), 'onetwo')
        // And the right one still goes in.
        assert.deepEqual(await store.append(itemsFrom(store, A, 4, ['z'])), [
          { document: A, result: 'durable' },
        ])
      })
    }

    it('[STORE-1] lets only one of two appends with the same number in, also at the same time', async (t) => {
      const store = await open(t)
      await begin(store, A)
      const both = await Promise.all([
        store.append(itemsFrom(store, A, 2, ['left'])),
        store.append(itemsFrom(store, A, 2, ['right'])),
      ])
      assert.deepEqual(
        both.flat().map(({ result }) => result),
        ['durable', 'stale'],
      )
      assert.equal(await contentOf(store, A), 'left')
    })

    it('[STORE-2] takes the other documents of a batch in which one is stale', async (t) => {
      const store = await open(t)
      await begin(store, A)
      const results = await store.append([
        ...itemsFrom(store, A, 9, ['stale']),
        ...itemsFrom(store, B, 1, [['created', LINEAGE], 'fresh']),
      ])
      assert.deepEqual(results, [
        { document: A, result: 'stale' },
        { document: B, result: 'durable' },
      ])
      assert.equal(await contentOf(store, B), 'fresh')
    })

    it('takes the records of several documents in any order', async (t) => {
      const store = await open(t)
      const ofA = itemsFrom(store, A, 1, [['created', LINEAGE], 'a1', 'a2'])
      const ofB = itemsFrom(store, B, 1, [['created', LINEAGE], 'b1'])
      await store.append([ofB[0]!, ofA[0]!, ofA[1]!, ofB[1]!, ofA[2]!])
      assert.equal(await contentOf(store, A), 'a1a2')
      assert.equal(await contentOf(store, B), 'b1')
    })

    it('answers an empty append', async (t) => {
      const store = await open(t)
      assert.deepEqual(await store.append([]), [])
    })

    it('[STORE-3] refuses a document that does not begin with its lineage', async (t) => {
      const store = await open(t)
      const headless = await store.append(itemsFrom(store, A, 1, ['x']))
      const nameless = await store.append(itemsFrom(store, B, 1, [['created', 'no lineage']]))
      assert.deepEqual(
        [...headless, ...nameless].map(({ result }) => result),
        ['stale', 'stale'],
      )
      assert.equal(await store.load(A), undefined)
      assert.equal(await store.load(B), undefined)
    })
  })

  describe(`${name}: loading and reading`, () => {
    it('[STORE-5] has nothing for a document without history', async (t) => {
      const store = await open(t)
      assert.equal(await store.load(A), undefined)
      assert.deepEqual(await store.readAfter(A, 0, 10), [])
    })

    it('[STORE-9] keeps documents apart whose names begin alike', async (t) => {
      const store = await open(t)
      const names = ['a', 'a/', 'aa', 'a\u0000', 'a!', 'ä'].map(documentNamed)
      for (const document of names) await begin(store, document, [document])
      for (const document of names) assert.equal(await contentOf(store, document), document)
    })

    it('[STORE-4] finds the newest binding, also when nothing else follows', async (t) => {
      const store = await open(t)
      await begin(store, A, ['x'])
      assert.equal((await store.load(A))?.binding, undefined)
      await store.append(itemsFrom(store, A, 3, [['binding', 'first'], 'y', ['binding', 'second']]))
      const stored = await store.load(A)
      assert.equal(textOf(stored?.binding), 'second')
      assert.equal(stored?.head, 5)
      assert.deepEqual(
        stored?.tail.map((record) => record.seq),
        [2, 4],
        'only updates are in the tail',
      )
    })

    it('[STORE-4] finds the newest owners beside the newest binding, through compactions', async (t) => {
      const store = await open(t)
      await begin(store, A, ['x'])
      assert.equal((await store.load(A))?.owners, undefined)
      await store.append(
        itemsFrom(store, A, 3, [['owners', 'ann'], ['binding', 'bound'], 'y', ['owners', 'ann and bob']]),
      )
      for (const upTo of [0, 3, 6]) {
        if (upTo > 0) assert.equal(await store.compact(A, store.token, upTo, bytesOf('xy')), 'done')
        const stored = await store.load(A)
        assert.deepEqual(
          [textOf(stored?.owners), textOf(stored?.binding), stored?.head],
          ['ann and bob', 'bound', 6],
        )
      }
    })

    it('[STORE-7] reads the records of every kind after a number, up to a limit', async (t) => {
      const store = await open(t)
      await begin(store, A, ['one'])
      await store.append(itemsFrom(store, A, 3, [['binding', 'b'], 'two']))
      const kinds = async (seq: number, limit: number): Promise<string[]> =>
        (await store.readAfter(A, seq, limit)).map((record) => `${record.seq}:${record.kind}`)
      assert.deepEqual(await kinds(0, 10), ['1:created', '2:update', '3:binding', '4:update'])
      assert.deepEqual(await kinds(2, 1), ['3:binding'])
      assert.deepEqual(await kinds(4, 10), [])
      assert.deepEqual(await kinds(0, 0), [])
    })
  })

  describe(`${name}: compacting`, () => {
    it('[STORE-6] loads the snapshot and what came after it', async (t) => {
      const store = await open(t)
      await begin(store, A, ['one', 'two'])
      assert.equal(await store.compact(A, store.token, 3, bytesOf('onetwo')), 'done')
      await extend(store, A, ['three'])
      const stored = await store.load(A)
      assert.equal(stored?.snapshotSeq, 3)
      assert.equal(textOf(stored?.snapshot), 'onetwo')
      assert.deepEqual(
        stored?.tail.map((record) => record.seq),
        [4],
      )
      assert.equal(stored?.head, 4)
    })

    it('[STORE-6] keeps what was appended while it ran', async (t) => {
      const store = await open(t)
      await begin(store, A, ['one'])
      const [compacted] = await Promise.all([
        store.compact(A, store.token, 2, bytesOf('one')),
        store.append(itemsFrom(store, A, 3, ['two'])),
        store.append(itemsFrom(store, A, 4, ['three'])),
      ])
      assert.equal(compacted, 'done')
      assert.equal(await contentOf(store, A), 'onetwothree')
    })

    it('[STORE-3] [STORE-4] keeps lineage, binding and head when the whole log is covered, many times over', async (t) => {
      const store = await open(t)
      await begin(store, A)
      await store.append(itemsFrom(store, A, 2, [['binding', 'kept']]))
      let text = ''
      for (let round = 0; round < 5; round += 1) {
        await extend(store, A, [`${round}`])
        text += `${round}`
        assert.equal(await store.compact(A, store.token, 3 + round, bytesOf(text)), 'done')
      }
      const stored = await store.load(A)
      assert.equal(stored?.lineage, LINEAGE)
      assert.equal(textOf(stored?.binding), 'kept')
      assert.equal(stored?.head, 7)
      assert.equal(await contentOf(store, A), '01234')
      assert.deepEqual(await store.append(itemsFrom(store, A, 8, ['on'])), [
        { document: A, result: 'durable' },
      ])
    })

    it('[STORE-6] keeps a snapshot of several megabytes, and an empty one', async (t) => {
      const store = await open(t)
      await begin(store, A, ['x'])
      const large = noise(3 * 1024 * 1024 + 17)
      await store.compact(A, store.token, 1, new Uint8Array())
      assert.deepEqual((await store.load(A))?.snapshot, new Uint8Array())
      await store.compact(A, store.token, 2, large)
      assert.deepEqual((await store.load(A))?.snapshot, large)
    })

    it('[STORE-6] refuses what it cannot cover', async (t) => {
      const store = await open(t)
      await begin(store, A, ['one', 'two'])
      const compact = async (upTo: number, token = store.token): Promise<string> =>
        store.compact(A, token, upTo, bytesOf('s'))
      assert.equal(await compact(4), 'stale', 'beyond the head')
      assert.equal(await compact(0), 'stale', 'nothing')
      assert.equal(await compact(3, store.token - 1), 'stale', 'another owner')
      assert.equal(await store.compact(B, store.token, 1, bytesOf('s')), 'stale', 'no history')
      assert.equal(await contentOf(store, A), 'onetwo')
      assert.equal(await compact(3), 'done')
      assert.equal(await compact(2), 'stale', 'behind the snapshot')
      assert.equal(await compact(3), 'done', 'the same again')
    })

    it('[STORE-7] says so when records asked for were compacted', async (t) => {
      const store = await open(t)
      await begin(store, A, ['one', 'two'])
      await store.compact(A, store.token, 2, bytesOf('one'))
      await store.compact(A, store.token, 3, bytesOf('onetwo'))
      await extend(store, A, ['three'])
      await assert.rejects(
        store.readAfter(A, 1, 10),
        (error) => error instanceof SyncError && error.code === 'not_found',
      )
      assert.deepEqual(
        (await store.readAfter(A, 2, 10)).map((record) => record.seq),
        [3, 4],
      )
    })
  })

  describe(`${name}: closing`, () => {
    it('[STORE-8] refuses everything afterwards, and may be closed again', async (t) => {
      const store = await open(t)
      await begin(store, A)
      await store.close()
      await store.close()
      const isRefusal = (error: unknown): boolean =>
        error instanceof SyncError && error.code === 'store_unavailable'
      await assert.rejects(store.append(itemsFrom(store, A, 2, ['x'])), isRefusal)
      await assert.rejects(store.load(A), isRefusal)
      await assert.rejects(store.readAfter(A, 0, 1), isRefusal)
      await assert.rejects(store.compact(A, store.token, 1, bytesOf('')), isRefusal)
    })

    it('[STORE-8] waits for what is in flight', async (t) => {
      const store = await open(t)
      await begin(store, A)
      let isAppended = false
      const appending = store.append(itemsFrom(store, A, 2, [noise(100_000)])).then(() => (isAppended = true))
      await store.close()
      assert.ok(isAppended)
      await appending
    })
  })
}
