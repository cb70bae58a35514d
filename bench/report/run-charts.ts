/** The pictures of one run. */
import type { Scenario } from '../plan/scenario.ts'
import type { GroupResult, RunResult, Summary, TimelinePoint } from '../result.ts'
import { type Axis, type Line, type Point, lineChart } from './charts.ts'
import { formatBytes, formatMs } from './format.ts'
import type { Marks } from './marks.ts'

const MS: Axis = { label: 'latency', format: (ms) => tick(formatMs(ms)) }
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
    ...(scenario.ramp === undefined || result.steps.length === 0 ? [] : ladder(result)),
    ...(isTyping ? [latencyOverTime(timeline, scenario)] : []),
    ...(curvesOf(result).length === 0 ? [] : [percentileCurve(result)]),
    ...(isTyping ? [rateOverTime(timeline, scenario)] : []),
    ...(timeline.some(({ serverRssBytes }) => serverRssBytes !== undefined)
      ? [serverOverTime(timeline, scenario)]
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

/** `50 ms` of `50.0 ms`: at an axis the zeros are noise. */
function tick(text: string): string {
  return text.replace(/\.0+(?= )/, '')
}

/** What happened on purpose, and which time is not measured; a ramp has a warm-up in each step. */
function eventsOf(scenario: Scenario, timeline: readonly TimelinePoint[]): Marks {
  const { ramp, kill, dropAllAfterSeconds, warmUpSeconds, forSeconds } = scenario
  if (ramp !== undefined) return {}
  const loadEnds = warmUpSeconds + forSeconds
  const { max = loadEnds } = timeAxis(timeline)
  const shades: (readonly [number, number])[] = [
    [0, warmUpSeconds],
    [loadEnds, max],
  ]
  return {
    shades: shades.filter(([from, to]) => to > from),
    events: [
      ...(kill?.after === 'start' ? [{ x: kill.seconds, label: 'kill -9' }] : []),
      ...(dropAllAfterSeconds === undefined ? [] : [{ x: dropAllAfterSeconds, label: 'all cut' }]),
    ],
  }
}

function course(
  timeline: readonly TimelinePoint[],
  value: (point: TimelinePoint) => number | undefined,
): Point[] {
  return timeline.map((point) => [point.atMs / 1000, value(point)])
}

function latencyOverTime(timeline: readonly TimelinePoint[], scenario: Scenario): string {
  const { ramp } = scenario
  const measured = timeline.filter(({ deliveriesPerSecond }) => deliveriesPerSecond > 0)
  const isWide = spread(measured.map(({ p99Ms }) => p99Ms)) > 50
  // Through an outage there is no latency to show; a line across it would invent some.
  const ofDeliveries = (key: 'p50Ms' | 'p99Ms'): Point[] =>
    course(timeline, (point) => (point.deliveriesPerSecond > 0 ? point[key] : undefined))
  return lineChart({
    title: 'Latency over time',
    subtitle: `of each half second, from the moment an edit was meant to be sent${ramp === undefined ? '; grey: not measured' : ', warm-ups included'}`,
    x: timeAxis(timeline),
    y: { ...MS, scale: isWide ? 'log' : 'linear' },
    lines: [
      { name: 'p50', points: ofDeliveries('p50Ms') },
      { name: 'p99', points: ofDeliveries('p99Ms') },
    ],
    marks: {
      ...eventsOf(scenario, timeline),
      ...(ramp === undefined
        ? {}
        : { bound: { y: ramp.p99Ms, label: `bound ${tick(formatMs(ramp.p99Ms))}` } }),
    },
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

function rateOverTime(timeline: readonly TimelinePoint[], scenario: Scenario): string {
  return lineChart({
    title: 'Rate over time',
    x: timeAxis(timeline),
    y: { label: 'edits /s' },
    right: { label: 'deliveries /s' },
    lines: [
      { name: 'edits sent', points: course(timeline, ({ editsPerSecond }) => editsPerSecond) },
      {
        name: 'deliveries',
        isRight: true,
        points: course(timeline, ({ deliveriesPerSecond }) => deliveriesPerSecond),
      },
    ],
    marks: eventsOf(scenario, timeline),
  })
}

/** Two pictures below each other: with two axes in one, the lines cross where nothing happens. */
function ladder({ steps, scenario }: RunResult): string[] {
  const rising = steps.toSorted((a, b) => a.rate - b.rate)
  const boundMs = scenario.ramp?.p99Ms ?? 0
  const rates = rising.map(({ rate }) => rate)
  const x: Axis = {
    label: 'keys a second of one writer',
    scale: 'log',
    base: 2,
    // Values beside the outermost dots need room.
    min: 2 ** Math.floor(Math.log2(Math.min(...rates)) - 0.01),
    max: 2 ** Math.ceil(Math.log2(Math.max(...rates)) + 0.01),
  }
  return [
    lineChart({
      title: 'Throughput by rate',
      subtitle: 'each dot one step; both axes are logarithmic',
      x,
      y: { label: 'deliveries /s', scale: 'log' },
      lines: [
        {
          name: 'deliveries',
          hasDots: true,
          hasValues: true,
          points: rising.map(({ rate, deliveriesPerSecond }) => [rate, deliveriesPerSecond]),
        },
      ],
    }),
    lineChart({
      title: 'Latency by rate',
      subtitle: 'p99 of each step; both axes are logarithmic',
      x,
      y: { ...MS, scale: 'log' },
      lines: [
        {
          name: 'p99',
          hasDots: true,
          hasValues: true,
          points: rising.map(({ rate, latency }) => [rate, latency.p99Ms]),
        },
      ],
      marks: { bound: { y: boundMs, label: `bound ${tick(formatMs(boundMs))}` } },
    }),
  ]
}

function serverOverTime(timeline: readonly TimelinePoint[], scenario: Scenario): string {
  return lineChart({
    title: 'CPU and memory of the server',
    x: timeAxis(timeline),
    y: { label: 'CPU, % of a core', min: 0 },
    right: { label: 'RSS', format: (bytes) => tick(formatBytes(bytes)), min: 0 },
    lines: [
      {
        name: 'CPU',
        points: course(timeline, ({ serverCpuShare: share }) =>
          share === undefined ? undefined : share * 100,
        ),
      },
      { name: 'RSS', isRight: true, points: course(timeline, ({ serverRssBytes }) => serverRssBytes) },
    ],
    marks: eventsOf(scenario, timeline),
  })
}
