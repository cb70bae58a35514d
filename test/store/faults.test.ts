/** Fails the first write, then the second, and so on, until a whole scenario runs without a fault. */
import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { ClassicLevel } from 'classic-level'
import { SyncError } from '../../src/protocol/errors.ts'
import type { AppendItem } from '../../src/room/ports.ts'
import { LevelFileIndex } from '../../src/store/file-index.ts'
import type { LevelDatabase } from '../../src/store/level-database.ts'
import type { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import type { Operation } from '../../src/store/level-handle.ts'
import {
  LINEAGE,
  begin,
  bytesOf,
  contentOf,
  documentNamed,
  extend,
  itemsFrom,
  textOf,
} from './append-items.ts'
import { storeFixture } from './store-fixture.ts'

const A = documentNamed('a')
const B = documentNamed('b')

/**
 * - `refused`: the write fails and nothing of it arrives.
 * - `unanswered`: it arrives, and the caller hears of a failure all the same.
 */
type Fault = 'refused' | 'unanswered'

type Injector = {
  /** Lets `count - 1` writes pass and fails the next one, or all from there on. */
  readonly failFrom: (count: number, options: { fault: Fault; isPermanent: boolean }) => void
  readonly stop: () => void
  readonly wasReached: () => boolean
}

type Write = (...args: unknown[]) => Promise<void>
type Chain = { _write: Write }

/** LevelDB itself is real; only the answer of its writes, chained or in one array, is not always. */
function injectFaults(t: TestContext): Injector {
  let plan: { count: number; fault: Fault; isPermanent: boolean } | undefined
  let isReached = false
  const answer = async (write: () => Promise<void>): Promise<void> => {
    if (plan !== undefined) plan.count -= 1
    const isHit = plan !== undefined && (plan.count === 0 || (plan.isPermanent && plan.count < 0))
    if (plan === undefined || !isHit) return write()
    isReached = true
    if (plan.fault === 'unanswered') await write()
    throw Object.assign(new Error('injected'), { code: 'LEVEL_IO_ERROR' })
  }
  const prototype = ClassicLevel.prototype as unknown as { _batch: Write; _chainedBatch: () => Chain }
  const { _batch, _chainedBatch } = prototype
  t.mock.method(prototype, '_batch', async function (this: unknown, ...args: unknown[]): Promise<void> {
    return answer(async () => _batch.apply(this, args))
  })
  t.mock.method(prototype, '_chainedBatch', function (this: unknown): Chain {
    const chain = _chainedBatch.apply(this)
    const write = chain._write.bind(chain)
    chain._write = async (...args) => answer(async () => write(...args))
    return chain
  })
  return {
    failFrom: (count, options) => {
      isReached = false
      plan = { count, ...options }
    },
    stop: () => (plan = undefined),
    wasReached: () => isReached,
  }
}

/** As the port asks: after an exception, look what arrived, and write what did not. */
async function appendForSure(store: LevelDocumentStore, items: readonly AppendItem[]): Promise<void> {
  const [first] = items
  if (first === undefined) return
  try {
    assert.deepEqual(await store.append(items), [{ document: first.document, result: 'durable' }])
  } catch (error) {
    assert.ok(error instanceof SyncError && error.code === 'store_unavailable', String(error))
    const found = await store.readAfter(first.document, first.seq - 1, 100)
    if (found.length === 0) await appendForSure(store, items)
    else assert.equal(found.length, items.length, 'all of an append or nothing')
  }
}

async function retried<Result>(task: () => Promise<Result>): Promise<Result> {
  try {
    return await task()
  } catch (error) {
    assert.ok(error instanceof SyncError && error.code === 'store_unavailable', String(error))
    return task()
  }
}

async function workOnDocuments(store: LevelDocumentStore): Promise<void> {
  await appendForSure(store, itemsFrom(store, A, 1, [['created', LINEAGE], 'a1']))
  await appendForSure(store, itemsFrom(store, B, 1, [['created', LINEAGE], 'b1', ['binding', 'first']]))
  await appendForSure(store, itemsFrom(store, A, 3, ['a2']))
  await retried(async () => store.compact(A, store.token, 3, bytesOf('a1a2')))
  await appendForSure(store, itemsFrom(store, A, 4, ['a3', ['binding', 'second']]))
  await retried(async () => store.compact(A, store.token, 5, bytesOf('a1a2a3')))
  await appendForSure(store, itemsFrom(store, A, 6, ['a4']))
  await retried(async () => store.compact(A, store.token, 6, bytesOf('a1a2a3a4')))
  await appendForSure(store, itemsFrom(store, B, 4, ['b2']))
}

describe('after a failed write', () => {
  for (const fault of ['refused', 'unanswered'] as const) {
    it(`[STORE-12] nothing is lost or doubled, whichever write was ${fault}`, async (t) => {
      const faults = injectFaults(t)
      let count = 0
      do {
        count += 1
        const { open } = await storeFixture(t)
        const { database, store } = await open()
        faults.failFrom(count, { fault, isPermanent: false })
        await workOnDocuments(store)
        faults.stop()
        await database.close()
        const { store: reopened } = await open()
        assert.equal(await contentOf(reopened, A), 'a1a2a3a4', `write ${count}`)
        assert.equal(await contentOf(reopened, B), 'b1b2', `write ${count}`)
        assert.equal(textOf((await reopened.load(A))?.binding), 'second')
        assert.equal(textOf((await reopened.load(B))?.binding), 'first')
      } while (faults.wasReached())
      assert.ok(count > 10, `${count - 1} writes were failed one by one`)
    })
  }

  it('[STORE-12] the database is opened again before it answers anything', async (t) => {
    const faults = injectFaults(t)
    const { open } = await storeFixture(t)
    const { database, store } = await open()
    await begin(store, A, ['one'])
    faults.failFrom(1, { fault: 'refused', isPermanent: false })
    await assert.rejects(store.append(itemsFrom(store, A, 3, ['two'])), SyncError)
    assert.ok(database.isSuspect)
    assert.equal(database.incarnation, 1)
    assert.equal((await store.load(A))?.head, 2)
    assert.equal(database.incarnation, 2)
    assert.ok(!database.isSuspect)
    assert.deepEqual(await store.append(itemsFrom(store, A, 3, ['two'])), [
      { document: A, result: 'durable' },
    ])
  })

  it('[STORE-12] a repeated append is stale when the first had arrived', async (t) => {
    const faults = injectFaults(t)
    const { open } = await storeFixture(t)
    const { store } = await open()
    await begin(store, A, ['one'])
    faults.failFrom(1, { fault: 'unanswered', isPermanent: false })
    await assert.rejects(store.append(itemsFrom(store, A, 3, ['two'])), SyncError)
    assert.deepEqual(await store.append(itemsFrom(store, A, 3, ['two'])), [{ document: A, result: 'stale' }])
    assert.equal(await contentOf(store, A), 'onetwo')
  })

  it('[STORE-12] writes that waited behind it are not lost, nor are reads that were under way', async (t) => {
    const faults = injectFaults(t)
    const { open } = await storeFixture(t)
    const { store } = await open()
    await begin(store, A, ['a'])
    await begin(store, B, ['b'])
    faults.failFrom(1, { fault: 'refused', isPermanent: false })
    const [first, second, loaded] = await Promise.allSettled([
      store.append(itemsFrom(store, A, 3, ['x'])),
      store.append(itemsFrom(store, B, 3, ['y'])),
      store.load(B),
    ])
    assert.equal(first.status, 'rejected')
    assert.equal(second.status, 'fulfilled')
    assert.equal(loaded.status, 'fulfilled')
    assert.equal(await contentOf(store, B), 'by')
  })

  it('[STORE-8] closing still lets go of everything', async (t) => {
    const faults = injectFaults(t)
    const { open } = await storeFixture(t, 'everysec')
    const { database, store } = await open()
    await begin(store, A, ['one'])
    faults.failFrom(1, { fault: 'refused', isPermanent: true })
    await assert.rejects(store.append(itemsFrom(store, A, 3, ['two'])), SyncError)
    await store.close()
    await database.close()
    faults.stop()
    assert.equal(await contentOf((await open()).store, A), 'one')
  })

  it('[STORE-12] reopening on demand keeps what was there, and the same token', async (t) => {
    const { open } = await storeFixture(t)
    const { database, store } = await open()
    await begin(store, A, ['one'])
    const { token } = store
    await store.reopen()
    assert.equal(database.incarnation, 2)
    assert.equal(store.token, token)
    await extend(store, A, ['two'])
    assert.equal(await contentOf(store, A), 'onetwo')
  })
})

describe('the database', () => {
  const at = (name: string): Operation => {
    const key = Buffer.from(name)
    return { type: 'put', sublevel: 'meta', key, value: key }
  }
  const isThere = async (database: LevelDatabase, name: string): Promise<boolean> =>
    database.read(async (reader) => (await reader.get('meta', Buffer.from(name))) !== undefined)

  it('[STORE-12] writes nothing on the strength of what was read before it was reopened', async (t) => {
    const { open } = await storeFixture(t)
    const { database } = await open()
    const { incarnation } = database
    await database.reopen()
    await assert.rejects(database.write([at('x')], { incarnation }), SyncError)
    assert.ok(!(await isThere(database, 'x')))
    await database.write([at('x')], { incarnation: database.incarnation })
    assert.ok(await isThere(database, 'x'))
  })

  it('[STORE-8] finishes the writes that wait when it is closed, and takes no more', async (t) => {
    const { open } = await storeFixture(t, 'never')
    const { database } = await open()
    const writing = ['a', 'b', 'c'].map(async (name) => database.write([at(name)]))
    const closing = database.close()
    await assert.rejects(database.write([at('d')]), SyncError)
    await Promise.all(writing)
    await closing
    const { database: again } = await open()
    const found = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => isThere(again, name)))
    assert.deepEqual(found, [true, true, true, false])
  })
})

describe('a crash during a compaction', () => {
  it('[STORE-13] at any write leaves the document as it was, and the next compaction succeeds', async (t) => {
    const faults = injectFaults(t)
    let count = 0
    do {
      count += 1
      const { open } = await storeFixture(t)
      const { database, store } = await open()
      await begin(store, A, ['one'])
      await store.compact(A, store.token, 2, bytesOf('one'))
      await extend(store, A, ['two'])
      // Several chunks, and from the chosen write on nothing reaches the disk any more.
      const large = `onetwo${'.'.repeat(2 * 1024 * 1024)}`
      faults.failFrom(count, { fault: 'refused', isPermanent: true })
      await store.compact(A, store.token, 3, bytesOf(large)).catch(() => {})
      const wasReached = faults.wasReached()
      await database.close()
      faults.stop()

      const { store: next } = await open()
      const content = await contentOf(next, A)
      assert.ok(content === 'onetwo' || content === large, `write ${count}: ${content?.length} characters`)
      assert.equal((await next.load(A))?.head, 3)
      await extend(next, A, ['three'])
      assert.equal(await next.compact(A, next.token, 4, bytesOf('onetwothree')), 'done')
      assert.equal(await contentOf(next, A), 'onetwothree')
      if (!wasReached) break
    } while (count < 50)
    assert.ok(count > 4, `${count - 1} writes were the last one`)
    assert.ok(count < 50)
  })
})

describe('the file index', () => {
  it('[STORE-19] is whole whichever write failed', async (t) => {
    const faults = injectFaults(t)
    let count = 0
    do {
      count += 1
      const { open } = await storeFixture(t)
      const { database } = await open()
      const index = new LevelFileIndex(database)
      faults.failFrom(count, { fault: count % 2 === 0 ? 'refused' : 'unanswered', isPermanent: false })
      const { fileId } = await retried(async () => index.idFor('folder/a.ipynb'))
      await retried(async () => index.move('folder', 'moved'))
      faults.stop()
      assert.equal(await index.find('moved/a.ipynb'), fileId, `write ${count}`)
      assert.equal(await index.pathOf(fileId), 'moved/a.ipynb')
      assert.equal(await index.find('folder/a.ipynb'), undefined)
    } while (faults.wasReached())
    assert.equal(count, 3)
  })
})
