import type { TestContext } from 'node:test'
import type { FsyncMode, LevelDatabase } from '../../src/store/level-database.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import type { StoreLog } from '../../src/store/store-log.ts'
import { tempDir } from '../support/temp-dir.ts'

export type OpenStore = { readonly database: LevelDatabase; readonly store: LevelDocumentStore }

/** A data folder that can be opened again and again; whatever is open is closed after the test. */
export type StoreFixture = {
  readonly directory: string
  readonly logged: readonly string[]
  readonly open: () => Promise<OpenStore>
}

export async function storeFixture(t: TestContext, fsync: FsyncMode = 'always'): Promise<StoreFixture> {
  const databases: LevelDatabase[] = []
  t.after(async () => {
    for (const database of databases) await database.close()
  })
  const directory = await tempDir(t)
  const logged: string[] = []
  const log = recordingLog(logged)
  return {
    directory,
    logged,
    open: async () => {
      const database = await openLevelDatabase({ directory, fsync, log })
      databases.push(database)
      return { database, store: new LevelDocumentStore(database) }
    },
  }
}

function recordingLog(messages: string[]): StoreLog {
  const record = (_facts: object, message: string): void => {
    messages.push(message)
  }
  return { info: record, warn: record, error: record }
}
