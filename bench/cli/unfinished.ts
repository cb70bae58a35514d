/** What can be said of a run that was interrupted. */
import type { Draft } from '../plan/draft.ts'
import { counted, formatMs, formatRate, formatSeconds } from '../report/format.ts'
import type { TimelinePoint } from '../result.ts'

/** From the live half seconds; the histograms of the workers are gone with them. */
export function describeUnfinished({ name }: Pick<Draft, 'name'>, points: readonly TimelinePoint[]): string {
  const last = points.at(-1)
  if (last === undefined) return `${name}: interrupted before the load began; nothing was measured.`
  const mean = (of: (point: TimelinePoint) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const errors = points.reduce((sum, point) => sum + point.errors, 0)
  const delivering = points.filter(({ deliveriesPerSecond }) => deliveriesPerSecond > 0)
  const worst = delivering.reduce((most, { p99Ms }) => Math.max(most, p99Ms), 0)
  return [
    `${name}: interrupted ${formatSeconds(Math.round(last.atMs) / 1000)} after the load began, warm-up included.`,
    `  ${formatRate(mean((point) => point.editsPerSecond))} edits, ${formatRate(mean((point) => point.deliveriesPerSecond))} deliveries, on average`,
    ...(delivering.length === 0
      ? []
      : [
          `  p50 ${formatMs(last.p50Ms)}, p99 ${formatMs(last.p99Ms)} in the last half second; highest p99 of one ${formatMs(worst)}`,
        ]),
    `  ${counted(errors, 'error')}`,
    '  Nothing was verified.',
  ].join('\n')
}
