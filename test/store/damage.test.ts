import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { ClassicLevel } from 'classic-level'
import { DataFolderError } from '../../src/store/data-folder-error.ts'
import { type Sublevel, damagedKey, documentKey, logKey, snapshotKey } from '../../src/store/keys.ts'
import type { LevelDatabase } from '../../src/store/level-database.ts'
import { revertToPrevious } from '../../src/store/set-aside.ts'
import { StoreDamage } from '../../src/store/store-damage.ts'
import { begin, bytesOf, contentOf, documentNamed, extend, itemsFrom, noise, textOf } from './append-items.ts'
import { type StoreFixture, storeFixture } from './store-fixture.ts'

const A = documentNamed('a')
const B = documentNamed('b')
const BINARY = { keyEncoding: 'buffer', valueEncoding: 'buffer' }

function raw(level: ClassicLevel<Buffer, Buffer>, sublevel: Sublevel) {
  return level.sublevel<Buffer, Buffer>(sublevel, BINARY)
}

/** Changes the closed database behind the store's back. */
async function tamper(
  directory: string,
  change: (level: ClassicLevel<Buffer, Buffer>) => Promise<void>,
): Promise<void> {
  const level = new ClassicLevel<Buffer, Buffer>(join(directory, 'leveldb'), {
    ...BINARY,
    createIfMissing: false,
  })
  await level.open()
  await change(level)
  await level.close()
}

async function flipByte(
  level: ClassicLevel<Buffer, Buffer>,
  sublevel: Sublevel,
  key: Buffer,
): Promise<Buffer> {
  const value = Buffer.from((await raw(level, sublevel).get(key))!)
  const middle = value.length >> 1
  value[middle] = value[middle]! ^ 0x40
  await raw(level, sublevel).put(key, value)
  return value
}

/** Two documents of three records each and a binding; closed. */
async function twoDocuments(t: TestContext): Promise<StoreFixture> {
  const fixture = await storeFixture(t)
  const { database, store } = await fixture.open()
  for (const document of [A, B]) {
    await begin(store, document, ['one', 'two'])
    await store.append(itemsFrom(store, document, 4, [['binding', 'bound']]))
  }
  await database.close()
  return fixture
}

function damageOf(what: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StoreDamage, String(error))
    assert.equal(error.document, A)
    assert.equal(error.code, 'load_failed')
    assert.match(error.what, what)
    return true
  }
}

async function setAside(
  database: LevelDatabase,
  sublevel: Sublevel,
  key: Buffer,
): Promise<Buffer | undefined> {
  return database.read(async (reader) => reader.get('damaged', damagedKey(sublevel, key)))
}

describe('a damaged document', () => {
  const cases: [string, RegExp, (level: ClassicLevel<Buffer, Buffer>) => Promise<unknown>][] = [
    [
      'a flipped byte in a record',
      /record 2: the checksum/,
      async (level) => flipByte(level, 'log', logKey(A, 2)),
    ],
    [
      'a missing record',
      /records from 2 on are missing/,
      async (level) => raw(level, 'log').del(logKey(A, 2)),
    ],
    [
      'a missing first record',
      /records from 1 on are missing/,
      async (level) => raw(level, 'log').del(logKey(A, 1)),
    ],
    [
      'a log that is gone',
      /records from 1 on are missing/,
      async (level) => {
        for (let seq = 1; seq <= 4; seq += 1) await raw(level, 'log').del(logKey(A, seq))
      },
    ],
    [
      'another document’s record',
      /record 2: the checksum/,
      async (level) => raw(level, 'log').put(logKey(A, 2), (await raw(level, 'log').get(logKey(B, 2)))!),
    ],
    [
      'two records that changed places',
      /record 2: the checksum/,
      async (level) => {
        const [two, three] = await raw(level, 'log').getMany([logKey(A, 2), logKey(A, 3)])
        await raw(level, 'log').put(logKey(A, 2), three!)
        await raw(level, 'log').put(logKey(A, 3), two!)
      },
    ],
    [
      'a flipped byte in its entry',
      /its entry/,
      async (level) => flipByte(level, 'document', documentKey(A, 'entry')),
    ],
    [
      'a missing entry',
      /entry is missing/,
      async (level) => raw(level, 'document').del(documentKey(A, 'entry')),
    ],
    [
      'a flipped byte in its binding',
      /its binding/,
      async (level) => flipByte(level, 'document', documentKey(A, 'binding')),
    ],
    [
      'a missing binding',
      /its binding is missing/,
      async (level) => raw(level, 'document').del(documentKey(A, 'binding')),
    ],
  ]
  for (const [what, message, change] of cases) {
    it(`[STORE-15] with ${what} is refused by name, and the others load`, async (t) => {
      const { directory, open } = await twoDocuments(t)
      await tamper(directory, async (level) => {
        await change(level)
      })
      const { store } = await open()
      await assert.rejects(store.load(A), damageOf(message))
      await assert.rejects(store.load(A), damageOf(message), 'and again')
      assert.equal(await contentOf(store, B), 'onetwo')
    })
  }

  it('[STORE-4] without its owners still loads, and nobody owns anything', async (t) => {
    const { directory, open } = await twoDocuments(t)
    const key = documentKey(A, 'owners')
    {
      const { database, store } = await open()
      await store.append(itemsFrom(store, A, 5, [['owners', 'ann']]))
      assert.equal(textOf((await store.load(A))?.owners), 'ann')
      await database.close()
    }
    for (const damage of ['flipped', 'missing']) {
      await tamper(directory, async (level) => {
        await (damage === 'flipped' ? flipByte(level, 'document', key) : raw(level, 'document').del(key))
      })
      const { database, store } = await open()
      assert.equal(await contentOf(store, A), 'onetwo')
      assert.equal((await store.load(A))?.owners, undefined)
      await database.close()
    }
  })

  it('[STORE-15] keeps the damaged bytes', async (t) => {
    const { directory, open, logged } = await twoDocuments(t)
    let damaged: Buffer | undefined
    await tamper(directory, async (level) => {
      damaged = await flipByte(level, 'log', logKey(A, 3))
    })
    const { database, store } = await open()
    await assert.rejects(store.load(A), damageOf(/record 3/))
    assert.deepEqual(await setAside(database, 'log', logKey(A, 3)), damaged)
    assert.ok(logged.some((message) => message.includes('damaged')))
  })

  it('[STORE-5] takes no new beginning on top of remains without an entry', async (t) => {
    const { directory, open } = await twoDocuments(t)
    await tamper(directory, async (level) => raw(level, 'document').del(documentKey(A, 'entry')))
    const { store } = await open()
    const afresh = itemsFrom(store, A, 1, [['created', 'f'.repeat(32)]])
    const fine = itemsFrom(store, B, 5, ['three'])
    assert.deepEqual(await store.append([...afresh, ...fine]), [
      { document: A, result: 'stale' },
      { document: B, result: 'durable' },
    ])
  })

  it('[STORE-2] that LevelDB itself cannot read does not fail the batch that others are in', async (t) => {
    const { open } = await twoDocuments(t)
    const { store } = await open()
    const prototype = ClassicLevel.prototype as unknown as { _get: (key: Buffer, options: object) => unknown }
    const original = prototype._get
    t.mock.method(prototype, '_get', async function (this: unknown, key: Buffer, options: object) {
      if (!key.includes(A)) return original.call(this, key, options)
      throw Object.assign(new Error('Corruption: block checksum mismatch'), { code: 'LEVEL_CORRUPTION' })
    })
    const items = [A, B].flatMap((document) => itemsFrom(store, document, 5, ['three']))
    assert.deepEqual(await store.append(items), [
      { document: A, result: 'stale' },
      { document: B, result: 'durable' },
    ])
    await assert.rejects(store.load(A), damageOf(/LevelDB cannot read it/))
  })

  it('[STORE-7] is not read past its damage', async (t) => {
    const { directory, open } = await twoDocuments(t)
    await tamper(directory, async (level) => {
      await flipByte(level, 'log', logKey(A, 3))
    })
    const { store } = await open()
    assert.equal((await store.readAfter(A, 1, 1)).length, 1)
    await assert.rejects(store.readAfter(A, 1, 2), damageOf(/record 3/))
  })
})

describe('a damaged snapshot', () => {
  /** Snapshots of several chunks at 2 and at 3, and one record after them; closed. */
  async function compactedTwice(t: TestContext): Promise<StoreFixture & { content: string }> {
    const fixture = await storeFixture(t)
    const { database, store } = await fixture.open()
    const large = '.'.repeat(1024 * 1024)
    await begin(store, A, ['one'])
    await store.compact(A, store.token, 2, bytesOf(`one${large}`))
    await extend(store, A, ['two'])
    await store.compact(A, store.token, 3, bytesOf(`one${large}two`))
    await extend(store, A, ['three'])
    await database.close()
    return { ...fixture, content: `one${large}twothree` }
  }

  const cases: [string, (level: ClassicLevel<Buffer, Buffer>) => Promise<unknown>][] = [
    ['a flipped byte', async (level) => flipByte(level, 'snapshot', snapshotKey(A, 2, 1))],
    ['a missing first chunk', async (level) => raw(level, 'snapshot').del(snapshotKey(A, 2, 0))],
    ['a missing last chunk', async (level) => raw(level, 'snapshot').del(snapshotKey(A, 2, 1))],
  ]
  for (const [what, change] of cases) {
    it(`[STORE-14] with ${what} loses nothing: the one before is used from then on`, async (t) => {
      const { directory, open, logged, content } = await compactedTwice(t)
      await tamper(directory, async (level) => {
        await change(level)
      })
      const { database, store } = await open()
      assert.equal(await contentOf(store, A), content)
      assert.ok(logged.some((message) => message.includes('a snapshot is damaged')))
      const stored = await store.load(A)
      assert.equal(stored?.snapshotSeq, 2)
      assert.deepEqual(
        stored?.tail.map((record) => record.seq),
        [3, 4],
      )
      // The next compaction builds on it, and loses nothing either should it be damaged in turn.
      assert.equal(await store.compact(A, store.token, 4, bytesOf(content)), 'done')
      await database.close()
      await tamper(directory, async (level) => {
        await flipByte(level, 'snapshot', snapshotKey(A, 2, 0))
      })
      assert.equal(await contentOf((await open()).store, A), content)
    })
  }

  it('[STORE-15] keeps the damaged bytes', async (t) => {
    const { directory, open } = await compactedTwice(t)
    let damaged: Buffer | undefined
    await tamper(directory, async (level) => {
      damaged = await flipByte(level, 'snapshot', snapshotKey(A, 2, 1))
    })
    const { database, store } = await open()
    await store.load(A)
    assert.deepEqual(await setAside(database, 'snapshot', snapshotKey(A, 2, 1)), damaged)
  })

  it('[STORE-14] is not reverted when a newer one has come in between', async (t) => {
    const { open, content } = await compactedTwice(t)
    const { database, store } = await open()
    await store.compact(A, store.token, 4, bytesOf(content))
    const damaged = { generation: 2, seq: 3, chunks: 2, bytes: 1 }
    await revertToPrevious(database, A, { damaged, fault: { fault: 'found a while ago' } })
    assert.equal((await store.load(A))?.snapshotSeq, 4)
  })

  it('[STORE-5] is refused when the one before is damaged, too', async (t) => {
    const { directory, open } = await compactedTwice(t)
    await tamper(directory, async (level) => {
      await flipByte(level, 'snapshot', snapshotKey(A, 2, 0))
      await flipByte(level, 'snapshot', snapshotKey(A, 1, 0))
    })
    await assert.rejects((await open()).store.load(A), damageOf(/snapshot 2, chunk 0/))
  })

  it('[STORE-5] is refused when a record that only the older one needs is missing', async (t) => {
    const { directory, open } = await compactedTwice(t)
    await tamper(directory, async (level) => {
      await flipByte(level, 'snapshot', snapshotKey(A, 2, 0))
      await raw(level, 'log').del(logKey(A, 3))
    })
    await assert.rejects((await open()).store.load(A), damageOf(/snapshot 2, chunk 0/))
  })

  it('[STORE-6] is not mistaken for what an interrupted compaction left behind', async (t) => {
    const { directory, open, content } = await compactedTwice(t)
    await tamper(directory, async (level) => {
      // Beyond the last chunk of the newest generation, and under the number of the next one.
      await raw(level, 'snapshot').put(snapshotKey(A, 2, 2), Buffer.from('x'))
      for (const chunk of [0, 1, 2, 3])
        await raw(level, 'snapshot').put(snapshotKey(A, 3, chunk), Buffer.from('x'))
    })
    const { store } = await open()
    assert.equal(await contentOf(store, A), content)
    assert.equal((await store.load(A))?.snapshotSeq, 3)
    assert.equal(await store.compact(A, store.token, 4, bytesOf(content)), 'done')
    assert.equal(await contentOf(store, A), content)
    assert.equal((await store.load(A))?.snapshotSeq, 4)
  })

  it('[STORE-14] leaves exactly two generations and the log after the older one', async (t) => {
    const { open } = await compactedTwice(t)
    const { database, store } = await open()
    for (let seq = 5; seq < 8; seq += 1) {
      await extend(store, A, ['.'])
      await store.compact(A, store.token, seq, bytesOf(`${seq}`))
    }
    const keys = await database.read(async (reader) => ({
      log: await reader.keys('log', { gte: Buffer.alloc(0), lte: Buffer.alloc(1, 0xff) }),
      snapshot: await reader.keys('snapshot', { gte: Buffer.alloc(0), lte: Buffer.alloc(1, 0xff) }),
    }))
    assert.deepEqual(keys.log, [logKey(A, 7)])
    assert.deepEqual(keys.snapshot, [snapshotKey(A, 4, 0), snapshotKey(A, 5, 0)])
  })
})

describe('a flipped byte anywhere in a table file', () => {
  it('[STORE-5] [STORE-15] never makes a document shorter in silence', async (t) => {
    const { directory, open } = await storeFixture(t)
    const { database, store } = await open()
    const documents = Array.from({ length: 8 }, (_, index) => documentNamed(`d${index}`))
    const updates = Array.from({ length: 20 }, () => noise(300))
    for (const document of documents) await begin(store, document, updates)
    await database.close()
    await tamper(directory, async (level) => level.compactRange(Buffer.from([0]), Buffer.from([0xff])))
    const folder = join(directory, 'leveldb')
    const tables = (await readdir(folder)).filter((name) => name.endsWith('.ldb'))
    const files = await Promise.all(
      tables.map(async (name) => ({ path: join(folder, name), bytes: await readFile(join(folder, name)) })),
    )
    const file = files.toSorted((a, b) => b.bytes.length - a.bytes.length)[0]!

    let detected = 0
    for (let round = 0; round < 40; round += 1) {
      const bytes = Buffer.from(file.bytes)
      const at = Math.floor(((round + 0.5) / 40) * bytes.length)
      bytes[at] = bytes[at]! ^ 0x10
      await writeFile(file.path, bytes)
      try {
        const attempt = await open()
        for (const document of documents) {
          const stored = await attempt.store.load(document).catch((error: unknown) => {
            assert.ok(error instanceof StoreDamage, String(error))
            detected += 1
            return 'damaged' as const
          })
          if (stored === 'damaged') continue
          assert.deepEqual(
            stored?.tail.map((record) => record.bytes),
            updates,
            `byte ${at}, ${document}`,
          )
        }
        await attempt.database.close()
      } catch (error) {
        if (!(error instanceof DataFolderError)) throw error
        detected += 1
      }
    }
    assert.ok(detected >= 30, `${detected} of 40 flips were seen`)
  })
})
