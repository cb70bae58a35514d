/**
 * Another process that uses a data folder. `node --import tsx store-child.ts MODE DIRECTORY [FSYNC]`
 *
 * - `open`: opens it properly and prints `open`, or the problem and the message.
 * - `raw`: opens the database inside it past every guard of ours, and prints `open` or the code.
 * - `hold`: opens it, prints `open`, and keeps it until it is killed.
 * - `append`: appends to one document for ever, printing each sequence number once acknowledged.
 */
import { join } from 'node:path'
import { Level } from 'level'
import { DataFolderError } from '../../src/store/data-folder-error.ts'
import type { FsyncMode } from '../../src/store/level-database.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import { LINEAGE, itemsFrom } from './append-items.ts'
import { CHILD_DOCUMENT, childPayload } from './child-records.ts'

async function openAndTell(directory: string): Promise<void> {
  try {
    const database = await openLevelDatabase({ directory, fsync: 'always' })
    console.log('open')
    await database.close()
  } catch (error) {
    if (!(error instanceof DataFolderError)) throw error
    console.log(error.problem)
    console.log(error.message)
  }
}

async function openRaw(directory: string): Promise<void> {
  const level = new Level(join(directory, 'leveldb'), { createIfMissing: false })
  try {
    await level.open()
    console.log('open')
    await level.close()
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    console.log(cause?.code)
  }
}

async function hold(directory: string): Promise<void> {
  await openLevelDatabase({ directory, fsync: 'always' })
  console.log('open')
  setInterval(() => {}, 1000)
}

async function append(directory: string, fsync: FsyncMode, records: number): Promise<void> {
  const database = await openLevelDatabase({ directory, fsync })
  const store = new LevelDocumentStore(database)
  await store.append(itemsFrom(store, CHILD_DOCUMENT, 1, [['created', LINEAGE]]))
  for (let seq = 2; seq <= records; seq += 1) {
    const items = itemsFrom(store, CHILD_DOCUMENT, seq, [childPayload(seq)])
    if (await appendUntilKnown(store, items)) console.log(seq)
  }
  await database.close()
}

/** As the port asks: after an exception, look what arrived, and write what did not. */
async function appendUntilKnown(
  store: LevelDocumentStore,
  items: Parameters<LevelDocumentStore['append']>[0],
): Promise<boolean> {
  const seq = items[0]?.seq ?? 0
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      const isThere = attempt > 0 && (await store.readAfter(CHILD_DOCUMENT, seq - 1, 1)).length > 0
      if (isThere) return true
      const [result] = await store.append(items)
      return result?.result === 'durable'
    } catch (error) {
      console.log(`failed ${seq} ${error instanceof Error ? error.message : ''}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  throw new Error(`record ${seq} could not be written`)
}

const [mode, directory = '', fsync = 'always', records = '100000'] = process.argv.slice(2)
if (mode === 'open') await openAndTell(directory)
if (mode === 'raw') await openRaw(directory)
if (mode === 'hold') await hold(directory)
if (mode === 'append') await append(directory, fsync as FsyncMode, Number(records))
