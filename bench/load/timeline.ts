/** The half seconds of a run: what all workers told of each, with the server's use beside it. */
import { Latency } from '../measure/latency.ts'
import { readUsage } from '../measure/process-usage.ts'
import { now } from '../measure/clock.ts'
import type { TimelinePoint } from '../result.ts'
import type { Tick } from './messages.ts'

type Bucket = {
  workers: number
  sent: number
  delivered: number
  errors: number
  latency: Latency
  cpuShare?: number
  rssBytes?: number
}

const MAX_TEXTS = 50

export class Timeline {
  readonly points: TimelinePoint[] = []
  readonly errors = new Map<string, number>()
  readonly #workers: number
  readonly #pid: () => number | undefined
  readonly #onPoint: (point: TimelinePoint) => void
  readonly #buckets = new Map<number, Bucket>()
  readonly #ticked: number[] = []
  #server: { at: number; pid: number; cpuSeconds: number } | undefined
  rssPeak = 0

  constructor(parts: {
    readonly workers: number
    readonly pid: () => number | undefined
    readonly onPoint: (point: TimelinePoint) => void
  }) {
    this.#workers = parts.workers
    this.#pid = parts.pid
    this.#onPoint = parts.onPoint
  }

  /** Each worker's ticks come in order; a point is complete when all workers have told it. */
  add(worker: number, tick: Tick): void {
    const index = this.#ticked[worker] ?? 0
    this.#ticked[worker] = index + 1
    const bucket = this.#buckets.get(index) ?? {
      workers: 0,
      sent: 0,
      delivered: 0,
      errors: 0,
      latency: new Latency(),
    }
    this.#buckets.set(index, bucket)
    bucket.workers += 1
    bucket.sent += tick.sent
    bucket.delivered += tick.delivered
    bucket.latency.add(tick.latency)
    for (const [text, count] of Object.entries(tick.errors)) {
      bucket.errors += count
      // A server chooses its reasons: odd ones must not fill the memory.
      const kept = this.errors.has(text) || this.errors.size < MAX_TEXTS ? text : 'others'
      this.errors.set(kept, (this.errors.get(kept) ?? 0) + count)
    }
    if (bucket.workers < this.#workers) return
    this.#buckets.delete(index)
    this.#close(tick, bucket)
  }

  #close({ atMs, overMs }: Tick, bucket: Bucket): void {
    const seconds = overMs / 1000
    const server = this.#readServer()
    const point: TimelinePoint = {
      atMs,
      editsPerSecond: bucket.sent / seconds,
      deliveriesPerSecond: bucket.delivered / seconds,
      p50Ms: bucket.latency.percentile(50),
      p99Ms: bucket.latency.percentile(99),
      errors: bucket.errors,
      ...(server === undefined ? {} : { serverRssBytes: server.rssBytes }),
      ...(server?.cpuShare === undefined ? {} : { serverCpuShare: server.cpuShare }),
    }
    this.points.push(point)
    this.#onPoint(point)
  }

  #readServer(): { rssBytes: number; cpuShare: number | undefined } | undefined {
    const pid = this.#pid()
    const usage = pid === undefined ? undefined : readUsage(pid)
    if (pid === undefined || usage === undefined) return undefined
    const at = now()
    const before = this.#server
    this.#server = { at, pid, cpuSeconds: usage.cpuSeconds }
    this.rssPeak = Math.max(this.rssPeak, usage.rssBytes)
    const isSame = before !== undefined && before.pid === pid && at - before.at > 50
    return {
      rssBytes: usage.rssBytes,
      cpuShare: isSame ? ((usage.cpuSeconds - before.cpuSeconds) * 1000) / (at - before.at) : undefined,
    }
  }
}
