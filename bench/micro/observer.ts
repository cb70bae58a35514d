/**
 * What it costs to be told of an edit: prom-client's own counters and histograms, as they would be
 * used, beside the plain numbers that `RoomTally` keeps for the next scrape.
 *
 *   node --import tsx bench/micro/observer.ts
 *
 * CPU time of this process for each report, in nanoseconds; median of the rounds.
 */
import { Counter, Histogram, Registry } from 'prom-client'
import { METRICS } from '../../src/observability/metric-table.ts'
import { DelayWindow } from '../../src/observability/delay-window.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

const ROUNDS = 5
const CALLS = 400_000
/** Durations as they come in, so that no branch is always taken. */
const MS = Float64Array.from({ length: 1024 }, (_, at) => 0.05 * 1.01 ** (at % 700))

type Report = (at: number) => void

function promClient(): Record<string, Report> {
  const registers = [new Registry()]
  const help = 'help'
  const histogram = (name: 'outrigger_broadcast_seconds' | 'outrigger_commit_records'): Histogram =>
    new Histogram({ name, help, registers, buckets: [...METRICS[name].buckets] })
  const messages = new Counter({ name: 'messages', help, registers, labelNames: ['kind'] })
  const updates = messages.labels({ kind: 'update' })
  const counters = ['received', 'frames', 'bytes'].map((name) => new Counter({ name, help, registers }))
  const [received, frames, bytes] = counters as [Counter, Counter, Counter]
  const seconds = histogram('outrigger_broadcast_seconds')
  const records = histogram('outrigger_commit_records')
  return {
    'a frame is received': (at) => {
      updates.inc()
      received.inc(40 + (at & 15))
    },
    'a batch is shown': (at) => {
      seconds.observe((MS[at & 1023] ?? 0) / 1000)
      frames.inc(9)
      bytes.inc(360)
    },
    'a commit is written': (at) => {
      seconds.observe((MS[at & 1023] ?? 0) / 1000)
      records.observe(at & 63)
      records.observe(at & 7)
      bytes.inc(360)
    },
  }
}

function tally(): Record<string, Report> {
  const memory = { documents: 0, caches: 0, queues: 0, used: 0, limit: 0 }
  const stats = () => ({ rooms: {}, sessions: 0, connections: 0, pendingBytes: 0, memory })
  const { observer } = createMetrics({ version: '0', stats, delays: new DelayWindow() })
  const ms = (at: number): number => MS[at & 1023] ?? 0
  return {
    'a frame is received': (at) => observer.received('update', 40 + (at & 15)),
    'a batch is shown': (at) =>
      observer.broadcast({ recipients: 9, bytes: 360, ms: ms(at), fanOutMs: ms(at + 99) }),
    'a commit is written': (at) =>
      observer.committed({ rooms: at & 7, records: at & 63, bytes: 360, ms: ms(at) }),
    'a batch is applied': (at) => observer.applied({ waitMs: ms(at), ms: ms(at + 99) }),
  }
}

function clock(): Record<string, Report> {
  let last = 0
  return { 'performance.now()': () => (last = Math.max(last, performance.now())) }
}

function nanoseconds(report: Report): number {
  const before = process.cpuUsage()
  for (let at = 0; at < CALLS; at += 1) report(at)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / CALLS
}

for (const [who, reports] of Object.entries({
  'prom-client': promClient(),
  tally: tally(),
  clock: clock(),
})) {
  for (const [what, report] of Object.entries(reports)) {
    const rounds = Array.from({ length: ROUNDS }, () => nanoseconds(report)).toSorted((a, b) => a - b)
    const median = rounds[ROUNDS >>> 1] ?? 0
    console.log(who.padEnd(12), what.padEnd(20), `${median.toFixed(0)} ns`)
  }
}
