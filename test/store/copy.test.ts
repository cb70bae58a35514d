/** A copy of a store, also of one that is being written to. */
import assert from 'node:assert/strict'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { ClassicLevel } from 'classic-level'
import { DataFolderError } from '../../src/store/data-folder-error.ts'
import { guardSocketPath } from '../../src/store/data-folder-guard.ts'
import { EntryStreamError } from '../../src/store/entry-stream.ts'
import { copyLooseFiles } from '../../src/store/copy-loose-files.ts'
import { LevelFileIndex } from '../../src/store/file-index.ts'
import { LevelGrantStore, type StoredGrant } from '../../src/store/grants.ts'
import { documentKey } from '../../src/store/keys.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import { openStoreSource } from '../../src/store/open-store-source.ts'
import { fixOwner } from '../../src/store/resource-owners.ts'
import { readOrCreateSecret } from '../../src/store/secrets.ts'
import type { StoredEntry } from '../../src/store/stored-entries.ts'
import { type CopyFacts, writeCopy } from '../../src/store/write-copy.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'
import { LINEAGE, begin, contentOf, documentNamed, extend, itemsFrom, noise, textOf } from './append-items.ts'
import { type OpenStore, storeFixture } from './store-fixture.ts'

const A = documentNamed('a')
const B = documentNamed('b')
const GRANT: StoredGrant = {
  id: '0123456789abcdef',
  subject: 'user:lin',
  access: 'none',
  expiresAt: undefined,
  addedBy: 'ada',
  addedAt: 1_800_000_000_000,
}

/** Whoever has the folder is asked, or the folder itself. */
async function copy(t: TestContext, directory: string): Promise<{ facts: CopyFacts; directory: string }> {
  const to = await tempDir(t)
  const source = await openStoreSource(directory)
  try {
    const facts = await writeCopy(to, source.entries)
    await copyLooseFiles(directory, to)
    return { facts, directory: to }
  } finally {
    await source.close()
  }
}

async function open(t: TestContext, directory: string): Promise<OpenStore> {
  const database = await openLevelDatabase({ directory, fsync: 'always' })
  t.after(async () => database.close())
  return { database, store: new LevelDocumentStore(database) }
}

/** Of everything that a store keeps, something. */
async function fill({ database, store }: OpenStore): Promise<void> {
  await begin(store, A, ['one'])
  await store.compact(A, store.token, 2, noise(3_000_000))
  await extend(store, A, ['two', 'three'])
  await store.append(itemsFrom(store, A, 5, [['binding', 'agreed on']]))
  await begin(store, B, [noise(200_000)])
  const files = new LevelFileIndex(database)
  await files.idFor('work/a.ipynb')
  await new LevelGrantStore(database).change('lab', [{ kind: 'put', grant: GRANT }])
  await fixOwner(database, { name: 'lab', owner: 'user:ada' })
}

describe('a copy', () => {
  for (const isRunning of [true, false]) {
    const what = isRunning ? 'a store that is open' : 'a folder that nobody has open'
    it(`[STORE-30] of ${what} holds everything, and opens as a data folder`, async (t) => {
      const fixture = await storeFixture(t)
      const opened = await fixture.open()
      await fill(opened)
      const secret = await readOrCreateSecret(fixture.directory, 'cookie-secret', 32)
      const before = await opened.store.load(A)
      const other = await opened.store.load(B)
      const fileId = await new LevelFileIndex(opened.database).find('work/a.ipynb')
      if (!isRunning) await opened.database.close()

      const copied = await copy(t, fixture.directory)
      assert.equal(copied.facts.documents, 2)
      assert.deepEqual(copied.facts.damaged, [])

      const there = await open(t, copied.directory)
      assert.deepEqual(await there.store.load(A), before)
      assert.equal(before?.lineage, LINEAGE)
      assert.equal(textOf(before?.binding), 'agreed on')
      assert.deepEqual(await there.store.load(B), other)
      assert.equal(await new LevelFileIndex(there.database).find('work/a.ipynb'), fileId)
      assert.deepEqual(await new LevelGrantStore(there.database).list('lab'), [GRANT])
      assert.equal(await fixOwner(there.database, { name: 'lab', owner: 'user:bob' }), 'user:ada')
      assert.deepEqual(await readOrCreateSecret(copied.directory, 'cookie-secret', 32), secret)
      const mode = (await stat(join(copied.directory, 'cookie-secret.secret'))).mode & 0o777
      assert.equal(mode, 0o600)
      assert.equal(there.store.token, 2, 'the next opening after the first')
    })
  }

  it('[STORE-30] is of one moment: no document is ahead of what another one had by then', async (t) => {
    const { directory, open: openFirst } = await storeFixture(t, 'never')
    const { store } = await openFirst()
    const documents = Array.from({ length: 20 }, (_, index) => documentNamed(`d${index}`))
    for (const document of documents) await begin(store, document, [noise(50_000)])
    // Each round goes to all in one append, so all of them always have the same length.
    let isDone = false
    let rounds = 0
    const writing = (async () => {
      for (let seq = 3; !isDone; seq += 1) {
        await store.append(documents.flatMap((document) => itemsFrom(store, document, seq, [noise(100)])))
        rounds += 1
      }
    })()
    await until(() => rounds > 5)
    const before = rounds
    const copied = await copy(t, directory)
    await until(() => rounds > before)
    isDone = true
    await writing
    const there = await open(t, copied.directory)
    const heads = new Set<number | undefined>()
    for (const document of documents) heads.add((await there.store.load(document))?.head)
    assert.equal(heads.size, 1)
    const [head = 0] = heads
    assert.ok(head >= before + 2, 'and everything acknowledged before is in it')
  })

  it('[STORE-31] keeps what was damaged, names it, and has the rest', async (t) => {
    const fixture = await storeFixture(t)
    const { database, store } = await fixture.open()
    await begin(store, A, ['good'])
    await begin(store, B, ['bad'])
    await database.close()
    const level = new ClassicLevel<Buffer, Buffer>(join(fixture.directory, 'leveldb'), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    })
    const binary = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    await level
      .sublevel<Buffer, Buffer>('document', binary)
      .put(documentKey(B, 'entry'), Buffer.from('rotten'))
    await level.close()

    const { facts, directory } = await copy(t, fixture.directory)
    assert.equal(facts.documents, 2)
    assert.match(facts.damaged.join('\n'), /^plain\/b: its entry: /)
    assert.match(facts.damaged.join('\n'), /1 values do not match their checksum/)
    const there = await open(t, directory)
    assert.equal(await contentOf(there.store, A), 'good')
    await assert.rejects(there.store.load(B), /rotten|checksum/)
  })

  it('[STORE-31] that does not read back as it was written is refused', async (t) => {
    const twice: StoredEntry = { sublevel: 'log', key: Buffer.from('k'), value: Buffer.from('v') }
    async function* entries(): AsyncGenerator<readonly StoredEntry[], void, undefined> {
      yield [twice]
      yield [twice]
    }
    await assert.rejects(writeCopy(await tempDir(t), entries()), /not what was written/)
  })

  it('takes the files beside the database, and no folders, sockets and drafts', async (t) => {
    const from = await tempDir(t)
    const to = await tempDir(t)
    await writeFile(join(from, 'up.json'), '{}', { mode: 0o600 })
    await writeFile(join(from, 'x.secret.abc.new'), 'half')
    await mkdir(join(from, 'leveldb'))
    assert.deepEqual(await copyLooseFiles(from, to), ['up.json'])
    assert.deepEqual(await readdir(to), ['up.json'])
  })

  it('says so when there is no data folder', async (t) => {
    const nowhere = join(await tempDir(t), 'nowhere')
    const empty = await tempDir(t)
    for (const directory of [nowhere, empty]) {
      await assert.rejects(openStoreSource(directory), (error) => error instanceof DataFolderError)
    }
    assert.deepEqual(await readdir(empty), [])
  })
})

describe('reading a store out', () => {
  /** A copy that is under way and does not go on before `drain`, which gives how it ended. */
  async function stalledReader(
    t: TestContext,
  ): Promise<OpenStore & { readonly drain: () => Promise<Error | undefined> }> {
    const { directory, open: openFirst } = await storeFixture(t)
    const opened = await openFirst()
    await begin(opened.store, A, [noise(30_000_000)])
    const source = await openStoreSource(directory)
    t.after(async () => source.close())
    const iterator = source.entries[Symbol.asyncIterator]()
    await iterator.next()
    const drain = async (): Promise<Error | undefined> => {
      try {
        while ((await iterator.next()).done !== true);
        return undefined
      } catch (error) {
        return error as Error
      }
    }
    return { ...opened, drain }
  }

  it('[STORE-32] does not keep the database from being opened again', async (t) => {
    const { store, drain } = await stalledReader(t)
    await store.reopen()
    assert.ok((await drain()) instanceof EntryStreamError)
    await extend(store, A, ['on'])
    assert.equal((await store.load(A))?.head, 3)
  })

  it('[STORE-32] does not keep it from being closed', async (t) => {
    const { database, drain } = await stalledReader(t)
    await database.close()
    assert.ok((await drain()) instanceof EntryStreamError)
  })

  it('[STORE-33] is for the owner of the folder only', async (t) => {
    const { directory, open: openFirst } = await storeFixture(t)
    await openFirst()
    assert.equal((await stat(guardSocketPath(directory))).mode & 0o777, 0o600)
  })

  it('is refused to more readers than a few at once', async (t) => {
    const { directory, open: openFirst } = await storeFixture(t)
    const { store } = await openFirst()
    await begin(store, A, [noise(30_000_000)])
    for (let reader = 0; reader < 2; reader += 1) {
      const source = await openStoreSource(directory)
      t.after(async () => source.close())
      await source.entries[Symbol.asyncIterator]().next()
    }
    const third = await openStoreSource(directory)
    t.after(async () => third.close())
    await assert.rejects(third.entries[Symbol.asyncIterator]().next(), /being copied already/)
  })

  it('turns other requests away, and lines without an end', async (t) => {
    const { directory, open: openFirst } = await storeFixture(t)
    await openFirst()
    for (const request of ['delete everything\n', 'x'.repeat(5_000)]) {
      const socket = createConnection(guardSocketPath(directory))
      let answer = ''
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.write(request)
      await closed
      assert.match(answer, request.endsWith('\n') ? /^process \d+\n.*does not know/s : /^process \d+\n$/)
    }
  })
})
