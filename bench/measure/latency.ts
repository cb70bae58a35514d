/** Times in an HDR histogram: 1 µs to 1 hour, three significant digits, mergeable over processes. */
import {
  type Histogram,
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
} from 'hdr-histogram-js'
import type { Summary } from '../result.ts'

const MICROSECONDS = 1000
const HIGHEST_US = 3_600_000_000
/** Points of the percentile curve: ever closer to 100, as tails are read. */
const CURVE = [
  0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 100,
]

export const NO_TIMES: Summary = {
  count: 0,
  meanMs: 0,
  p50Ms: 0,
  p90Ms: 0,
  p99Ms: 0,
  p999Ms: 0,
  maxMs: 0,
  curve: [],
}

export class Latency {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  })

  get count(): number {
    return this.#histogram.totalCount
  }

  /** In milliseconds. Clocks can only say that nothing arrives before it was sent: at least 1 µs. */
  record(ms: number, count = 1): void {
    const us = Math.min(HIGHEST_US, Math.max(1, Math.round(ms * MICROSECONDS)))
    this.#histogram.recordValueWithCount(us, count)
  }

  reset(): void {
    this.#histogram.reset()
  }

  /** For another process; '' when empty. */
  encode(): string {
    return this.count === 0 ? '' : encodeIntoCompressedBase64(this.#histogram)
  }

  add(encoded: string): void {
    if (encoded === '') return
    this.#histogram.add(decodeFromCompressedBase64(encoded, 32))
  }

  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percent) / MICROSECONDS
  }

  summary(): Summary {
    if (this.count === 0) return NO_TIMES
    const at = (percent: number): number => this.percentile(percent)
    return {
      count: this.count,
      meanMs: this.#histogram.mean / MICROSECONDS,
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: this.#histogram.maxValue / MICROSECONDS,
      curve: CURVE.map((percent) => [percent, at(percent)] as const),
    }
  }
}
