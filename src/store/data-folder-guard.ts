/**
 * One user per data folder, decided before LevelDB is touched.
 *
 * LevelDB's own file lock is not enough: opening the same database twice in one process fails, but
 * closing the second file descriptor also drops the lock of the first (POSIX), and then a second
 * process gets in and both write. So a process-wide set refuses the second open here, and a unix
 * socket, which dies with its process, tells another process who has the folder.
 */
import { createHash } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { type Server, type Socket, createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataFolderError, errorCode } from './data-folder-error.ts'

export type DataFolderGuard = { readonly release: () => Promise<void> }

/** `sockaddr_un` holds 104 bytes on macOS and 108 on Linux; longer paths are cut, not refused. */
const MAX_SOCKET_PATH_BYTES = 100
const CONNECT_TIMEOUT_MS = 2_000
const ANSWER_TIMEOUT_MS = 500
const LISTEN_ATTEMPTS = 5

/** Per process, because the file lock it protects is. */
const foldersInUse = new Set<string>()

/** `directory` must be a real path, without symbolic links. Throws `DataFolderError` (`locked`). */
export async function guardDataFolder(directory: string): Promise<DataFolderGuard> {
  if (foldersInUse.has(directory)) throw lockedError(directory, 'this process')
  foldersInUse.add(directory)
  try {
    const server = await listenAnywhere(directory)
    return { release: () => release(server, directory) }
  } catch (error) {
    foldersInUse.delete(directory)
    throw error
  }
}

export function lockedError(directory: string, holder: string, cause?: unknown): DataFolderError {
  const message = `The data folder ${directory} is in use by ${holder}. Stop that one, or choose another folder with --data.`
  return new DataFolderError('locked', directory, message, { cause })
}

async function release(server: Server, directory: string): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => server.close(() => resolve()))
  foldersInUse.delete(directory)
}

/** Where the socket lies; the second choice is for paths that are too long for one. */
export function guardSocketPath(directory: string): string {
  const inFolder = join(directory, 'outrigger.sock')
  return Buffer.byteLength(inFolder) <= MAX_SOCKET_PATH_BYTES ? inFolder : socketPathElsewhere(directory)
}

function socketPathElsewhere(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 24)
  return join(tmpdir(), `outrigger-${digest}.sock`)
}

async function listenAnywhere(directory: string): Promise<Server> {
  const path = guardSocketPath(directory)
  try {
    return await claim(path, directory)
  } catch (error) {
    // Some mounted folders (shared into a container, for one) hold files but no sockets.
    if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL'].includes(errorCode(error) ?? '')) throw error
    return claim(socketPathElsewhere(directory), directory)
  }
}

async function claim(path: string, directory: string): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(path)
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE' || attempt === LISTEN_ATTEMPTS) throw error
    }
    const holder = await askHolder(path)
    if (holder !== undefined) throw lockedError(directory, holder)
    // Left by a process that was killed. Should two starters meet here and remove each other's
    // socket, LevelDB's lock between processes still lets only one of them in.
    await unlink(path).catch(ignoreMissing)
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer(tellHolder)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
  // A guard alone must not keep a process running.
  server.unref()
  return server
}

function tellHolder(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.end(`process ${process.pid}`)
  socket.destroySoon()
}

/** Undefined when nobody listens. A holder that is stopped accepts without answering: it still holds. */
async function askHolder(path: string): Promise<string | undefined> {
  const socket = createConnection(path)
  return new Promise((resolve, reject) => {
    let answer = ''
    const end = (): void => {
      socket.destroy()
      resolve(/^process \d+$/.test(answer) ? answer : 'another process')
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, end)
    socket.once('connect', () => socket.setTimeout(ANSWER_TIMEOUT_MS))
    socket.on('data', (chunk: Buffer) => (answer = (answer + chunk.toString('latin1')).slice(0, 40)))
    socket.once('end', end)
    socket.once('error', (error) => {
      const code = errorCode(error)
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(undefined)
      else if (code === 'ECONNRESET') end()
      else reject(error)
    })
  })
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error
}
