/** What a worker tells while it runs, each half second. */
import { Latency } from '../measure/latency.ts'
import { now } from '../measure/clock.ts'
import type { Tick } from './messages.ts'

export const TICK_MS = 500
/** Different texts kept; the rest count as one, so that odd messages cannot fill the memory. */
const MAX_TEXTS = 50

export class LiveReport {
  sent = 0
  #delivered = 0
  readonly #latency = new Latency()
  readonly #errors = new Map<string, number>()
  readonly #report: (tick: Tick) => void
  #timer: NodeJS.Timeout | undefined
  #firstStartAt: number | undefined
  #toldAt = 0

  constructor(report: (tick: Tick) => void) {
    this.#report = report
  }

  /** Ticks of all workers fall on the same moments of the common clock. */
  start(startAt: number): void {
    this.stop()
    this.#firstStartAt ??= startAt
    this.#toldAt = startAt
    let ticks = 0
    const next = (): void => {
      ticks += 1
      this.#timer = setTimeout(
        () => {
          this.#tell()
          next()
        },
        Math.max(1, Math.ceil(startAt + ticks * TICK_MS - now())),
      )
    }
    next()
  }

  stop(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#tell()
  }

  arrived(latencyMs: number | undefined, count: number): void {
    this.#delivered += count
    if (latencyMs !== undefined) this.#latency.record(latencyMs)
  }

  failed(what: string): void {
    const text = this.#errors.has(what) || this.#errors.size < MAX_TEXTS ? what : 'others'
    this.#errors.set(text, (this.#errors.get(text) ?? 0) + 1)
  }

  #tell(): void {
    const at = now()
    this.#report({
      atMs: at - (this.#firstStartAt ?? at),
      overMs: Math.max(1, at - this.#toldAt),
      sent: this.sent,
      delivered: this.#delivered,
      latency: this.#latency.encode(),
      errors: Object.fromEntries(this.#errors),
    })
    this.#toldAt = at
    this.sent = 0
    this.#delivered = 0
    this.#latency.reset()
    this.#errors.clear()
  }
}
