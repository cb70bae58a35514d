/**
 * Keeps one JupyterLab running beside us, and lets it outlive our own crash.
 *
 * Address and token stay the same for as long as the supervisor lives, restarts included, because
 * the gateway is built on them. A `jupyter.json` in the data folder remembers the process, so that
 * the next run takes it over with its kernels instead of starting a second one.
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runInBackground } from '../../lib/run-in-background.ts'
import { wait } from '../../lib/wait.ts'
import { freeLoopbackPort } from './free-port.ts'
import { type LabProcess, adoptLab, isAlive, stopLab } from './lab-process.ts'
import { type LabRecord, readLabRecord, removeLabRecord } from './lab-record.ts'
import { type LaunchOptions, firstAnswer, launchLab, urlOf } from './launch-lab.ts'

export type SupervisorTimes = Pick<LaunchOptions, 'readyMs' | 'pollMs' | 'stopMs'> & {
  /** A recorded process that is alive may be busy starting; it gets this long to answer. */
  readonly adoptMs: number
  readonly firstBackoffMs: number
  readonly maxBackoffMs: number
  /** A process that lived this long has the back-off start anew. */
  readonly steadyMs: number
}

export const SUPERVISOR_TIMES: SupervisorTimes = {
  readyMs: 60_000,
  pollMs: 250,
  stopMs: 5_000,
  adoptMs: 10_000,
  firstBackoffMs: 1_000,
  maxBackoffMs: 30_000,
  steadyMs: 60_000,
}

/** What becomes of a JupyterLab after its start, without anybody's wish. */
export type SupervisorChange =
  | { readonly kind: 'ended'; readonly retryInMs: number }
  | { readonly kind: 'running' }

export type SupervisorOptions = Pick<LaunchOptions, 'command' | 'leadingArgs' | 'environment'> & {
  readonly dataDir: string
  /** Folder whose files JupyterLab serves. */
  readonly rootDir: string
  /** Ends a start that is under way; a started JupyterLab is ended by `close`. */
  readonly signal: AbortSignal
  /** Told in one line what happens after the start. */
  readonly report: (line: string) => void
  readonly onChange?: ((change: SupervisorChange) => void) | undefined
  /** Where a process that is started answers; left out, at any free port with a new token. */
  readonly place?: LabAddress | undefined
  readonly times?: SupervisorTimes | undefined
}

export type LabAddress = Pick<LabRecord, 'port' | 'token'>

export type SupervisorStart =
  | { readonly isRunning: true; readonly supervisor: JupyterSupervisor }
  | { readonly isRunning: false; readonly reason: string }

/** Takes over the Jupyter of a former run, or starts one; resolves when it answers. */
export async function startJupyter(options: SupervisorOptions): Promise<SupervisorStart> {
  const adopted = await adoptJupyter(options)
  if (adopted !== undefined) return { isRunning: true, supervisor: adopted }
  const keeping = keepingOf(options)
  const address = options.place ?? (await newAddress())
  const place = { ...address, rootDir: resolve(options.rootDir) }
  const started = await launchLab(keeping, place, options.signal)
  if (!started.isReady) return { isRunning: false, reason: started.reason }
  return { isRunning: true, supervisor: new JupyterSupervisor(keeping, started.record, started.lab, false) }
}

/** Takes over the Jupyter of a former run; undefined when there is none. */
export async function adoptJupyter(options: SupervisorOptions): Promise<JupyterSupervisor | undefined> {
  await mkdir(resolve(options.dataDir), { recursive: true, mode: 0o700 })
  const keeping = keepingOf(options)
  const former = await formerLab(keeping, resolve(options.rootDir), options.signal)
  if (former === undefined) return undefined
  return new JupyterSupervisor(keeping, former, adoptLab(former.pid, keeping.times.pollMs), true)
}

export async function newAddress(): Promise<LabAddress> {
  return { port: await freeLoopbackPort(), token: randomBytes(32).toString('hex') }
}

/** Where JupyterLab's own words go. */
export function labLogFile(dataDir: string): string {
  return join(resolve(dataDir), 'jupyter.log')
}

type Keeping = LaunchOptions & {
  readonly times: SupervisorTimes
  readonly report: (line: string) => void
  readonly onChange: (change: SupervisorChange) => void
}

function keepingOf(options: SupervisorOptions): Keeping {
  const { command, leadingArgs, environment, report, dataDir } = options
  const times = options.times ?? SUPERVISOR_TIMES
  const files = { recordFile: join(resolve(dataDir), 'jupyter.json'), logFile: labLogFile(dataDir) }
  const onChange = options.onChange ?? (() => {})
  return { command, leadingArgs, environment, report, onChange, times, ...files, ...times }
}

/** The recorded process, when it is alive, ours, and serves the same folder; another folder's is stopped. */
async function formerLab(
  { recordFile, times }: Keeping,
  rootDir: string,
  signal: AbortSignal,
): Promise<LabRecord | undefined> {
  const record = await readLabRecord(recordFile)
  if (record === undefined || !isAlive(record.pid)) return undefined
  const answer = await firstAnswer(record, { readyMs: times.adoptMs, pollMs: times.pollMs }, signal)
  // Its pid alone proves nothing: another process may have got the number.
  if (answer !== 'ours') return undefined
  if (record.rootDir === rootDir) return record
  await stopLab(adoptLab(record.pid, times.pollMs), times.stopMs)
  return undefined
}

export class JupyterSupervisor {
  readonly url: string
  readonly token: string
  /** True when a former run had started it. */
  readonly isAdopted: boolean
  readonly #keeping: Keeping
  readonly #place: Omit<LabRecord, 'pid'>
  readonly #stopping = new AbortController()
  /** Undefined between the end of one process and the first answer of the next. */
  #lab: LabProcess | undefined
  #startedAt = performance.now()
  #backoffMs = 0
  #watching: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  /** Use `startJupyter`. */
  constructor(keeping: Keeping, record: LabRecord, lab: LabProcess, isAdopted: boolean) {
    this.url = urlOf(record)
    this.token = record.token
    this.isAdopted = isAdopted
    this.#keeping = keeping
    this.#place = { port: record.port, token: record.token, rootDir: record.rootDir }
    this.#lab = lab
    runInBackground(
      () => (this.#watching = this.#watch(lab)),
      (error) => keeping.report(`The supervision of JupyterLab failed: ${String(error)}`),
    )
  }

  get address(): LabAddress {
    const { port, token } = this.#place
    return { port, token }
  }

  get pid(): number | undefined {
    return this.#lab?.pid
  }

  /** Lets go without stopping it, for the case that it belongs to another run. */
  release(): void {
    this.#stopping.abort()
  }

  /** Stops JupyterLab and its kernels. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stopping.abort()
    await this.#watching.catch(() => undefined)
    if (this.#lab === undefined) return
    await stopLab(this.#lab, this.#keeping.stopMs)
    await removeLabRecord(this.#keeping.recordFile, this.#lab.pid)
  }

  async #watch(first: LabProcess): Promise<void> {
    const { signal } = this.#stopping
    let lab: LabProcess | undefined = first
    while (lab !== undefined) {
      this.#lab = lab
      await lab.ended(signal)
      if (signal.aborted) return
      this.#lab = undefined
      lab = await this.#restart(signal)
    }
  }

  /** Tries until it runs again, ever more slowly; undefined when nobody wants it any more. */
  async #restart(signal: AbortSignal): Promise<LabProcess | undefined> {
    const { report, onChange, logFile, times } = this.#keeping
    if (performance.now() - this.#startedAt > times.steadyMs) this.#backoffMs = 0
    for (let backoffMs = this.#nextBackoffMs(); ; backoffMs = this.#nextBackoffMs()) {
      report(`JupyterLab ended; starting it again in ${backoffMs / 1000} s (log: ${logFile}).`)
      onChange({ kind: 'ended', retryInMs: backoffMs })
      if (!(await wait(backoffMs, signal))) return undefined
      const started = await launchLab(this.#keeping, this.#place, signal)
      if (started.isReady) {
        report('JupyterLab runs again.')
        onChange({ kind: 'running' })
        this.#startedAt = performance.now()
        return started.lab
      }
      if (signal.aborted) return undefined
      report(`JupyterLab could not be started: ${started.reason}.`)
    }
  }

  #nextBackoffMs(): number {
    const { firstBackoffMs, maxBackoffMs } = this.#keeping.times
    this.#backoffMs = this.#backoffMs === 0 ? firstBackoffMs : Math.min(this.#backoffMs * 2, maxBackoffMs)
    return this.#backoffMs
  }
}
