import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SyncError } from '../../src/protocol/errors.ts'
import { type DiskSpace, DiskSpaceWatch, measureDisk } from '../../src/store/disk-space.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'
import { begin, contentOf, documentNamed, extend } from './append-items.ts'
import { storeFixture } from './store-fixture.ts'

const MIB = 1024 * 1024
const A = documentNamed('a')

/** A disk of 2 GiB with as much free as the test says; `undefined` cannot be measured. */
function disk(minFreeBytes = 256 * MIB, totalBytes = 2048 * MIB) {
  const logged: string[] = []
  const record =
    (level: string) =>
    (_facts: object, message: string): void => {
      logged.push(`${level} ${message}`)
    }
  const state: { freeBytes: number | undefined; measured: number } = { freeBytes: 1024 * MIB, measured: 0 }
  const measure = async (): Promise<DiskSpace> => {
    state.measured += 1
    if (state.freeBytes === undefined) throw new Error('no such call')
    return { freeBytes: state.freeBytes, totalBytes }
  }
  const log = { info: record('info'), warn: record('warn'), error: record('error') }
  const watch = new DiskSpaceWatch({ directory: '/data', minFreeBytes, log, measure, everyMs: 1 })
  const at = async (freeBytes: number | undefined): Promise<string[]> => {
    state.freeBytes = freeBytes
    await watch.check()
    return logged.splice(0)
  }
  return { watch, state, at }
}

describe('the space on the disk', () => {
  it('[STORE-36] is told once when it gets low and once when it is nearly gone, and not at every look', async () => {
    const { watch, at } = disk()
    assert.deepEqual(await at(1024 * MIB), [])
    assert.deepEqual(await at(511 * MIB), ['warn the disk of the data folder is getting full'])
    assert.deepEqual(await at(510 * MIB), [])
    assert.equal(watch.isFull, false)
    assert.equal(watch.freeBytes, 510 * MIB)
    assert.deepEqual(await at(255 * MIB), [
      'error the disk is nearly full: no new documents until there is space',
    ])
    assert.equal(watch.isFull, true)
    // Around the limit nothing is said again.
    assert.deepEqual(await at(257 * MIB), [])
    assert.equal(watch.isFull, true)
    assert.deepEqual(await at(254 * MIB), [])
    assert.deepEqual(await at(300 * MIB), ['info there is disk space again: new documents are taken'])
    assert.equal(watch.isFull, false)
    assert.deepEqual(await at(600 * MIB), [])
    assert.deepEqual(await at(500 * MIB), ['warn the disk of the data folder is getting full'])
  })

  it('is not called low on a large disk only because the disk is large', async () => {
    const gib = 1024 * MIB
    const { at } = disk(256 * MIB, 100_000 * gib)
    assert.deepEqual(await at(11 * gib), [])
    assert.deepEqual(await at(9 * gib), ['warn the disk of the data folder is getting full'])
  })

  it('[STORE-36] stops nobody when it cannot be told, or need not be looked at', async () => {
    const { watch, at } = disk()
    assert.deepEqual(await at(undefined), ['warn the free disk space cannot be told'])
    assert.deepEqual(await at(undefined), [])
    assert.equal(watch.freeBytes, undefined)
    assert.equal(watch.isFull, false)
    const careless = disk(0)
    await careless.at(0)
    assert.equal(careless.watch.isFull, false)
  })

  it('is looked at again and again, until it is closed', async () => {
    const { watch, state } = disk()
    await watch.start()
    await until(() => state.measured > 3)
    watch.close()
    watch.close()
    const measured = state.measured
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(state.measured <= measured + 1)
  })

  it('is what the file system says', async (t) => {
    const { freeBytes, totalBytes } = await measureDisk(await tempDir(t))
    assert.ok(freeBytes > 0 && freeBytes <= totalBytes)
  })
})

describe('a store on a disk that is nearly full', () => {
  it('[STORE-36] begins no document, serves those that exist, and begins again when there is space', async (t) => {
    const { open } = await storeFixture(t)
    const { database } = await open()
    let hasSpace = true
    const store = new LevelDocumentStore(database, { mayBegin: () => hasSpace })
    await begin(store, A, ['old'])
    hasSpace = false
    await assert.rejects(
      store.load(documentNamed('new')),
      (error) => error instanceof SyncError && error.code === 'disk_full',
    )
    await extend(store, A, [' and more'])
    assert.equal(await contentOf(store, A), 'old and more')
    hasSpace = true
    assert.equal(await store.load(documentNamed('new')), undefined)
  })
})
