import { spawn } from 'node:child_process'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { wait } from '../../lib/wait.ts'

/** A Jupyter process, started by us or by a former run. */
export type LabProcess = {
  readonly pid: number
  /** Resolves when the process is gone, or `signal` aborts. */
  ended(signal: AbortSignal): Promise<void>
}

export type LabCommand = {
  readonly command: string
  /** E.g. `run -n lab jupyter` for `conda`. */
  readonly leadingArgs?: readonly string[] | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly rootDir: string
  readonly port: number
  readonly token: string
  readonly logFile: string
}

const MAX_LOG_BYTES = 10 * 1024 * 1024

/**
 * Starts JupyterLab on a loopback port, in a process group of its own: Ctrl+C in the terminal is
 * meant for us, and we stop Jupyter ourselves, after the last save.
 */
export async function spawnLab(lab: LabCommand): Promise<LabProcess> {
  const log = await openLog(lab.logFile)
  try {
    const child = spawn(lab.command, [...(lab.leadingArgs ?? []), ...labArguments(lab)], {
      cwd: lab.rootDir,
      // By the environment: a command line can be read by every user of the machine.
      env: { ...lab.environment, JUPYTER_TOKEN: lab.token },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    })
    const gone = new Promise<void>((resolve) => child.on('exit', () => resolve()))
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.on('error', reject)
    })
    child.unref()
    return { pid: child.pid ?? 0, ended: (signal) => Promise.race([gone, aborted(signal)]) }
  } finally {
    await log.close()
  }
}

/** A process of a former run; it is no child of ours, so its end is seen by looking. */
export function adoptLab(pid: number, pollMs: number): LabProcess {
  return {
    pid,
    async ended(signal) {
      while (isAlive(pid) && (await wait(pollMs, signal)));
    },
  }
}

/** Asks the process to end, and ends it when it does not within `graceMs`. */
export async function stopLab(lab: LabProcess, graceMs: number): Promise<void> {
  if (!send(lab.pid, 'SIGTERM')) return
  await endedWithin(lab, graceMs)
  // It leads a process group of its own; its kernels lead theirs and watch it.
  if (isAlive(lab.pid) && send(-lab.pid, 'SIGKILL')) await endedWithin(lab, graceMs)
}

async function endedWithin(lab: LabProcess, graceMs: number): Promise<void> {
  const done = new AbortController()
  await Promise.race([lab.ended(done.signal), wait(graceMs, done.signal)])
  done.abort()
}

/** True when the process exists and belongs to us. */
export function isAlive(pid: number): boolean {
  return send(pid, 0)
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

function labArguments({ port, rootDir }: LabCommand): string[] {
  return [
    'lab',
    '--no-browser',
    '--ServerApp.ip=127.0.0.1',
    `--ServerApp.port=${port}`,
    '--ServerApp.port_retries=0',
    '--ServerApp.base_url=/',
    `--ServerApp.root_dir=${rootDir}`,
    '--ServerApp.answer_yes=True',
    // We speak plain HTTP to it, whatever the person's own configuration says.
    '--ServerApp.certfile=',
    '--ServerApp.keyfile=',
    // Two servers for the rooms of one file would both write it.
    '--ServerApp.jpserver_extensions=jupyter_server_ydoc=False',
    ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
  ]
}

async function openLog(file: string): Promise<FileHandle> {
  const size = await stat(file).then(
    (facts) => facts.size,
    () => 0,
  )
  return open(file, size > MAX_LOG_BYTES ? 'w' : 'a', 0o600)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
