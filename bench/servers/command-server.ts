/** A managed server from a command: a peer, Outrigger, or whatever `--start` names. */
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KeptServer, startKept } from './keeper.ts'
import type { ManagedServer } from './managed-server.ts'

export type CommandOptions = {
  readonly name: string
  /** Made for each start, since the port is chosen here unless `url` says it. */
  readonly command: (place: {
    readonly port: number
    readonly dataDirectory: string
  }) => readonly string[] | string
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** Ready when a line of output matches this; else when the port accepts a connection. */
  readonly readyPattern?: string | undefined
  /** From the port to the addresses; `roomUrl` with `{room}`. */
  readonly addresses: (port: number) => { readonly url: string; readonly roomUrl: string }
  /** A fixed port (that of `--url`); else a free one. */
  readonly port?: number | undefined
  /** The server's data folder; else a temporary one, removed at `stop`. */
  readonly dataDirectory?: string | undefined
  /** How long it may take to be ready, in milliseconds. */
  readonly patienceMs?: number | undefined
}

const STOP_PATIENCE_MS = 20_000
/** To be started again it may first write what it still holds; some take half a minute for that. */
const RESTART_PATIENCE_MS = 90_000
const START_PATIENCE_MS = 60_000

/** Starts it and waits until it is ready. Rejects with the server's last output when it is not. */
export async function startCommand(options: CommandOptions): Promise<ManagedServer> {
  const port = options.port ?? (await freePort())
  const ownDirectory =
    options.dataDirectory === undefined ? mkdtempSync(join(tmpdir(), 'outrigger-bench-')) : undefined
  const dataDirectory = options.dataDirectory ?? join(ownDirectory ?? '', 'data')
  const removeOwn = (): void => {
    if (ownDirectory !== undefined) rmSync(ownDirectory, { recursive: true, force: true })
  }
  let run: Running
  try {
    run = await start(options, port, dataDirectory)
  } catch (error) {
    removeOwn()
    throw error
  }
  return {
    name: options.name,
    ...options.addresses(port),
    dataDirectory,
    get pid() {
      return run.server.pid
    },
    get readyMs() {
      return run.readyMs
    },
    async stop() {
      await run.server.end('SIGTERM', STOP_PATIENCE_MS)
      removeOwn()
    },
    async kill() {
      await run.server.end('SIGKILL', STOP_PATIENCE_MS)
    },
    async restart() {
      await run.server.end('SIGTERM', RESTART_PATIENCE_MS)
      run = await start(options, port, dataDirectory)
    },
  }
}

type Running = { readonly server: KeptServer; readonly readyMs: number }

async function start(options: CommandOptions, port: number, dataDirectory: string): Promise<Running> {
  const startedAt = performance.now()
  const patienceMs = options.patienceMs ?? START_PATIENCE_MS
  const server = await startKept({
    command: options.command({ port, dataDirectory }),
    env: options.env ?? {},
    cwd: options.cwd,
    readyPattern: options.readyPattern,
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${options.name} was not ready after ${patienceMs} ms`)),
      patienceMs,
    )
  })
  const ended = server.exited.then(async () => (await server.ready, undefined))
  // Whichever loses the race below has nobody left who listens to it.
  ended.catch(() => {})
  late.catch(() => {})
  try {
    if (options.readyPattern !== undefined) {
      const { afterMs } = await Promise.race([server.ready, late])
      return { server, readyMs: afterMs }
    }
    const isAnswering = new AbortController()
    try {
      await Promise.race([portAnswers(port, isAnswering.signal), ended, late])
    } finally {
      isAnswering.abort()
    }
    return { server, readyMs: performance.now() - startedAt }
  } catch (error) {
    await server.end('SIGKILL', STOP_PATIENCE_MS)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

async function portAnswers(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => (socket.destroy(), resolve(true)))
      socket.once('error', () => resolve(false))
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
