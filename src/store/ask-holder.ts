/** The other end of serve-entries.ts. */
import { type Socket, createConnection } from 'node:net'
import { DataFolderError, errorCode } from './data-folder-error.ts'
import { guardSocketPaths } from './data-folder-guard.ts'
import { EntryStreamError, decodeEntries } from './entry-stream.ts'
import { ENTRIES_REQUEST } from './serve-entries.ts'
import type { StoredEntries } from './stored-entries.ts'

const SILENCE_MS = 60_000

/** A connection to the process that has the folder open; undefined when none has. */
export async function connectToHolder(directory: string): Promise<Socket | undefined> {
  for (const path of guardSocketPaths(directory)) {
    const socket = await connect(path, directory)
    if (socket !== undefined) return socket
  }
  return undefined
}

/** Everything that the holder's store holds, at the moment of asking. Throws `EntryStreamError`. */
export function entriesOfHolder(socket: Socket): StoredEntries {
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new EntryStreamError('The server does not answer.')))
  socket.write(`${ENTRIES_REQUEST}\n`)
  return decodeEntries(withoutGreeting(socket))
}

async function connect(path: string, directory: string): Promise<Socket | undefined> {
  const socket = createConnection(path)
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error) => {
      const code = errorCode(error)
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(undefined)
      else if (code === 'EACCES' || code === 'EPERM') reject(notOurs(directory, error))
      else reject(error)
    })
  })
}

function notOurs(directory: string, cause: Error): DataFolderError {
  const message = `The data folder ${directory} is in use by a server of another user. Run the command as that user.`
  return new DataFolderError('locked', directory, message, { cause })
}

/** The holder says first who it is. */
async function* withoutGreeting(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let isGreeted = false
  for await (const chunk of chunks) {
    const end: number = isGreeted ? -1 : chunk.indexOf('\n')
    if (isGreeted || end >= 0) yield chunk.subarray(end + 1)
    isGreeted ||= end >= 0
  }
}
