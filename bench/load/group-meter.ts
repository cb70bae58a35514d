/** What is counted for one group of rooms, in one worker, and added up over all workers. */
import { Latency } from '../measure/latency.ts'

const HISTOGRAMS = ['latency', 'outputs', 'presence', 'joins', 'catchUp'] as const
type HistogramName = (typeof HISTOGRAMS)[number]

const COUNTERS = ['edits', 'expected', 'delivered', 'bytes', 'frames'] as const
type CounterName = (typeof COUNTERS)[number]

export type MeterFacts = Readonly<Record<CounterName, number>> &
  Readonly<Record<HistogramName, string>> & {
    /** Of the joins within the load, on the common clock; Infinity and 0 without one. */
    readonly firstJoinAt: number
    readonly lastJoinAt: number
  }

export class GroupMeter {
  readonly latency = new Latency()
  readonly outputs = new Latency()
  readonly presence = new Latency()
  readonly joins = new Latency()
  readonly catchUp = new Latency()
  edits = 0
  expected = 0
  delivered = 0
  bytes = 0
  frames = 0
  firstJoinAt = Number.POSITIVE_INFINITY
  lastJoinAt = 0

  joined(startedAt: number, joinedAt: number, isInLoad: boolean): void {
    this.joins.record(joinedAt - startedAt)
    if (!isInLoad) return
    this.firstJoinAt = Math.min(this.firstJoinAt, startedAt)
    this.lastJoinAt = Math.max(this.lastJoinAt, joinedAt)
  }

  facts(): MeterFacts {
    const counters = Object.fromEntries(COUNTERS.map((name) => [name, this[name]])) as Record<
      CounterName,
      number
    >
    const times = Object.fromEntries(HISTOGRAMS.map((name) => [name, this[name].encode()])) as Record<
      HistogramName,
      string
    >
    return { ...counters, ...times, firstJoinAt: this.firstJoinAt, lastJoinAt: this.lastJoinAt }
  }

  clear(): void {
    for (const name of COUNTERS) this[name] = 0
    for (const name of HISTOGRAMS) this[name].reset()
    this.firstJoinAt = Number.POSITIVE_INFINITY
    this.lastJoinAt = 0
  }

  add(facts: MeterFacts): void {
    for (const name of COUNTERS) this[name] += facts[name]
    for (const name of HISTOGRAMS) this[name].add(facts[name])
    this.firstJoinAt = Math.min(this.firstJoinAt, facts.firstJoinAt)
    this.lastJoinAt = Math.max(this.lastJoinAt, facts.lastJoinAt)
  }
}
