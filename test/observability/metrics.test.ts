import assert from 'node:assert/strict'
import { test } from 'node:test'
import { register as globalRegistry } from 'prom-client'
import { DelayWindow } from '../../src/observability/delay-window.ts'
import { METRICS } from '../../src/observability/metric-table.ts'
import { type LiveStats, createMetrics } from '../../src/observability/metrics.ts'
import { ERRORS } from '../../src/protocol/errors.ts'

const IDLE: LiveStats = {
  rooms: {},
  sessions: 0,
  connections: 0,
  pendingBytes: 0,
  memory: { documents: 0, caches: 0, queues: 0, used: 0, limit: 0 },
}

function metricsWith(stats: () => LiveStats = () => IDLE, delays = new DelayWindow()) {
  return createMetrics({ version: '1.2.3', stats, delays })
}

/** The value of one sample line of the text. */
async function sample(metrics: ReturnType<typeof createMetrics>, line: string): Promise<number> {
  const { text } = await metrics.render()
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `))
  assert.ok(found !== undefined, `${line} is missing in\n${text}`)
  return Number(found.slice(line.length + 1))
}

test('every metric of the table is in the text, with its help and type', async () => {
  const { text, contentType } = await metricsWith().render()
  for (const [name, { help, type }] of Object.entries(METRICS)) {
    assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), name)
  }
  assert.match(contentType, /^text\/plain; version=0\.0\.4/)
})

test('there is no metric of ours that the table does not list', async () => {
  const { text } = await metricsWith().render()
  const names = [...text.matchAll(/^# TYPE (outrigger_\S+)/gm)].map((match) => match[1])
  assert.deepEqual(new Set(names), new Set(Object.keys(METRICS)))
})

test('the process describes itself: memory, CPU and event-loop lag', async () => {
  const { text } = await metricsWith().render()
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    assert.ok(text.includes(`# TYPE ${name} `), name)
  }
})

test('how late the event loop was is told for the time since the last scrape', async () => {
  const delays = new DelayWindow()
  const metrics = metricsWith(undefined, delays)
  for (const ms of [0, 10, 20]) delays.record(ms)
  const { text } = await metrics.render()
  const secondsOf = (which: string): number =>
    Number(new RegExp(`^nodejs_eventloop_lag_${which}seconds (\\S+)$`, 'm').exec(text)?.[1])
  assert.ok(Math.abs(secondsOf('max_') - 0.02) < 0.001, text)
  assert.ok(Math.abs(secondsOf('p50_') - 0.01) < 0.001, text)
  assert.ok(Math.abs(secondsOf('') - 0.01) < 0.001, text)
  assert.equal(await sample(metrics, 'nodejs_eventloop_lag_max_seconds'), 0)
})

test('two servers in one process count apart, and nothing is registered globally', async () => {
  const [one, other] = [metricsWith(), metricsWith()]
  one.observer.left()
  assert.equal(await sample(one, 'outrigger_leaves_total'), 1)
  assert.equal(await sample(other, 'outrigger_leaves_total'), 0)
  assert.equal(globalRegistry.getMetricsAsArray().length, 0)
})

test('every code of the error table is counted under its own name', async () => {
  const metrics = metricsWith()
  for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
    assert.equal(await sample(metrics, `outrigger_rejected_total{code="${code}"}`), 0)
    metrics.observer.rejected(code)
    assert.equal(await sample(metrics, `outrigger_rejected_total{code="${code}"}`), 1)
  }
})

test('what rooms report is counted, in seconds and bytes', async () => {
  const metrics = metricsWith()
  const { observer } = metrics
  observer.received('update', 30)
  observer.received('awareness', 12)
  observer.committed({ rooms: 2, records: 7, bytes: 500, ms: 1.5 })
  observer.broadcast({ recipients: 3, bytes: 90, ms: 4, fanOutMs: 0.5 })
  observer.joined(20)
  observer.loaded(2000)
  assert.equal(await sample(metrics, 'outrigger_messages_received_total{kind="update"}'), 1)
  assert.equal(await sample(metrics, 'outrigger_messages_received_total{kind="save"}'), 0)
  assert.equal(await sample(metrics, 'outrigger_received_bytes_total'), 42)
  assert.equal(await sample(metrics, 'outrigger_commit_seconds_sum'), 0.0015)
  assert.equal(await sample(metrics, 'outrigger_commit_seconds_bucket{le="0.002"}'), 1)
  assert.equal(await sample(metrics, 'outrigger_commit_seconds_bucket{le="0.001"}'), 0)
  assert.equal(await sample(metrics, 'outrigger_commit_records_sum'), 7)
  assert.equal(await sample(metrics, 'outrigger_commit_rooms_sum'), 2)
  assert.equal(await sample(metrics, 'outrigger_commit_bytes_total'), 500)
  assert.equal(await sample(metrics, 'outrigger_broadcast_seconds_sum'), 0.004)
  assert.equal(await sample(metrics, 'outrigger_broadcast_frames_total'), 3)
  assert.equal(await sample(metrics, 'outrigger_broadcast_bytes_total'), 90)
  assert.equal(await sample(metrics, 'outrigger_join_seconds_sum'), 0.02)
  assert.equal(await sample(metrics, 'outrigger_load_seconds_sum'), 2)
})

test('every step of an edit is told apart, and what became of slow peers', async () => {
  const metrics = metricsWith()
  const { observer } = metrics
  observer.inspected(0.02)
  observer.applied({ waitMs: 3, ms: 0.2 })
  observer.broadcast({ recipients: 3, bytes: 90, ms: 4, fanOutMs: 0.05 })
  observer.answered({ kind: 'whole', bytes: 1000, ms: 2 })
  observer.answered({ kind: 'difference', bytes: 10, ms: 2 })
  observer.lagStarted()
  observer.lagStarted()
  observer.lagEnded('too_slow', 30_000)
  observer.parked('dropped')
  observer.presenceReceived(2)
  observer.presenceSent(6, 300)
  observer.compacted({ bytes: 5000, ms: 40 })
  for (const [line, value] of [
    ['outrigger_inspect_seconds_bucket{le="0.00002"}', 1],
    ['outrigger_inspect_seconds_bucket{le="0.00001"}', 0],
    ['outrigger_wait_seconds_sum', 0.003],
    ['outrigger_apply_seconds_count', 1],
    ['outrigger_apply_seconds_bucket{le="+Inf"}', 1],
    ['outrigger_fan_out_seconds_bucket{le="0.00005"}', 1],
    ['outrigger_answer_seconds_count', 2],
    ['outrigger_answers_total{kind="whole"}', 1],
    ['outrigger_answer_bytes_total{kind="whole"}', 1000],
    ['outrigger_answer_bytes_total{kind="difference"}', 10],
    ['outrigger_lagging_sessions', 1],
    ['outrigger_lag_seconds_count{outcome="too_slow"}', 1],
    ['outrigger_lag_seconds_bucket{le="30",outcome="too_slow"}', 1],
    ['outrigger_lag_seconds_bucket{le="10",outcome="too_slow"}', 0],
    ['outrigger_lag_seconds_count{outcome="caught_up"}', 0],
    ['outrigger_parked_edits_total{outcome="dropped"}', 1],
    ['outrigger_parked_edits_total{outcome="kept"}', 0],
    ['outrigger_presence_received_total', 2],
    ['outrigger_presence_sent_total', 6],
    ['outrigger_presence_sent_bytes_total', 300],
    ['outrigger_compaction_seconds_sum', 0.04],
    ['outrigger_compaction_bytes_total', 5000],
  ] as const)
    assert.equal(await sample(metrics, line), value, line)
})

test('requests are counted by route pattern and status class', async () => {
  const metrics = metricsWith()
  metrics.answered({ route: '/outrigger/', status: 200, ms: 5 })
  metrics.answered({ route: '/outrigger/', status: 204, ms: 5 })
  metrics.answered({ route: '/outrigger/', status: 503, ms: 5 })
  const of = (status: string) =>
    sample(metrics, `outrigger_http_request_seconds_count{route="/outrigger/",status="${status}"}`)
  assert.equal(await of('2xx'), 2)
  assert.equal(await of('5xx'), 1)
})

test('sizes are asked for at each scrape; a state that has no rooms any more is 0', async () => {
  let stats: LiveStats = {
    rooms: { open: 3, degraded: 1 },
    sessions: 5,
    connections: 6,
    pendingBytes: 7,
    memory: { documents: 8, caches: 9, queues: 10, used: 11, limit: 12 },
  }
  const metrics = metricsWith(() => stats)
  assert.equal(await sample(metrics, 'outrigger_rooms{state="open"}'), 3)
  assert.equal(await sample(metrics, 'outrigger_rooms{state="degraded"}'), 1)
  assert.equal(await sample(metrics, 'outrigger_sessions'), 5)
  assert.equal(await sample(metrics, 'outrigger_connections'), 6)
  assert.equal(await sample(metrics, 'outrigger_pending_bytes'), 7)
  assert.equal(await sample(metrics, 'outrigger_memory_bytes{kind="documents"}'), 8)
  assert.equal(await sample(metrics, 'outrigger_memory_bytes{kind="queues"}'), 10)
  assert.equal(await sample(metrics, 'outrigger_memory_used_bytes'), 11)
  assert.equal(await sample(metrics, 'outrigger_memory_limit_bytes'), 12)
  stats = IDLE
  assert.equal(await sample(metrics, 'outrigger_rooms{state="open"}'), 0)
  assert.equal(await sample(metrics, 'outrigger_sessions'), 0)
})
