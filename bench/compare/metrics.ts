/** What is read off a run to compare servers. */
import type { GroupResult, RunResult, StepResult } from '../result.ts'

/** What is kept of a run: everything but the course of time. */
export type KeptResult = Omit<RunResult, 'timeline'>

export type Unit = 'ms' | 's' | 'MB' | 'KB' | '%' | '/s' | 'edits'

export type Metric = {
  readonly key: string
  /** Completes "median of …". */
  readonly label: string
  readonly unit: Unit
  readonly better: 'lower' | 'higher'
  /** Undefined: this run did not measure it. */
  readonly of: (result: KeptResult) => number | undefined
  /** The load tool gave up before the server did, so the true figure is better, or unknown. */
  readonly isGeneratorLimited: (result: KeptResult) => boolean
}

/** A server that takes this share of a core is at its limit, whoever else is. */
const FULL_CORE = 0.9
const MB = 1e6
const KB = 1e3
const byGenerator = (result: KeptResult): boolean => result.generator.isBottleneck
/** Memory and lost edits do not depend on how fast the generator is. */
const never = (): boolean => false

type Latencies = 'latency' | 'presence' | 'joins'
type Percentile = 'p50Ms' | 'p99Ms' | 'maxMs'

function time(of: {
  readonly what: Latencies
  readonly at: Percentile
  readonly label: string
  /** The first group, where it is not named. */
  readonly group?: string
}): Metric {
  return {
    key: `${of.group ?? ''}${of.group === undefined ? '' : '-'}${of.what}-${of.at.slice(0, -2)}`,
    label: of.label,
    unit: 'ms',
    better: 'lower',
    of: (result) => {
      const summary = groupOf(result, of.group)?.[of.what]
      return summary === undefined || summary.count === 0 ? undefined : summary[of.at]
    },
    isGeneratorLimited: byGenerator,
  }
}

function groupOf(result: KeptResult, name: string | undefined): GroupResult | undefined {
  return name === undefined ? result.groups[0] : result.groups.find((group) => group.name === name)
}

export const LATENCY_P50 = time({ what: 'latency', at: 'p50Ms', label: 'edit to the other clients, p50' })
export const LATENCY_P99 = time({ what: 'latency', at: 'p99Ms', label: 'edit to the other clients, p99' })
export const PRESENCE_P50 = time({ what: 'presence', at: 'p50Ms', label: 'cursor to the other clients, p50' })
export const PRESENCE_P99 = time({ what: 'presence', at: 'p99Ms', label: 'cursor to the other clients, p99' })
export const COLD_JOIN = time({
  what: 'joins',
  at: 'maxMs',
  label: 'first join after a restart, to the whole document',
})
export const BYSTANDER_P99 = time({
  group: 'bystander',
  what: 'latency',
  at: 'p99Ms',
  label: 'edit in another room meanwhile, p99',
})
export const BYSTANDER_MAX = time({
  group: 'bystander',
  what: 'latency',
  at: 'maxMs',
  label: 'edit in another room meanwhile, slowest',
})

export const ALL_JOINED: Metric = {
  key: 'all-joined',
  label: 'from the first join to the last one complete',
  unit: 'ms',
  better: 'lower',
  of: (result) => positive(result.groups[0]?.allJoinedMs),
  isGeneratorLimited: byGenerator,
}

export const CPU_PER_1000: Metric = {
  key: 'cpu-per-1000',
  label: 'server CPU for 1,000 deliveries',
  unit: 'ms',
  better: 'lower',
  of: (result) => positive(result.server === undefined ? undefined : result.server.cpuMsPerDelivery * 1000),
  isGeneratorLimited: never,
}

/** For loads whose edits go to nobody: what is left is receiving and storing. */
export const CPU_PER_EDIT: Metric = {
  key: 'cpu-per-edit',
  label: 'server CPU for 1,000 stored edits',
  unit: 'ms',
  better: 'lower',
  of: ({ groups, steps }) => {
    const edits = groups.reduce((sum, group) => sum + group.edits, 0)
    const [step] = steps
    if (step?.serverCpuShare === undefined || edits === 0) return undefined
    return (step.serverCpuShare * step.seconds * 1e6) / edits
  },
  isGeneratorLimited: never,
}

/** `server.cpuSeconds` holds connecting and verifying as well, which are not what is compared. */
export const CPU_SECONDS: Metric = {
  key: 'cpu-seconds',
  label: 'server CPU during the load',
  unit: 's',
  better: 'lower',
  of: (result) => {
    const { server, groups, steps } = result
    const deliveries = groups.reduce((sum, group) => sum + group.deliveries + group.presence.count, 0)
    if (server !== undefined && deliveries > 0) return (server.cpuMsPerDelivery * deliveries) / 1000
    const [step] = steps
    return step?.serverCpuShare === undefined ? undefined : step.serverCpuShare * step.seconds
  },
  isGeneratorLimited: never,
}

export const CPU_AT_REST: Metric = {
  key: 'cpu-at-rest',
  label: 'server CPU at rest, share of a core',
  unit: '%',
  better: 'lower',
  of: ({ steps }) => (steps[0]?.serverCpuShare === undefined ? undefined : steps[0].serverCpuShare * 100),
  isGeneratorLimited: never,
}

export const RSS_PER_CONNECTION: Metric = {
  key: 'rss-per-connection',
  label: 'memory (RSS) for each idle connection',
  unit: 'KB',
  better: 'lower',
  of: ({ server, groups }) => {
    const clients = groups.reduce((sum, group) => sum + group.clients, 0)
    if (server === undefined || clients === 0) return undefined
    return (server.rssBytesConnected - server.rssBytesBefore) / clients / KB
  },
  isGeneratorLimited: never,
}

export const RSS_GROWTH: Metric = {
  key: 'rss-growth',
  label: 'growth of memory (RSS) under load, at its peak',
  unit: 'MB',
  better: 'lower',
  of: ({ server }) =>
    server === undefined ? undefined : (server.rssBytesPeak - server.rssBytesConnected) / MB,
  isGeneratorLimited: never,
}

export const DISK: Metric = {
  key: 'disk',
  label: 'data folder at the end',
  unit: 'MB',
  better: 'lower',
  of: ({ server }) => (server?.diskBytes === undefined ? undefined : server.diskBytes / MB),
  isGeneratorLimited: never,
}

export const SEEN_LOST: Metric = {
  key: 'seen-lost',
  label: 'edits lost that somebody had seen',
  unit: 'edits',
  better: 'lower',
  of: ({ kill }) => kill?.lost,
  isGeneratorLimited: never,
}

export const BACK_AFTER: Metric = {
  key: 'back-after',
  label: 'from the kill to the first answer',
  unit: 'ms',
  better: 'lower',
  of: ({ kill }) => positive(kill?.backAfterMs),
  isGeneratorLimited: never,
}

/** Of the fastest step that the server kept up with; none: it did not keep up with the first. */
export const SUSTAINED: Metric = {
  key: 'sustained',
  label: 'highest sustained rate, deliveries',
  unit: '/s',
  better: 'higher',
  of: ({ steps }) => positive(fastest(steps)?.deliveriesPerSecond),
  isGeneratorLimited: ({ steps }) => {
    const best = fastest(steps)
    const above = steps.filter(({ rate, isSustained }) => !isSustained && rate > (best?.rate ?? 0))
    const next = above.toSorted((a, b) => a.rate - b.rate)[0]
    // No step above failed: the search ended before the server did.
    if (next === undefined) return true
    // Both busy: then it is the server's limit too.
    return next.isGeneratorBottleneck && (next.serverCpuShare ?? 0) < FULL_CORE
  },
}

/** At the fastest sustained step: what a core is worth when it is full. */
export const CPU_SATURATED: Metric = {
  key: 'cpu-saturated',
  label: 'server CPU for 1,000 deliveries at that rate',
  unit: 'ms',
  better: 'lower',
  of: ({ steps }) => {
    const best = fastest(steps)
    if (best?.serverCpuShare === undefined || best.deliveriesPerSecond === 0) return undefined
    return (best.serverCpuShare * 1e6) / best.deliveriesPerSecond
  },
  isGeneratorLimited: never,
}

function fastest(steps: readonly StepResult[]): StepResult | undefined {
  return steps
    .filter(({ isSustained }) => isSustained)
    .toSorted((a, b) => b.deliveriesPerSecond - a.deliveriesPerSecond)[0]
}

function positive(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : value
}
