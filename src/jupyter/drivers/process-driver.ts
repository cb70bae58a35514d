/**
 * JupyterLab as our child: started, stopped and, when it ends by itself, started again.
 *
 * What people want (`running` or `stopped`) is one value, remembered in the data folder; one loop at a
 * time brings the process there. So a start during a stop, a stop during a start and a crash of ours
 * in the middle of either end in what was wanted last.
 */
import { join, resolve } from 'node:path'
import { runInBackground } from '../../lib/run-in-background.ts'
import { wait } from '../../lib/wait.ts'
import { SyncError } from '../../protocol/errors.ts'
import { urlOf } from '../supervisor/launch-lab.ts'
import {
  type JupyterSupervisor,
  type LabAddress,
  SUPERVISOR_TIMES,
  type SupervisorChange,
  type SupervisorOptions,
  adoptJupyter,
  labLogFile,
  newAddress,
  startJupyter,
} from '../supervisor/supervisor.ts'
import type { ServerDriver, ServerState, StopRequest } from './driver.ts'
import { logTail } from './log-tail.ts'
import { StateCell } from './state-cell.ts'
import { type StoppedMark, readStoppedMark, removeStoppedMark, writeStoppedMark } from './stopped-mark.ts'

export type ProcessDriverOptions = Omit<SupervisorOptions, 'signal' | 'onChange' | 'place'> & {
  readonly onError: (error: unknown) => void
}

const NOT_STARTING = 'JupyterLab does not start; its log says why.'
const ENDED = 'JupyterLab ended by itself.'
const UNSURE = 'Not every document could be saved; the edits are kept and saved after the next start.'

type Beginning = {
  readonly address: LabAddress
  readonly adopted: JupyterSupervisor | undefined
  readonly mark: StoppedMark | undefined
}

export class ProcessDriver implements ServerDriver {
  readonly kind = 'process'
  readonly isControllable = true
  readonly url: string
  readonly token: string
  readonly #options: ProcessDriverOptions
  readonly #address: LabAddress
  readonly #cell: StateCell
  readonly #closing = new AbortController()
  #supervisor: JupyterSupervisor | undefined
  #wanted: 'running' | 'stopped'
  #stop: Pick<StopRequest, 'by'> & Partial<StopRequest>
  /** Ends the start that is under way. */
  #giveUp = new AbortController()
  #isSettling = false
  #settled: Promise<void> = Promise.resolve()
  #marked: Promise<void> = Promise.resolve()

  /**
   * Takes over the JupyterLab of a former run; otherwise starts one, unless it was stopped on purpose.
   * Resolves when address and token are known, not when it answers.
   */
  static async open(options: ProcessDriverOptions): Promise<ProcessDriver> {
    let driver: ProcessDriver | undefined
    const adopted = await adoptJupyter({
      ...options,
      signal: new AbortController().signal,
      onChange: (change) => {
        if (driver !== undefined) driver.#noticed(change)
      },
    })
    const address = adopted?.address ?? (await newAddress())
    const mark = await readStoppedMark(markFile(options))
    driver = new ProcessDriver(options, { address, adopted, mark })
    return driver
  }

  private constructor(options: ProcessDriverOptions, { address, adopted, mark }: Beginning) {
    this.#options = options
    this.#address = address
    this.url = urlOf(address)
    this.token = address.token
    this.#supervisor = adopted
    this.#wanted = mark === undefined ? 'running' : 'stopped'
    this.#stop = { by: mark?.by ?? '' }
    this.#cell = new StateCell(
      adopted !== undefined
        ? { phase: 'running' }
        : mark !== undefined
          ? { phase: 'stopped', detail: stoppedBy(mark) }
          : { phase: 'starting' },
    )
    this.#settle()
  }

  get state(): ServerState {
    return this.#cell.state
  }

  /** True when a former run had started what runs now. */
  get isAdopted(): boolean {
    return this.#supervisor?.isAdopted === true
  }

  onChange(listener: (state: ServerState) => void): () => void {
    return this.#cell.onChange(listener)
  }

  async logTail(maxLines: number): Promise<readonly string[]> {
    return await logTail(labLogFile(this.#options.dataDir), { maxLines, secret: this.token })
  }

  async start(): Promise<void> {
    this.#refuseWhenClosing()
    if (this.#wanted === 'running') return await this.#marked
    this.#wanted = 'running'
    await this.#mark()
    this.#settle()
  }

  async stop(request: StopRequest): Promise<void> {
    this.#refuseWhenClosing()
    if (this.#wanted === 'stopped') return await this.#marked
    this.#wanted = 'stopped'
    this.#stop = request
    this.#giveUp.abort()
    await this.#mark()
    this.#settle()
  }

  async close(options?: { readonly leavesAdopted: boolean }): Promise<void> {
    this.#closing.abort()
    this.#giveUp.abort()
    if (options?.leavesAdopted === true && this.isAdopted) return this.#supervisor?.release()
    await this.#supervisor?.close()
    await this.#settled.catch(() => {})
    // A start that was given up in its last moment.
    await this.#supervisor?.close()
    await this.#marked
  }

  #refuseWhenClosing(): void {
    if (this.#closing.signal.aborted) throw new SyncError('draining')
  }

  /** One after the other, each with what is wanted by then. */
  async #mark(): Promise<void> {
    const file = markFile(this.#options)
    const write = async (): Promise<void> => {
      if (this.#wanted === 'stopped') await writeStoppedMark(file, { by: this.#stop.by })
      else await removeStoppedMark(file)
    }
    const marked = this.#marked.then(write)
    this.#marked = marked.catch(() => {})
    // A disk that cannot take it must not keep anybody from stopping a server.
    await marked.catch(this.#options.onError)
  }

  #settle(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    runInBackground(() => (this.#settled = this.#reachWanted()), this.#options.onError)
  }

  async #reachWanted(): Promise<void> {
    try {
      while (!this.#closing.signal.aborted) {
        if (this.#wanted === 'running' && this.#supervisor === undefined) await this.#bringUp()
        else if (this.#wanted === 'stopped' && this.state.phase !== 'stopped') await this.#bringDown()
        else return
      }
    } finally {
      this.#isSettling = false
    }
  }

  /** Tries until it answers or nobody wants it any more. */
  async #bringUp(): Promise<void> {
    const { firstBackoffMs, maxBackoffMs } = this.#options.times ?? SUPERVISOR_TIMES
    this.#giveUp = new AbortController()
    if (this.#wanted !== 'running') return
    const { signal } = this.#giveUp
    this.#cell.set({ phase: 'starting', progress: { sentence: 'JupyterLab is being started.' } })
    for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, maxBackoffMs)) {
      const reason = await this.#tryToStart(signal)
      if (reason === undefined || signal.aborted || this.#closing.signal.aborted) return
      this.#options.report(`JupyterLab does not start: ${reason}. Trying again in ${backoffMs / 1000} s.`)
      this.#cell.set({ phase: 'crashed', detail: NOT_STARTING, progress: again(backoffMs) })
      if (!(await wait(backoffMs, signal))) return
    }
  }

  /** Undefined when it runs; otherwise why it does not. */
  async #tryToStart(signal: AbortSignal): Promise<string | undefined> {
    const started = await startJupyter({
      ...this.#options,
      signal,
      place: this.#address,
      onChange: (change) => this.#noticed(change),
    }).catch((error: unknown) => ({ isRunning: false, reason: String(error) }) as const)
    if (!started.isRunning) return started.reason
    this.#supervisor = started.supervisor
    if (this.#wanted === 'running' && !this.#closing.signal.aborted) this.#cell.set({ phase: 'running' })
    return undefined
  }

  async #bringDown(): Promise<void> {
    const { by, prepare } = this.#stop
    this.#cell.set({ phase: 'stopping', progress: { sentence: 'Open documents are being saved.' } })
    const note = await prepare?.().catch((error: unknown) => {
      this.#options.onError(error)
      return UNSURE
    })
    this.#cell.set({ phase: 'stopping', progress: { sentence: 'JupyterLab is being ended.' } })
    await this.#supervisor?.close()
    this.#supervisor = undefined
    this.#cell.set({ phase: 'stopped', detail: [stoppedBy({ by }), note].filter(Boolean).join(' ') })
  }

  #noticed(change: SupervisorChange): void {
    if (this.#wanted === 'stopped' || this.#closing.signal.aborted) return
    if (change.kind === 'running') this.#cell.set({ phase: 'running' })
    else this.#cell.set({ phase: 'crashed', detail: ENDED, progress: again(change.retryInMs) })
  }
}

function markFile({ dataDir }: ProcessDriverOptions): string {
  return join(resolve(dataDir), 'jupyter-stopped.json')
}

function stoppedBy({ by }: StoppedMark): string {
  return by === '' ? 'It was stopped.' : `${by} stopped it.`
}

function again(inMs: number): { readonly sentence: string } {
  const seconds = Math.max(1, Math.round(inMs / 1000))
  return { sentence: `It is being started again (a pause of ${seconds} s before each attempt).` }
}
