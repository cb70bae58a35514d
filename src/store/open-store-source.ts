/** Where the content of a data folder comes from: the server that has it open, or the folder itself. */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { connectToHolder, entriesOfHolder } from './ask-holder.ts'
import { DataFolderError, errorCode } from './data-folder-error.ts'
import { guardDataFolder } from './data-folder-guard.ts'
import { LevelHandle } from './level-handle.ts'
import { openUnchanged } from './level-instance.ts'
import { type StoredEntries, storedEntries } from './stored-entries.ts'

export type StoreSource = {
  readonly isRunning: boolean
  /** Of one moment. Once only. */
  readonly entries: StoredEntries
  readonly close: () => Promise<void>
}

/** Throws `DataFolderError`. Whoever opens it closes it. */
export async function openStoreSource(dataDir: string): Promise<StoreSource> {
  const directory = await realpath(dataDir).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
    const message = `There is no data folder at ${dataDir}. Name it with --data.`
    throw new DataFolderError('lost', dataDir, message, { cause: error })
  })
  const socket = await connectToHolder(directory)
  if (socket === undefined) return openFolder(directory)
  return {
    isRunning: true,
    entries: entriesOfHolder(socket),
    close: async () => {
      socket.destroy()
    },
  }
}

async function openFolder(directory: string): Promise<StoreSource> {
  const guard = await guardDataFolder(directory)
  const handle = new LevelHandle(join(directory, 'leveldb'))
  const close = async (): Promise<void> => {
    await handle.close()
    await guard.release()
  }
  try {
    await openUnchanged(handle, directory)
    const view = handle.view()
    return {
      isRunning: false,
      entries: storedEntries(view.reader),
      close: async () => {
        await view.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
