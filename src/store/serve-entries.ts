/**
 * Hands the whole store to another process that asks for it at the guard's socket: `outrigger backup`
 * and `outrigger export` on a running server. LevelDB has one user, so nobody else can read it; and
 * the asker does the writing, so that a backup costs this process only the reading.
 */
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { runInBackground } from '../lib/run-in-background.ts'
import type { RequestHandler } from './data-folder-guard.ts'
import { encodeEntries, errorFrame } from './entry-stream.ts'
import type { LevelDatabase } from './level-database.ts'
import { storedEntries } from './stored-entries.ts'

/** The number is that of the stream's form. */
export const ENTRIES_REQUEST = 'entries 1'

/** Each holds a view of the database, which keeps LevelDB from tidying up. */
const MAX_READERS = 2
/** A reader that takes nothing for this long is cut. */
const STALL_MS = 60_000

export function serveEntries(database: LevelDatabase): RequestHandler {
  let readers = 0
  return (request, socket) => {
    if (request !== ENTRIES_REQUEST) {
      socket.end(errorFrame('it does not know this request; its version is another one'))
      return
    }
    if (readers >= MAX_READERS) {
      socket.end(errorFrame('it is being copied already; try again when that is done'))
      return
    }
    readers += 1
    runInBackground(
      async () => sendEntries(database, socket).finally(() => (readers -= 1)),
      (error) => database.log.warn({ err: error }, 'a copy of the store was not finished'),
    )
  }
}

async function sendEntries(database: LevelDatabase, socket: Socket): Promise<void> {
  const startedAt = performance.now()
  socket.setTimeout(STALL_MS, () => socket.destroy(new Error('the reader takes nothing')))
  await database.readLong(async (reader, signal) => {
    await pipeline(Readable.from(encodeEntries(storedEntries(reader))), socket, { signal })
  })
  const ms = Math.round(performance.now() - startedAt)
  database.log.info({ bytes: socket.bytesWritten, ms }, 'the store was read by another process')
}
