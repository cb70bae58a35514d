import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

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
  /** How late timers were since the last look, or in the last second if that was sooner. */
  readonly loopDelay: LoopDelay
}

export type LoopDelay = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number }

const RESOLUTION_MS = 10
/** Several who watch share a reading, so that none takes away what the others would have seen. */
const WINDOW_MS = 900

/** Reads the process. The delay of its event loop is sampled from the first reading on, until closed. */
export class ProcessWatch {
  #histogram: IntervalHistogram | undefined
  #delay: LoopDelay = { p50Ms: 0, p99Ms: 0, maxMs: 0 }
  #readAt = Number.NEGATIVE_INFINITY

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

  close(): void {
    this.#histogram?.disable()
    this.#histogram = undefined
  }

  #loopDelay(): LoopDelay {
    const now = performance.now()
    if (this.#histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#histogram.enable()
      this.#readAt = now
    } else if (now - this.#readAt >= WINDOW_MS) {
      this.#delay = delayOf(this.#histogram)
      this.#histogram.reset()
      this.#readAt = now
    }
    return this.#delay
  }
}

/** The histogram holds the time from one tick to the next; what is over the resolution is delay. */
function delayOf(histogram: IntervalHistogram): LoopDelay {
  if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 }
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
  return {
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  }
}
