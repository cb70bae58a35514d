import { createHistogram } from 'node:perf_hooks'

/** How late the event loop was, in milliseconds: 0 is on time. */
export type LoopDelay = {
  readonly minMs: number
  readonly meanMs: number
  readonly stddevMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export const NO_DELAY: LoopDelay = {
  minMs: 0,
  meanMs: 0,
  stddevMs: 0,
  p50Ms: 0,
  p90Ms: 0,
  p99Ms: 0,
  maxMs: 0,
}

/** The histogram counts in microseconds; within a hundredth, in some 30 KiB. */
const HISTOGRAM = { lowest: 1, highest: 3600 * 1e6, figures: 2 }
const US_PER_MS = 1000

/** Delays since one reader looked last. */
export class DelayWindow {
  readonly #histogram = createHistogram(HISTOGRAM)

  record(lateMs: number): void {
    const us = Math.round(lateMs * US_PER_MS)
    this.#histogram.record(Math.min(Math.max(us, HISTOGRAM.lowest), HISTOGRAM.highest))
  }

  /** Begins anew; undefined when nothing was recorded. */
  take(): LoopDelay | undefined {
    const histogram = this.#histogram
    if (histogram.count === 0) return undefined
    const delay = {
      minMs: histogram.min / US_PER_MS,
      meanMs: histogram.mean / US_PER_MS,
      stddevMs: histogram.stddev / US_PER_MS,
      p50Ms: histogram.percentile(50) / US_PER_MS,
      p90Ms: histogram.percentile(90) / US_PER_MS,
      p99Ms: histogram.percentile(99) / US_PER_MS,
      maxMs: histogram.max / US_PER_MS,
    }
    histogram.reset()
    return delay
  }
}
