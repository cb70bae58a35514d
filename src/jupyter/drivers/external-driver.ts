/** A Jupyter server that somebody else runs: watched, never started nor stopped. */
import { runInBackground } from '../../lib/run-in-background.ts'
import { wait } from '../../lib/wait.ts'
import { SyncError } from '../../protocol/errors.ts'
import type { CheckResult } from '../contents-client.ts'
import type { ServerDriver, ServerState } from './driver.ts'
import { StateCell } from './state-cell.ts'

export type ExternalDriverOptions = {
  readonly url: string
  readonly token: string
  /** Whether it answers and takes the token; within a deadline, and never throws. */
  readonly check: () => Promise<CheckResult>
  readonly intervalMs: number
  /** It counts as unreachable after so many checks in a row without an answer. */
  readonly maxFailures: number
  readonly onError: (error: unknown) => void
}

/** People look at a page that waits for it. */
const AWAY_INTERVAL_MS = 1000

const AWAY: Record<Exclude<CheckResult, 'ok'>, string> = {
  unreachable: 'It does not answer at its address.',
  refused: 'It answers, but refuses the token that Outrigger has for it (jupyter.token).',
}

export class ExternalDriver implements ServerDriver {
  readonly kind = 'external'
  readonly isControllable = false
  readonly url: string
  readonly token: string
  readonly #options: ExternalDriverOptions
  readonly #cell: StateCell
  readonly #closing = new AbortController()
  readonly #watching: Promise<void>
  #failures = 0

  /** `first`: what the first check, made by the caller, had to say. */
  constructor(options: ExternalDriverOptions, first: CheckResult) {
    this.url = options.url
    this.token = options.token
    this.#options = options
    this.#cell = new StateCell(
      first === 'ok' ? { phase: 'running' } : { phase: 'unreachable', detail: AWAY[first] },
    )
    this.#watching = this.#watch()
    runInBackground(() => this.#watching, options.onError)
  }

  get state(): ServerState {
    return this.#cell.state
  }

  async start(): Promise<void> {
    throw new SyncError('server_not_controlled')
  }

  async stop(): Promise<void> {
    throw new SyncError('server_not_controlled')
  }

  onChange(listener: (state: ServerState) => void): () => void {
    return this.#cell.onChange(listener)
  }

  async logTail(): Promise<undefined> {
    return undefined
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watching.catch(() => undefined)
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing
    while (await wait(this.#intervalMs, signal)) {
      const result = await this.#options.check()
      if (signal.aborted) return
      this.#note(result)
    }
  }

  get #intervalMs(): number {
    const { intervalMs } = this.#options
    return this.state.phase === 'running' && this.#failures === 0
      ? intervalMs
      : Math.min(intervalMs, AWAY_INTERVAL_MS)
  }

  /** One answer brings it back, because nobody waits gladly; several are missed before it is away. */
  #note(result: CheckResult): void {
    const { phase, detail } = this.state
    if (result === 'ok') {
      this.#failures = 0
      if (phase !== 'running') this.#cell.set({ phase: 'running' })
      return
    }
    this.#failures += 1
    const isAway = phase === 'unreachable' || this.#failures >= this.#options.maxFailures
    if (isAway && (phase !== 'unreachable' || detail !== AWAY[result]))
      this.#cell.set({ phase: 'unreachable', detail: AWAY[result] })
  }
}
