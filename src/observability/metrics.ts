/**
 * Counts what happens, in a registry of its own, for Prometheus to read. The core reports through
 * `RoomObserver` and does not know that this exists.
 */
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { RoomObserver } from '../room/ports.ts'
import type { DelayWindow } from './delay-window.ts'
import { registerLoopDelay } from './loop-delay-metrics.ts'
import { METRICS, type NamesOf } from './metric-table.ts'
import { RoomTally } from './room-tally.ts'
import {
  metricSettings,
  scrapedCounter,
  scrapedCounters,
  scrapedGauge,
  scrapedHistogram,
  scrapedHistograms,
} from './scraped.ts'

/** prom-client's own sampling of the event loop cannot be left out, but it can be made to rest. */
const NEVER_MS = 2 ** 31 - 1
const MEMORY_KINDS = ['documents', 'caches', 'queues'] as const
const ROOM_STATES = ['loading', 'open', 'idle', 'closing', 'degraded'] as const

const ACCESS_CHANGES = { changed: 0, access_revoked: 0, session_expired: 0 }
const RELOADS = { applied: 0, unchanged: 0, refused: 0 }

/** Sizes of the moment. A state without rooms may be absent. */
export type LiveStats = {
  readonly rooms: Readonly<Partial<Record<(typeof ROOM_STATES)[number], number>>>
  readonly sessions: number
  readonly connections: number
  readonly pendingBytes: number
  /** Undefined when it cannot be told. */
  readonly dataFreeBytes?: number | undefined
  /** Bytes. `used` is what counts against `limit`. */
  readonly memory: Readonly<Record<(typeof MEMORY_KINDS)[number] | 'used' | 'limit', number>>
}

export type HttpAnswer = {
  /** The route's pattern, never an address. */
  readonly route: string
  readonly status: number
  readonly ms: number
}

export type Metrics = {
  readonly observer: RoomObserver
  /** The same numbers, for whoever reads them without Prometheus. */
  readonly tally: Readonly<RoomTally>
  answered(answer: HttpAnswer): void
  /** Of one open socket. */
  accessChanged(what: keyof typeof ACCESS_CHANGES): void
  reloaded(outcome: keyof typeof RELOADS): void
  /** The text that Prometheus reads, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

export type MetricsDeps = {
  readonly version: string
  /** Asked at each scrape, not before the first one. */
  readonly stats: () => LiveStats
  /** Emptied at each scrape. */
  readonly delays: DelayWindow
}

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry()
  registerProcess(registry, deps.delays)
  gauge(registry, 'outrigger_build_info').set({ version: deps.version }, 1)
  const tally = new RoomTally()
  registerEdits(registry, tally)
  registerPeople(registry, tally)
  registerLiveGauges(registry, deps.stats)
  const accessChanges = { ...ACCESS_CHANGES }
  const reloads = { ...RELOADS }
  scrapedCounters(registry, 'outrigger_access_changes_total', accessChanges)
  scrapedCounters(registry, 'outrigger_config_reloads_total', reloads)
  return {
    accessChanged: (what) => void (accessChanges[what] += 1),
    reloaded: (outcome) => void (reloads[outcome] += 1),
    observer: tally,
    tally,
    answered: httpObserver(registry),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

/** Memory, CPU, event-loop lag, garbage collection, under the names that dashboards know. */
function registerProcess(registry: Registry, delays: DelayWindow): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
  registerLoopDelay(registry, delays)
}

/** A keystroke's way, in its order. */
function registerEdits(registry: Registry, tally: RoomTally): void {
  scrapedCounters(registry, 'outrigger_messages_received_total', tally.messages)
  scrapedCounter(registry, 'outrigger_received_bytes_total', () => tally.receivedBytes)
  scrapedCounters(registry, 'outrigger_rejected_total', tally.rejections)
  scrapedHistogram(registry, 'outrigger_inspect_seconds', tally.inspectSeconds)
  scrapedHistogram(registry, 'outrigger_wait_seconds', tally.waitSeconds)
  scrapedHistogram(registry, 'outrigger_apply_seconds', tally.applySeconds)
  scrapedCounters(registry, 'outrigger_parked_edits_total', tally.parkedEdits)
  scrapedHistogram(registry, 'outrigger_commit_seconds', tally.commitSeconds)
  scrapedHistogram(registry, 'outrigger_commit_records', tally.commitRecords)
  scrapedHistogram(registry, 'outrigger_commit_rooms', tally.commitRooms)
  scrapedCounter(registry, 'outrigger_commit_bytes_total', () => tally.commitBytes)
  scrapedHistogram(registry, 'outrigger_broadcast_seconds', tally.broadcastSeconds)
  scrapedHistogram(registry, 'outrigger_fan_out_seconds', tally.fanOutSeconds)
  scrapedCounter(registry, 'outrigger_broadcast_frames_total', () => tally.broadcastFrames)
  scrapedCounter(registry, 'outrigger_broadcast_bytes_total', () => tally.broadcastBytes)
  scrapedHistogram(registry, 'outrigger_compaction_seconds', tally.compactionSeconds)
  scrapedCounter(registry, 'outrigger_compaction_bytes_total', () => tally.compactionBytes)
  scrapedCounter(registry, 'outrigger_audit_failures_total', () => tally.auditFailures)
}

function registerPeople(registry: Registry, tally: RoomTally): void {
  scrapedHistogram(registry, 'outrigger_join_seconds', tally.joinSeconds)
  scrapedHistogram(registry, 'outrigger_load_seconds', tally.loadSeconds)
  scrapedHistogram(registry, 'outrigger_answer_seconds', tally.answerSeconds)
  scrapedCounters(registry, 'outrigger_answers_total', tally.answers)
  scrapedCounters(registry, 'outrigger_answer_bytes_total', tally.answerBytes)
  scrapedGauge(registry, 'outrigger_lagging_sessions', () => tally.lagging)
  scrapedHistograms(registry, 'outrigger_lag_seconds', tally.lagSeconds)
  scrapedCounter(registry, 'outrigger_presence_received_total', () => tally.presenceIn)
  scrapedCounter(registry, 'outrigger_presence_sent_total', () => tally.presenceOut)
  scrapedCounter(registry, 'outrigger_presence_sent_bytes_total', () => tally.presenceOutBytes)
  scrapedCounter(registry, 'outrigger_leaves_total', () => tally.leaves)
  scrapedCounters(registry, 'outrigger_evictions_total', tally.evictions)
}

function httpObserver(registry: Registry): Metrics['answered'] {
  const name = 'outrigger_http_request_seconds'
  const buckets = [...METRICS[name].buckets]
  const seconds = new Histogram({ ...metricSettings(registry, name), buckets })
  return ({ route, status, ms }) =>
    seconds.observe({ route, status: `${Math.floor(status / 100)}xx` }, ms / 1000)
}

function registerLiveGauges(registry: Registry, stats: () => LiveStats): void {
  const rooms = gauge(registry, 'outrigger_rooms', () => {
    const live = stats().rooms
    for (const state of ROOM_STATES) rooms.set({ state }, live[state] ?? 0)
  })
  scrapedGauge(registry, 'outrigger_sessions', () => stats().sessions)
  scrapedGauge(registry, 'outrigger_connections', () => stats().connections)
  scrapedGauge(registry, 'outrigger_pending_bytes', () => stats().pendingBytes)
  scrapedGauge(registry, 'outrigger_data_free_bytes', () => stats().dataFreeBytes ?? NaN)
  const memory = gauge(registry, 'outrigger_memory_bytes', () => {
    const live = stats().memory
    for (const kind of MEMORY_KINDS) memory.set({ kind }, live[kind])
  })
  scrapedGauge(registry, 'outrigger_memory_used_bytes', () => stats().memory.used)
  scrapedGauge(registry, 'outrigger_memory_limit_bytes', () => stats().memory.limit)
}

function gauge(registry: Registry, name: NamesOf<'gauge'>, collect?: () => void): Gauge {
  return new Gauge({ ...metricSettings(registry, name), ...(collect === undefined ? {} : { collect }) })
}
