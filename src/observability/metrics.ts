/**
 * Counts what happens, in a registry of its own, for Prometheus to read. The core reports through
 * `RoomObserver` and does not know that this exists.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import type { ClientMessage } from '../protocol/message.ts'
import type { RoomObserver } from '../room/ports.ts'
import { METRICS, type MetricName, type MetricRow, type NamesOf } from './metric-table.ts'

const ROOM_STATES = ['loading', 'open', 'idle', 'closing', 'degraded'] as const

/** Sizes of the moment. A state without rooms may be absent. */
export type LiveStats = {
  readonly rooms: Readonly<Partial<Record<(typeof ROOM_STATES)[number], number>>>
  readonly sessions: number
  readonly connections: number
  readonly pendingBytes: number
}

export type HttpAnswer = {
  /** The route's pattern, never an address. */
  readonly route: string
  readonly status: number
  readonly ms: number
}

export type Metrics = {
  readonly observer: RoomObserver
  answered(answer: HttpAnswer): void
  /** The text that Prometheus reads, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

export type MetricsDeps = {
  readonly version: string
  /** Asked at each scrape, not before the first one. */
  readonly stats: () => LiveStats
}

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry()
  // Memory, CPU, event-loop lag, garbage collection, under the names that dashboards know.
  collectDefaultMetrics({ register: registry })
  gauge(registry, 'outrigger_build_info').set({ version: deps.version }, 1)
  registerLiveGauges(registry, deps.stats)
  return {
    observer: roomObserver(registry),
    answered: httpObserver(registry),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function roomObserver(registry: Registry): RoomObserver {
  const messages = counter(registry, 'outrigger_messages_received_total')
  const rejected = counter(registry, 'outrigger_rejected_total')
  const messagesOf = childPerLabel(MESSAGE_KINDS, (kind) => messages.labels({ kind }))
  const rejectedFor = childPerLabel(Object.keys(ERRORS) as ErrorCode[], (code) => rejected.labels({ code }))
  const receivedBytes = counter(registry, 'outrigger_received_bytes_total')
  const joinSeconds = histogram(registry, 'outrigger_join_seconds')
  const loadSeconds = histogram(registry, 'outrigger_load_seconds')
  const leaves = counter(registry, 'outrigger_leaves_total')
  const auditFailures = counter(registry, 'outrigger_audit_failures_total')
  return {
    received(kind, bytes) {
      messagesOf[kind].inc()
      receivedBytes.inc(bytes)
    },
    rejected: (code) => rejectedFor[code].inc(),
    committed: commitObserver(registry),
    broadcast: broadcastObserver(registry),
    joined: (ms) => joinSeconds.observe(ms / 1000),
    left: () => leaves.inc(),
    loaded: (ms) => loadSeconds.observe(ms / 1000),
    auditFailed: () => auditFailures.inc(),
  }
}

function commitObserver(registry: Registry): RoomObserver['committed'] {
  const seconds = histogram(registry, 'outrigger_commit_seconds')
  const records = histogram(registry, 'outrigger_commit_records')
  const rooms = histogram(registry, 'outrigger_commit_rooms')
  const bytes = counter(registry, 'outrigger_commit_bytes_total')
  return (batch) => {
    seconds.observe(batch.ms / 1000)
    records.observe(batch.records)
    rooms.observe(batch.rooms)
    bytes.inc(batch.bytes)
  }
}

function broadcastObserver(registry: Registry): RoomObserver['broadcast'] {
  const seconds = histogram(registry, 'outrigger_broadcast_seconds')
  const frames = counter(registry, 'outrigger_broadcast_frames_total')
  const bytes = counter(registry, 'outrigger_broadcast_bytes_total')
  return (batch) => {
    seconds.observe(batch.ms / 1000)
    frames.inc(batch.recipients)
    bytes.inc(batch.bytes)
  }
}

function httpObserver(registry: Registry): Metrics['answered'] {
  const seconds = histogram(registry, 'outrigger_http_request_seconds')
  return ({ route, status, ms }) =>
    seconds.observe({ route, status: `${Math.floor(status / 100)}xx` }, ms / 1000)
}

function registerLiveGauges(registry: Registry, stats: () => LiveStats): void {
  const rooms = gauge(registry, 'outrigger_rooms', () => {
    for (const state of ROOM_STATES) rooms.set({ state }, stats().rooms[state] ?? 0)
  })
  const sessions = gauge(registry, 'outrigger_sessions', () => sessions.set(stats().sessions))
  const connections = gauge(registry, 'outrigger_connections', () => connections.set(stats().connections))
  const pending = gauge(registry, 'outrigger_pending_bytes', () => pending.set(stats().pendingBytes))
}

const MESSAGE_KINDS = Object.keys({
  syncStep1: true,
  syncStep2: true,
  update: true,
  awareness: true,
  queryAwareness: true,
  save: true,
  unknown: true,
} satisfies Record<ClientMessage['kind'], true>) as ClientMessage['kind'][]

/** Looked up once: finding a labelled child costs more than counting in it. All begin at 0. */
function childPerLabel<Label extends string>(
  labels: readonly Label[],
  childOf: (label: Label) => Counter.Internal,
): Record<Label, Counter.Internal> {
  const children = labels.map((label) => {
    const child = childOf(label)
    child.inc(0)
    return [label, child] as const
  })
  return Object.fromEntries(children) as Record<Label, Counter.Internal>
}

function counter(registry: Registry, name: NamesOf<'counter'>): Counter {
  return new Counter(settingsOf(registry, name))
}

function gauge(registry: Registry, name: NamesOf<'gauge'>, collect?: () => void): Gauge {
  return new Gauge({ ...settingsOf(registry, name), ...(collect === undefined ? {} : { collect }) })
}

function histogram(registry: Registry, name: NamesOf<'histogram'>): Histogram {
  const row: MetricRow = METRICS[name]
  return new Histogram({ ...settingsOf(registry, name), buckets: [...(row.buckets ?? [])] })
}

function settingsOf(registry: Registry, name: MetricName) {
  const { help, labels } = METRICS[name]
  return { name, help, labelNames: [...labels], registers: [registry] }
}
