/**
 * One user per data folder, decided before LevelDB is touched.
 *
 * LevelDB's own file lock is not enough: opening the same database twice in one process fails, but
 * closing the second file descriptor also drops the lock of the first (POSIX), and then a second
 * process gets in and both write. So a process-wide set refuses the second open here, and a unix
 * socket, which dies with its process, tells another process who has the folder.
 *
 * Who has the folder is also the only one who can read it. So the socket takes one request a
 * connection, a line of text, and hands it to whoever `serve`d; see serve-entries.ts. Its authority
 * is that of the folder: only its owner may connect.
 */
import { createHash } from 'node:crypto'
import { chmod, unlink } from 'node:fs/promises'
import { type Server, type Socket, createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataFolderError, errorCode } from './data-folder-error.ts'

/** Gets one line of text and owns the socket from then on. */
export type RequestHandler = (request: string, socket: Socket) => void

export type DataFolderGuard = {
  /** Answers requests of other processes; before, they are turned away. */
  readonly serve: (handler: RequestHandler) => void
  /** Cuts every request short. */
  readonly release: () => Promise<void>
}

/** `sockaddr_un` holds 104 bytes on macOS and 108 on Linux; longer paths are cut, not refused. */
const MAX_SOCKET_PATH_BYTES = 100
const CONNECT_TIMEOUT_MS = 2_000
const ANSWER_TIMEOUT_MS = 500
const LISTEN_ATTEMPTS = 5
const REQUEST_TIMEOUT_MS = 5_000
const MAX_REQUEST_BYTES = 1_024
const MAX_CONNECTIONS = 16

/** Per process, because the file lock it protects is. */
const foldersInUse = new Set<string>()

/** `directory` must be a real path, without symbolic links. Throws `DataFolderError` (`locked`). */
export async function guardDataFolder(directory: string): Promise<DataFolderGuard> {
  if (foldersInUse.has(directory)) throw lockedError(directory, 'this process')
  foldersInUse.add(directory)
  try {
    const desk = new Desk()
    const server = await listenAnywhere(directory, desk)
    return {
      serve: (handler) => desk.serve(handler),
      release: () => release(server, desk, directory),
    }
  } catch (error) {
    foldersInUse.delete(directory)
    throw error
  }
}

/** Where other processes ask. */
class Desk {
  #handler: RequestHandler | undefined
  readonly #sockets = new Set<Socket>()

  serve(handler: RequestHandler): void {
    this.#handler = handler
  }

  readonly admit = (socket: Socket): void => {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy())
    socket.write(`process ${process.pid}\n`)
    readLine(socket, (line) => {
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      if (line === undefined || this.#handler === undefined) socket.destroy()
      else this.#handler(line, socket)
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Undefined when the other side sends something else or nothing. */
function readLine(socket: Socket, onLine: (line: string | undefined) => void): void {
  let text = ''
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\n')
    if (end < 0 && text.length <= MAX_REQUEST_BYTES) return
    socket.off('data', onData)
    onLine(end < 0 ? undefined : text.slice(0, end))
  }
  socket.on('data', onData)
}

export function lockedError(directory: string, holder: string, cause?: unknown): DataFolderError {
  const message = `The data folder ${directory} is in use by ${holder}. Stop that one, or choose another folder with --data.`
  return new DataFolderError('locked', directory, message, { cause })
}

async function release(server: Server, desk: Desk, directory: string): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  desk.close()
  await closed
  foldersInUse.delete(directory)
}

/** Where the socket lies; the second choice is for paths that are too long for one. */
export function guardSocketPath(directory: string): string {
  const inFolder = join(directory, 'outrigger.sock')
  return Buffer.byteLength(inFolder) <= MAX_SOCKET_PATH_BYTES ? inFolder : socketPathElsewhere(directory)
}

/** Where the holder of a folder may be listening. */
export function guardSocketPaths(directory: string): readonly string[] {
  return [...new Set([guardSocketPath(directory), socketPathElsewhere(directory)])]
}

function socketPathElsewhere(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 24)
  return join(tmpdir(), `outrigger-${digest}.sock`)
}

async function listenAnywhere(directory: string, desk: Desk): Promise<Server> {
  const path = guardSocketPath(directory)
  try {
    return await claim(path, directory, desk)
  } catch (error) {
    // Some mounted folders (shared into a container, for one) hold files but no sockets.
    if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL'].includes(errorCode(error) ?? '')) throw error
    return claim(socketPathElsewhere(directory), directory, desk)
  }
}

async function claim(path: string, directory: string, desk: Desk): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(path, desk)
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

async function listen(path: string, desk: Desk): Promise<Server> {
  const server = createServer(desk.admit)
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
  // A connection that cannot be accepted is the asker's trouble only.
  server.on('error', () => {})
  // A guard alone must not keep a process running.
  server.unref()
  try {
    // Whoever connects may read everything.
    await chmod(path, 0o600)
  } catch (error) {
    server.close()
    throw error
  }
  return server
}

/** Undefined when nobody listens. A holder that is stopped accepts without answering: it still holds. */
async function askHolder(path: string): Promise<string | undefined> {
  const socket = createConnection(path)
  return new Promise((resolve, reject) => {
    let answer = ''
    const end = (): void => {
      socket.destroy()
      resolve(/^process \d+(?=\n)/.exec(answer)?.[0] ?? 'another process')
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, end)
    socket.once('connect', () => socket.setTimeout(ANSWER_TIMEOUT_MS))
    socket.on('data', (chunk: Buffer) => {
      answer = (answer + chunk.toString('latin1')).slice(0, 40)
      if (answer.includes('\n')) end()
    })
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
