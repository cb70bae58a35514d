import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFolderError } from './data-folder-error.ts'
import { type DataFolderGuard, guardDataFolder } from './data-folder-guard.ts'
import { type FsyncMode, LevelDatabase, type OpenParts } from './level-database.ts'
import { LevelHandle } from './level-handle.ts'
import { type OpenOptions, openInstance } from './level-instance.ts'
import { serveEntries } from './serve-entries.ts'
import { SILENT_LOG, type StoreLog } from './store-log.ts'

export type LevelDatabaseOptions = {
  readonly directory: string
  readonly fsync: FsyncMode
  readonly log?: StoreLog | undefined
} & Pick<OpenOptions, 'migrations'>

/**
 * Opens the data folder, creating it if there is none. Throws `DataFolderError` when it is in use,
 * incomplete, somebody else's or from a newer version; nothing in it was changed then. One from an
 * older version is brought to this one's format first.
 */
export async function openLevelDatabase(options: LevelDatabaseOptions): Promise<LevelDatabase> {
  const { fsync, log = SILENT_LOG, migrations } = options
  try {
    await mkdir(options.directory, { recursive: true, mode: 0o700 })
    // The real path, so that two names of one folder are one folder.
    const directory = await realpath(options.directory)
    const guard = await guardDataFolder(directory)
    return await openGuarded(directory, guard, { fsync, log, migrations })
  } catch (error) {
    throw explain(options.directory, error)
  }
}

async function openGuarded(
  directory: string,
  guard: DataFolderGuard,
  { fsync, log, migrations }: Pick<OpenParts, 'fsync'> & OpenOptions,
): Promise<LevelDatabase> {
  const handle = new LevelHandle(join(directory, 'leveldb'))
  try {
    const token = await openInstance(handle, directory, { log, migrations })
    const database = new LevelDatabase({ handle, guard, token, fsync, log })
    guard.serve(serveEntries(database))
    return database
  } catch (error) {
    await handle.close()
    await guard.release()
    throw error
  }
}

function explain(directory: string, error: unknown): DataFolderError {
  if (error instanceof DataFolderError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The data folder ${directory} cannot be used: ${reason}. Check the disk and the rights on the folder, or choose another one with --data.`
  return new DataFolderError('unreadable', directory, message, { cause: error })
}
