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
/** From microseconds on: what one edit costs the main thread. */
const CPU_SECONDS = [0.000002, 0.000005, 0.00001, 0.00002, 0.00005, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1]
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
  outrigger_inspect_seconds: {
    type: 'histogram',
    help: 'Time to decode, authorize and validate one edit. One frame in 16 of a room is timed.',
    labels: [],
    buckets: CPU_SECONDS,
  },
  outrigger_wait_seconds: {
    type: 'histogram',
    help: "From a room's first edit of a batch being decoded to the batch being taken.",
    labels: [],
    buckets: KEYSTROKE_SECONDS,
  },
  outrigger_apply_seconds: {
    type: 'histogram',
    help: "Time to apply one room's batch to its document.",
    labels: [],
    buckets: CPU_SECONDS,
  },
  outrigger_parked_edits_total: {
    type: 'counter',
    help: 'Edits that came before what they build on, at each try: kept for a while, or dropped and asked for again.',
    labels: ['outcome'],
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
  outrigger_fan_out_seconds: {
    type: 'histogram',
    help: 'Time to hand one update to the sockets of everyone in its room.',
    labels: [],
    buckets: CPU_SECONDS,
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
  outrigger_answer_seconds: {
    type: 'histogram',
    help: 'From a client saying what it has to the document being handed to its socket; it waits for what is being written.',
    labels: [],
    buckets: WAIT_SECONDS,
  },
  outrigger_answers_total: {
    type: 'counter',
    help: 'These answers: the whole document, or the difference to what the client has.',
    labels: ['kind'],
  },
  outrigger_answer_bytes_total: {
    type: 'counter',
    help: 'Bytes of these answers.',
    labels: ['kind'],
  },
  outrigger_lagging_sessions: {
    type: 'gauge',
    help: 'Peers that take their bytes too slowly; each is sent nothing until it has caught up.',
    labels: [],
  },
  outrigger_lag_seconds: {
    type: 'histogram',
    help: 'How long peers lagged, by what became of it; too_slow: closed because it did not catch up.',
    labels: ['outcome'],
    buckets: WAIT_SECONDS,
  },
  outrigger_presence_received_total: {
    type: 'counter',
    help: 'Awareness states received from clients.',
    labels: [],
  },
  outrigger_presence_sent_total: {
    type: 'counter',
    help: 'Awareness states handed to sockets; a state that is shown to three peers counts three times.',
    labels: [],
  },
  outrigger_presence_sent_bytes_total: {
    type: 'counter',
    help: 'Bytes of their frames.',
    labels: [],
  },
  outrigger_compaction_seconds: {
    type: 'histogram',
    help: "Time to replace a document's log by a snapshot.",
    labels: [],
    buckets: WAIT_SECONDS,
  },
  outrigger_compaction_bytes_total: {
    type: 'counter',
    help: 'Bytes of the snapshots written.',
    labels: [],
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
  outrigger_data_free_bytes: {
    type: 'gauge',
    help: 'Free space on the disk of the data folder; NaN when it cannot be told.',
    labels: [],
  },
  outrigger_memory_bytes: {
    type: 'gauge',
    help: 'Estimated memory of the rooms: live documents, encoded copies for joiners, edits that wait.',
    labels: ['kind'],
  },
  outrigger_memory_used_bytes: {
    type: 'gauge',
    help: 'The same in all, as it counts against the limit: with rooms that are loading or being unloaded.',
    labels: [],
  },
  outrigger_memory_limit_bytes: { type: 'gauge', help: 'What it may be (rooms.maxBytes).', labels: [] },
  outrigger_evictions_total: {
    type: 'counter',
    help: 'Empty rooms that were unloaded early, by what there was too much of.',
    labels: ['reason'],
  },
  outrigger_access_changes_total: {
    type: 'counter',
    help: 'Open sockets whose access changed, or ended because it was removed or the sign-in is over.',
    labels: ['what'],
  },
  outrigger_config_reloads_total: {
    type: 'counter',
    help: 'Times the configuration was read again: with changes for people, without, or refused for its faults.',
    labels: ['outcome'],
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
