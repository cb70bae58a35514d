import type { Clock } from '../room/clock.ts'

export type SaveScheduleOptions = {
  readonly clock: Clock
  /** Quiet time after the last change. */
  readonly delayMs: number
  /** Longest time after the first change: somebody who never pauses is saved too. */
  readonly maxWaitMs: number
  readonly retryMinMs: number
  readonly retryMaxMs: number
  /** Starts a save; must not throw. */
  readonly run: () => void
}

/**
 * When the next autosave is due: debounce with a maximum wait, and a growing delay while saves
 * fail, during which changes do not bring the next attempt forward.
 */
export class SaveSchedule {
  readonly #options: SaveScheduleOptions
  #firstChangeAt: number | undefined
  #dueAt: number | undefined
  #retries = 0
  #isRetrying = false
  #isClosed = false
  #cancelTimer: (() => void) | undefined

  constructor(options: SaveScheduleOptions) {
    this.#options = options
  }

  /** Something changed. */
  touch(): void {
    if (this.#isClosed || this.#isRetrying) return
    const now = this.#options.clock.elapsed()
    this.#firstChangeAt ??= now
    this.#dueAt = Math.min(now + this.#options.delayMs, this.#firstChangeAt + this.#options.maxWaitMs)
    this.#arm()
  }

  /** The last attempt failed for a reason that may pass. */
  retry(): void {
    if (this.#isClosed) return
    const { retryMinMs, retryMaxMs, clock } = this.#options
    this.#isRetrying = true
    this.#dueAt = clock.elapsed() + Math.min(retryMaxMs, retryMinMs * 2 ** this.#retries)
    this.#retries = Math.min(this.#retries + 1, 30)
    this.#rearm()
  }

  /** What stood in the way is gone: try at once. */
  hurry(): void {
    if (this.#isClosed) return
    this.#dueAt = this.#options.clock.elapsed()
    this.#rearm()
  }

  /** A save worked: the next failure is a first one again. */
  succeeded(): void {
    this.#retries = 0
  }

  /** Nothing is due any more: it was saved, or there is no point in trying. */
  reset(): void {
    this.#retries = 0
    this.#isRetrying = false
    this.#disarm()
  }

  close(): void {
    this.#isClosed = true
    this.#disarm()
  }

  get isPending(): boolean {
    return this.#dueAt !== undefined
  }

  #rearm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#arm()
  }

  /** One timer per burst: a change moves the due time, and the timer goes on sleeping when it fires early. */
  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#dueAt === undefined) return
    const { clock } = this.#options
    this.#cancelTimer = clock.after(Math.max(0, this.#dueAt - clock.elapsed()), () => this.#fire())
  }

  #fire(): void {
    this.#cancelTimer = undefined
    if (this.#isClosed || this.#dueAt === undefined) return
    // A millisecond of tolerance: timers and the monotonic clock round differently.
    if (this.#options.clock.elapsed() + 1 < this.#dueAt) {
      this.#arm()
      return
    }
    this.#disarm()
    this.#isRetrying = false
    this.#options.run()
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#firstChangeAt = undefined
    this.#dueAt = undefined
  }
}
