/** Medians, spreads and ratios over the repetitions of a workload. */
import type { Metric } from './metrics.ts'
import type { RunRecord } from './record.ts'
import type { Target, TargetKind } from './targets.ts'
import { judge } from './verdict.ts'

export type Row = {
  readonly target: Target
  /** By repetition; only of runs that count and measured it. */
  readonly values: readonly number[]
  readonly median: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  /** Median of the ratios within each repetition; undefined where there was nothing to relate to. */
  readonly toBestPeer: number | undefined
  readonly toBestRelay: number | undefined
  /** Runs that were made, and those among them in which the generator was the bottleneck. */
  readonly runs: number
  readonly generatorLimited: number
  /** What each run was found to be, in order of repetition. */
  readonly verdicts: readonly string[]
}

/** Undefined for none; the mean of the middle two for an even number. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0
  return (lower + upper) / 2
}

type Run = { readonly target: Target; readonly repetition: number; readonly value: number }

/** One row for each target that has runs of this workload, in the order of `targets`. */
export function tabulate(of: {
  readonly metric: Metric
  readonly records: readonly RunRecord[]
  readonly targets: readonly Target[]
}): Row[] {
  const { metric, records, targets } = of
  const runs = records.flatMap((record) => runOf(record, metric, targets))
  const toPeer = ratiosTo('peer', runs, metric)
  const toRelay = ratiosTo('relay', runs, metric)
  return targets.flatMap((target) => {
    const own = records
      .filter((record) => record.target === target.name)
      .toSorted((a, b) => a.repetition - b.repetition)
    if (own.length === 0) return []
    const mine = runs.filter((run) => run.target === target).toSorted((a, b) => a.repetition - b.repetition)
    const values = mine.map(({ value }) => value)
    return [
      {
        target,
        values,
        median: median(values),
        min: values.length === 0 ? undefined : Math.min(...values),
        max: values.length === 0 ? undefined : Math.max(...values),
        toBestPeer: median(mine.flatMap((run) => toPeer(run))),
        toBestRelay: median(mine.flatMap((run) => toRelay(run))),
        runs: own.length,
        generatorLimited: own.filter((record) => isLimited(record, metric)).length,
        verdicts: own.map((record) => judge(record).words),
      },
    ]
  })
}

function runOf(record: RunRecord, metric: Metric, targets: readonly Target[]): Run[] {
  const target = targets.find(({ name }) => name === record.target)
  if (target === undefined || record.outcome.kind !== 'measured' || !judge(record).isCounted) return []
  const value = metric.of(record.outcome.result)
  return value === undefined ? [] : [{ target, repetition: record.repetition, value }]
}

function isLimited(record: RunRecord, metric: Metric): boolean {
  const { outcome } = record
  return outcome.kind === 'measured' && judge(record).isCounted && metric.isGeneratorLimited(outcome.result)
}

/** From a run to its value by the best of a kind in the same repetition; none where that is missing or 0. */
function ratiosTo(kind: TargetKind, runs: readonly Run[], metric: Metric): (run: Run) => number[] {
  const best = new Map<number, number>()
  for (const { target, repetition, value } of runs) {
    if (target.kind !== kind) continue
    const former = best.get(repetition)
    if (former === undefined || isBetter(value, former, metric)) best.set(repetition, value)
  }
  return ({ repetition, value }) => {
    const reference = best.get(repetition)
    return reference === undefined || reference === 0 ? [] : [value / reference]
  }
}

export function isBetter(value: number, other: number, { better }: Pick<Metric, 'better'>): boolean {
  return better === 'lower' ? value < other : value > other
}

/** The best of a kind by its median. */
export function bestOf(rows: readonly Row[], kind: TargetKind, metric: Metric): Row | undefined {
  return rows
    .filter(({ target, median: middle }) => target.kind === kind && middle !== undefined)
    .reduce<Row | undefined>((best, row) => {
      if (best === undefined) return row
      return isBetter(row.median ?? 0, best.median ?? 0, metric) ? row : best
    }, undefined)
}

export const COMPARISONS = ['ahead', 'behind', 'no clear difference'] as const
export type Comparison = (typeof COMPARISONS)[number]

/** Fewer say nothing about how far runs lie apart. */
const LEAST_RUNS = 3

/** Ahead or behind only where not even the spreads touch; undefined for too few runs. */
export function compareRows(row: Row, other: Row, metric: Metric): Comparison | undefined {
  if (row.min === undefined || row.max === undefined || other.min === undefined || other.max === undefined)
    return undefined
  if (Math.min(row.values.length, other.values.length) < LEAST_RUNS) return undefined
  const isLower = row.max < other.min
  const isHigher = row.min > other.max
  if (!isLower && !isHigher) return 'no clear difference'
  return isLower === (metric.better === 'lower') ? 'ahead' : 'behind'
}
