import type { Clock } from '../../src/room/clock.ts'

/** Time that moves only when a test says so. `defer` still runs on its own, after the current burst. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000
  #timers = new Set<{ at: number; task: () => void }>()

  /** Timers that run. */
  get waiting(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  defer(task: () => void): void {
    setImmediate(task)
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.task()
    }
    this.#now = end
  }
}
