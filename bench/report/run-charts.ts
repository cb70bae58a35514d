/** The pictures of one run. */
import type { Scenario } from '../plan/scenario.ts'
import type { GroupResult, RunResult, Summary, TimelinePoint } from '../result.ts'
import { type Axis, type Line, lineChart } from './charts.ts'
import { formatBytes, formatMs } from './format.ts'

const MS: Axis = { label: 'latency', format: formatMs }
/** What is left of a half second at the end of a step is too short for a rate. */
const SHORTEST_MS = 250
/** 99.999: beyond it no run here has enough values. */
const MOST_NINES = 5

/** As SVG, in reading order; only those that have something to show. */
export function runCharts(result: RunResult): string[] {
  const { scenario } = result
  const timeline = withoutSlivers(result.timeline)
  const isTyping = timeline.some(({ deliveriesPerSecond }) => deliveriesPerSecond > 0)
  return [
    ...(scenario.ramp === undefined ? [] : [throughputLadder(result)]),
    ...(isTyping ? [latencyOverTime(timeline, scenario)] : []),
    ...(curvesOf(result).length === 0 ? [] : [percentileCurve(result)]),
    ...(isTyping ? [rateOverTime(timeline)] : []),
    ...(timeline.some(({ serverRssBytes }) => serverRssBytes !== undefined)
      ? [serverOverTime(timeline)]
      : []),
  ]
}

function withoutSlivers(timeline: readonly TimelinePoint[]): TimelinePoint[] {
  return timeline.filter(({ atMs }, index) => atMs - (timeline[index - 1]?.atMs ?? 0) >= SHORTEST_MS)
}

function timeAxis(timeline: readonly TimelinePoint[]): Axis {
  const endSeconds = Math.ceil((timeline.at(-1)?.atMs ?? 0) / 1000 - 0.05)
  return { label: 'seconds after the start of the load', min: 0, max: Math.max(1, endSeconds) }
}

function latencyOverTime(timeline: readonly TimelinePoint[], scenario: Scenario): string {
  const measured = timeline.filter(({ deliveriesPerSecond }) => deliveriesPerSecond > 0)
  const isWide = spread(measured.map(({ p99Ms }) => p99Ms)) > 50
  return lineChart({
    title: 'Latency over time',
    subtitle: 'of each half second, warm-up included, from the moment an edit was meant to be sent',
    x: timeAxis(timeline),
    y: { ...MS, scale: isWide ? 'log' : 'linear' },
    lines: [
      { name: 'p50', points: measured.map(({ atMs, p50Ms }) => [atMs / 1000, p50Ms]) },
      { name: 'p99', points: measured.map(({ atMs, p99Ms }) => [atMs / 1000, p99Ms]) },
    ],
    bound:
      scenario.ramp === undefined
        ? undefined
        : { y: scenario.ramp.p99Ms, label: `bound ${formatMs(scenario.ramp.p99Ms)}` },
  })
}

/** How often the highest value is of the lowest, above 0. */
function spread(values: readonly number[]): number {
  const positive = values.filter((value) => value > 0)
  return positive.length === 0 ? 1 : Math.max(...positive) / Math.min(...positive)
}

/** The number of nines: 90 is 1, 99 is 2, 99.9 is 3, so that the tail has room. */
export function ninesOf(percentile: number): number {
  return percentile >= 100 ? MOST_NINES : Math.min(MOST_NINES, -Math.log10(1 - percentile / 100))
}

/** `99.9 %` of 3. */
export function percentOfNines(nines: number): string {
  if (nines === 0) return '0 %'
  return `${(100 * (1 - 10 ** -nines)).toFixed(Math.max(0, Math.round(nines) - 2))} %`
}

const CURVES = [
  ['latency', 'edits'],
  ['outputs', 'outputs'],
  ['presence', 'presence'],
  ['joins', 'joins'],
] as const satisfies readonly (readonly [keyof GroupResult, string])[]

function curvesOf({ groups }: RunResult): Line[] {
  return groups.flatMap((group) =>
    CURVES.filter(([key]) => group[key].curve.length > 0).map(([key, words]) => ({
      name: groups.length > 1 ? `${group.name}: ${words}` : words,
      points: nines(group[key]),
    })),
  )
}

/** The highest value stands where its count of values ends, not at infinity. */
function nines({ curve, count }: Summary): [number, number][] {
  const last = ninesOf(100 * (1 - 1 / Math.max(1, count)))
  // With few values the points of the tail lie beyond what they can tell.
  return curve
    .filter(([percentile]) => percentile >= 100 || ninesOf(percentile) < last)
    .map(([percentile, ms]) => [percentile >= 100 ? last : ninesOf(percentile), ms])
}

function percentileCurve(result: RunResult): string {
  return lineChart({
    title: 'Percentiles',
    subtitle: 'so much of all was at most so late; each step to the right leaves a tenth',
    x: { label: 'percentile', min: 0, max: MOST_NINES, interval: 1, format: percentOfNines },
    y: { ...MS, scale: 'log' },
    lines: curvesOf(result),
  })
}

function rateOverTime(timeline: readonly TimelinePoint[]): string {
  return lineChart({
    title: 'Rate over time',
    x: timeAxis(timeline),
    y: { label: 'edits /s' },
    right: { label: 'deliveries /s' },
    lines: [
      {
        name: 'edits sent',
        points: timeline.map(({ atMs, editsPerSecond }) => [atMs / 1000, editsPerSecond]),
      },
      {
        name: 'deliveries',
        isRight: true,
        points: timeline.map(({ atMs, deliveriesPerSecond }) => [atMs / 1000, deliveriesPerSecond]),
      },
    ],
  })
}

function throughputLadder({ steps, scenario }: RunResult): string {
  const rising = steps.toSorted((a, b) => a.rate - b.rate)
  return lineChart({
    title: 'Throughput and latency by rate',
    subtitle: 'each dot one step; both axes of rates are logarithmic',
    x: { label: 'keys a second of one writer', scale: 'log' },
    y: { label: 'deliveries /s', scale: 'log' },
    right: { ...MS, label: 'p99', scale: 'log' },
    lines: [
      {
        name: 'deliveries',
        hasDots: true,
        points: rising.map(({ rate, deliveriesPerSecond }) => [rate, deliveriesPerSecond]),
      },
      {
        name: 'p99',
        hasDots: true,
        isRight: true,
        points: rising.map(({ rate, latency }) => [rate, latency.p99Ms]),
      },
      {
        name: `p99 bound ${formatMs(scenario.ramp?.p99Ms ?? 0)}`,
        isRight: true,
        points: rising.map(({ rate }) => [rate, scenario.ramp?.p99Ms ?? 0]),
      },
    ],
  })
}

function serverOverTime(timeline: readonly TimelinePoint[]): string {
  return lineChart({
    title: 'CPU and memory of the server',
    x: timeAxis(timeline),
    y: { label: 'CPU, % of a core', min: 0 },
    right: { label: 'RSS', format: formatBytes, min: 0 },
    lines: [
      {
        name: 'CPU',
        points: timeline.flatMap(({ atMs, serverCpuShare }) =>
          serverCpuShare === undefined ? [] : [[atMs / 1000, serverCpuShare * 100] as const],
        ),
      },
      {
        name: 'RSS',
        isRight: true,
        points: timeline.flatMap(({ atMs, serverRssBytes }) =>
          serverRssBytes === undefined ? [] : [[atMs / 1000, serverRssBytes] as const],
        ),
      },
    ],
  })
}
