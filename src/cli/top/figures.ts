import type { DistributionReading } from '../../observability/distribution.ts'
import type { ActivityAnswer, ActivityTimes, RoomActivityAnswer } from '../../http/routes/rooms.ts'
import { quantileBetween } from './quantile.ts'

/** Milliseconds; undefined when nothing happened between the two samples. */
export type Spread = Readonly<Record<'p50Ms' | 'p99Ms' | 'maxMs', number | undefined>>

/** Per second; undefined after the first sample. */
export type Rate = number | undefined

export type TopRoom = Omit<RoomActivityAnswer, 'edits' | 'deliveries' | 'receivedBytes' | 'sentBytes'> & {
  readonly editsPerSecond: Rate
  readonly deliveriesPerSecond: Rate
  /** In and out together. */
  readonly bytesPerSecond: Rate
}

/** What `outrigger top` shows, and what `--json` prints. */
export type TopFigures = Omit<ActivityAnswer, 'counters' | 'times' | 'rooms' | 'process'> & {
  /** Between the two samples that rates and times are of; undefined with one sample only. */
  readonly sampleSeconds: number | undefined
  readonly perSecond: Readonly<Record<keyof ActivityAnswer['counters'] | 'commits', Rate>>
  readonly recordsPerCommit: number | undefined
  readonly times: Readonly<Record<keyof ActivityTimes, Spread>>
  readonly process: Omit<ActivityAnswer['process'], 'cpuSeconds' | 'busySeconds'> & {
    /** Of one core. */
    readonly cpuPercent: Rate
    readonly busyPercent: Rate
  }
  readonly rooms: readonly TopRoom[]
}

/** Rates and times between two samples of one process; with one sample, or after a restart, sizes only. */
export function topFigures(sample: ActivityAnswer, previous: ActivityAnswer | undefined): TopFigures {
  const { counters, times, rooms, process, ...rest } = sample
  const before = previous !== undefined && isSameRun(previous, sample) ? previous : undefined
  const seconds = before === undefined ? undefined : (sample.uptimeMs - before.uptimeMs) / 1000
  const rate = (now: number, then: number | undefined): Rate =>
    seconds === undefined || then === undefined ? undefined : Math.max(0, now - then) / seconds
  const { cpuSeconds, busySeconds, ...sizes } = process
  const { perSecond, recordsPerCommit } = overallRates({ counters, times }, before, rate)
  return {
    ...rest,
    sampleSeconds: seconds,
    perSecond,
    recordsPerCommit,
    times: mapValues(times, (reading, name) => spreadOf(reading, before?.times[name])),
    process: {
      ...sizes,
      cpuPercent: percent(rate(cpuSeconds, before?.process.cpuSeconds)),
      busyPercent: percent(rate(busySeconds, before?.process.busySeconds)),
    },
    rooms: roomsWithRates(rooms, before, rate),
  }
}

type RateOf = (now: number, then: number | undefined) => Rate

/** A room that was loaded anew in between counts from nothing. */
function roomsWithRates(
  rooms: readonly RoomActivityAnswer[],
  before: ActivityAnswer | undefined,
  rate: RateOf,
): TopRoom[] {
  const known = new Map(before?.rooms.map((room) => [room.key, room]))
  return rooms.map(({ edits, deliveries, receivedBytes, sentBytes, ...room }) => {
    const then = known.get(room.key)
    const isSame = then !== undefined && then.edits <= edits && then.sentBytes <= sentBytes
    const zero = before === undefined ? undefined : 0
    const bytesThen = isSame ? then.receivedBytes + then.sentBytes : zero
    return {
      ...room,
      editsPerSecond: rate(edits, isSame ? then.edits : zero),
      deliveriesPerSecond: rate(deliveries, isSame ? then.deliveries : zero),
      bytesPerSecond: rate(receivedBytes + sentBytes, bytesThen),
    }
  })
}

function overallRates(
  { counters, times }: Pick<ActivityAnswer, 'counters' | 'times'>,
  before: ActivityAnswer | undefined,
  rate: RateOf,
): Pick<TopFigures, 'perSecond' | 'recordsPerCommit'> {
  const commitsThen = before === undefined ? undefined : countOf(before.times.commit)
  const commits = rate(countOf(times.commit), commitsThen)
  const perSecond = {
    ...mapValues(counters, (count, name) => rate(count, before?.counters[name])),
    commits,
  }
  const records = perSecond.commitRecords
  const recordsPerCommit = commits === undefined || !(commits > 0) ? undefined : (records ?? 0) / commits
  return { perSecond, recordsPerCommit }
}

/** A server that was started again since has counted from nothing. */
function isSameRun(previous: ActivityAnswer, sample: ActivityAnswer): boolean {
  const startedApart = Math.abs(sample.at - sample.uptimeMs - (previous.at - previous.uptimeMs))
  return sample.uptimeMs > previous.uptimeMs && startedApart < 1000
}

function spreadOf(reading: DistributionReading, before: DistributionReading | undefined): Spread {
  const ms = (q: number): number | undefined => {
    const seconds = before === undefined ? undefined : quantileBetween(before, reading, q)
    return seconds === undefined ? undefined : seconds * 1000
  }
  return { p50Ms: ms(0.5), p99Ms: ms(0.99), maxMs: ms(1) }
}

function countOf({ counts }: DistributionReading): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function percent(share: Rate): Rate {
  return share === undefined ? undefined : share * 100
}

function mapValues<Key extends string, In, Out>(
  values: Readonly<Record<Key, In>>,
  map: (value: In, key: Key) => Out,
): Record<Key, Out> {
  const entries = Object.entries(values) as [Key, In][]
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value, key)])) as Record<Key, Out>
}
