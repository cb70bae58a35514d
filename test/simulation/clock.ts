import type { Clock } from '../../src/room/clock.ts'

/**
 * Time of one simulated process. Nothing runs by itself: timers when `advance` reaches them, deferred
 * tasks when `runDeferred` is called. A process that is killed takes its clock along, so none of its
 * timers fires later.
 */
export class SimClock implements Clock {
  #now: number
  #timers: { readonly at: number; readonly task: () => void }[] = []
  #deferred: (() => void)[] = []
  /** Called before each timer and each deferred task: a turn of the event loop begins. */
  readonly #onTurn: () => void

  constructor(now: number, onTurn: () => void) {
    this.#now = now
    this.#onTurn = onTurn
  }

  get timers(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  defer(task: () => void): void {
    this.#deferred.push(task)
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Returns whether there was anything to run. */
  runDeferred(): boolean {
    const tasks = this.#deferred
    this.#deferred = []
    for (const task of tasks) {
      this.#onTurn()
      task()
    }
    return tasks.length > 0
  }

  /** The next timer that is due by then, run; false when there is none, and time has come to `end`. */
  runNext(end: number): boolean {
    const next = this.#timers.toSorted((a, b) => a.at - b.at)[0]
    if (next === undefined || next.at > end) {
      this.#now = Math.max(this.#now, end)
      return false
    }
    this.#timers = this.#timers.filter((timer) => timer !== next)
    this.#now = Math.max(this.#now, next.at)
    this.#onTurn()
    next.task()
    return true
  }
}
