/**
 * Stands between us and a server that we started. When we die, however suddenly, the channel closes
 * and the keeper takes the server down too: no run leaves a process behind.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { workerEntry } from '../worker-entry.ts'

export type ServerCommand = {
  /** A program and its arguments; or a line for the shell. */
  readonly command: readonly string[] | string
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string | undefined
  /** The server is ready when a line of its output matches; else when its port answers. */
  readonly readyPattern?: string | undefined
}

type ToKeeper =
  | { readonly type: 'start'; readonly command: ServerCommand }
  | { readonly type: 'kill'; readonly signal: 'SIGTERM' | 'SIGKILL' }
type FromKeeper =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'ready'; readonly line: string; readonly afterMs: number }
  | {
      readonly type: 'exit'
      readonly code: number | null
      readonly signal: string | null
      readonly output: string
    }

/** How much of a server's output is kept, to explain why it did not start. */
const KEPT_OUTPUT = 4000

/** The keeper's side. */
export function runKeeper(): void {
  let server: ChildProcess | undefined
  const tell = (message: FromKeeper): void => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', (message: ToKeeper) => {
    if (message.type === 'start') server = startServer(message.command, tell)
    else signalGroup(server, message.signal)
  })
  process.on('disconnect', () => {
    signalGroup(server, 'SIGKILL')
    process.exit(0)
  })
  // Ctrl+C reaches the whole terminal group; our parent decides what it means for the server.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}

function startServer(command: ServerCommand, tell: (message: FromKeeper) => void): ChildProcess {
  const startedAt = performance.now()
  const options = {
    env: { ...process.env, ...command.env },
    cwd: command.cwd,
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what a shell line starts ends with it.
    detached: true,
  }
  const [program = '', ...args] = typeof command.command === 'string' ? [] : command.command
  const child =
    typeof command.command === 'string'
      ? spawn(command.command, { ...options, shell: true })
      : spawn(program, args, options)
  let output = ''
  let isReady = false
  const pattern = command.readyPattern === undefined ? undefined : new RegExp(command.readyPattern)
  const read = (chunk: Buffer): void => {
    output = (output + String(chunk)).slice(-KEPT_OUTPUT)
    if (isReady || pattern === undefined) return
    const line = output.split('\n').find((text) => pattern.test(text))
    if (line === undefined) return
    isReady = true
    tell({ type: 'ready', line, afterMs: performance.now() - startedAt })
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  child.on('error', (error) => tell({ type: 'exit', code: null, signal: null, output: error.message }))
  child.on('exit', (code, signal) => tell({ type: 'exit', code, signal, output }))
  if (child.pid !== undefined) tell({ type: 'started', pid: child.pid })
  return child
}

function signalGroup(server: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (server?.pid === undefined) return
  try {
    process.kill(-server.pid, signal)
  } catch {
    // Gone already.
  }
}

export type KeptServer = {
  readonly pid: number
  /** Resolves with the line that matched; rejects when the server ended first, with its output. */
  readonly ready: Promise<{ readonly line: string; readonly afterMs: number }>
  readonly exited: Promise<void>
  /** Ends server and keeper; returns when both are gone. */
  end(signal: 'SIGTERM' | 'SIGKILL', patienceMs: number): Promise<void>
}

/** Our side: a keeper with its server. */
export async function startKept(command: ServerCommand): Promise<KeptServer> {
  const keeper = fork(workerEntry(), ['keeper'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  let hasExited = false
  let started: (pid: number) => void
  let ready: (value: { line: string; afterMs: number }) => void
  let failed: (reason: Error) => void
  let gone: () => void
  const pid = new Promise<number>((resolve) => (started = resolve))
  const exited = new Promise<void>((resolve) => (gone = resolve))
  const isReady = new Promise<{ line: string; afterMs: number }>((resolve, reject) => {
    ready = resolve
    failed = reject
  })
  // Whoever does not ask for readiness must not be ended by it.
  isReady.catch(() => {})
  keeper.on('message', (message: FromKeeper) => {
    if (message.type === 'started') started(message.pid)
    else if (message.type === 'ready') ready(message)
    else {
      hasExited = true
      failed(new Error(`the server ended (${message.signal ?? message.code}): ${message.output.trim()}`))
      started(0)
      gone()
    }
  })
  keeper.send({ type: 'start', command } satisfies ToKeeper)
  return {
    pid: await pid,
    ready: isReady,
    exited,
    async end(signal, patienceMs) {
      if (!hasExited) {
        keeper.send({ type: 'kill', signal } satisfies ToKeeper)
        const timer = setTimeout(
          () => keeper.send({ type: 'kill', signal: 'SIGKILL' } satisfies ToKeeper),
          patienceMs,
        )
        await exited
        clearTimeout(timer)
      }
      if (keeper.exitCode !== null || keeper.signalCode !== null) return
      const keeperExit = once(keeper, 'exit')
      keeper.disconnect()
      await keeperExit
    },
  }
}
