/**
 * Every metric of our own: registered from this table and listed from it in the documentation.
 *
 * Labels are bounded by tables in the code (message kinds, error codes, room states, route
 * patterns), never by what clients send: no room, file or person has a series of its own.
 */
export type MetricRow = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds; histograms only. */
  readonly buckets?: readonly number[] | undefined
}

/** From a tenth of a millisecond to a second: what happens while somebody types. */
const KEYSTROKE_SECONDS = [0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1]
/** From a millisecond to half a minute: what somebody waits for. */
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 300, 1000]

export const METRICS = {
  outrigger_messages_received_total: {
    type: 'counter',
    help: 'Messages received from clients, by kind.',
    labels: ['kind'],
  },
  outrigger_received_bytes_total: {
    type: 'counter',
    help: 'Bytes of the messages received from clients.',
    labels: [],
  },
  outrigger_rejected_total: {
    type: 'counter',
    help: 'Messages and joins that were refused, by error code.',
    labels: ['code'],
  },
  outrigger_commit_seconds: {
    type: 'histogram',
    help: 'Time that one durable write took.',
    labels: [],
    buckets: KEYSTROKE_SECONDS,
  },
  outrigger_commit_records: {
    type: 'histogram',
    help: 'Log records that one durable write carried.',
    labels: [],
    buckets: COUNTS,
  },
  outrigger_commit_rooms: {
    type: 'histogram',
    help: 'Rooms that shared one durable write.',
    labels: [],
    buckets: COUNTS,
  },
  outrigger_commit_bytes_total: {
    type: 'counter',
    help: 'Bytes of the log records written.',
    labels: [],
  },
  outrigger_broadcast_seconds: {
    type: 'histogram',
    help: 'From the first edit of a batch being decoded to its frames being handed to the sockets.',
    labels: [],
    buckets: KEYSTROKE_SECONDS,
  },
  outrigger_broadcast_frames_total: {
    type: 'counter',
    help: 'Frames with edits handed to sockets.',
    labels: [],
  },
  outrigger_broadcast_bytes_total: {
    type: 'counter',
    help: 'Bytes of these frames.',
    labels: [],
  },
  outrigger_join_seconds: {
    type: 'histogram',
    help: 'From asking for a room to being in it, loading included.',
    labels: [],
    buckets: WAIT_SECONDS,
  },
  outrigger_leaves_total: { type: 'counter', help: 'Sessions that ended.', labels: [] },
  outrigger_load_seconds: {
    type: 'histogram',
    help: 'Time to load a room from the store or from its file.',
    labels: [],
    buckets: WAIT_SECONDS,
  },
  outrigger_audit_failures_total: {
    type: 'counter',
    help: 'Snapshots that would have said something else than the live document; the log was kept.',
    labels: [],
  },
  outrigger_rooms: { type: 'gauge', help: 'Rooms in memory, by state.', labels: ['state'] },
  outrigger_sessions: { type: 'gauge', help: 'People (browser tabs) in rooms.', labels: [] },
  outrigger_connections: { type: 'gauge', help: 'Open websockets to rooms.', labels: [] },
  outrigger_pending_bytes: {
    type: 'gauge',
    help: 'Edits that were received and are not yet written.',
    labels: [],
  },
  outrigger_http_request_seconds: {
    type: 'histogram',
    help: 'Time from a request to the end of its answer, by route pattern and status class.',
    labels: ['route', 'status'],
    buckets: WAIT_SECONDS,
  },
  outrigger_build_info: {
    type: 'gauge',
    help: 'Always 1; the label carries the version.',
    labels: ['version'],
  },
} as const satisfies Record<string, MetricRow>

export type MetricName = keyof typeof METRICS
export type NamesOf<Type extends MetricRow['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never
}[MetricName]
