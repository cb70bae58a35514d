import { getHeapStatistics } from 'node:v8'
import { type DelayWindow, type LoopDelay, NO_DELAY } from './delay-window.ts'

/** What this process takes of the machine. Sums since its start, sizes of this moment. */
export type ProcessFacts = {
  readonly cpuSeconds: number
  /** Time in which the event loop was not waiting for anything. */
  readonly busySeconds: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
  /** Buffers and the like, outside the heap. */
  readonly externalBytes: number
  /** Since the last reading, or the one before if that is not a second ago. */
  readonly loopDelay: DelaySpread
}

export type DelaySpread = Pick<LoopDelay, 'p50Ms' | 'p99Ms' | 'maxMs'>

/** Several who watch share a reading, so that none takes away what the others would have seen. */
const WINDOW_MS = 900

/** Reads the process. `delays` is its own: nobody else takes from it. */
export class ProcessWatch {
  readonly #delays: DelayWindow
  #delay: DelaySpread = spreadOf(NO_DELAY)
  #readAt = performance.now()

  constructor(delays: DelayWindow) {
    this.#delays = delays
  }

  read(): ProcessFacts {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, external } = process.memoryUsage()
    return {
      cpuSeconds: (user + system) / 1e6,
      busySeconds: performance.eventLoopUtilization().active / 1000,
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: external,
      loopDelay: this.#loopDelay(),
    }
  }

  #loopDelay(): DelaySpread {
    const now = performance.now()
    if (now - this.#readAt >= WINDOW_MS) {
      this.#delay = spreadOf(this.#delays.take() ?? NO_DELAY)
      this.#readAt = now
    }
    return this.#delay
  }
}

function spreadOf({ p50Ms, p99Ms, maxMs }: LoopDelay): DelaySpread {
  return { p50Ms, p99Ms, maxMs }
}
