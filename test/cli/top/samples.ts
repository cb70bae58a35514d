import type { ActivityAnswer, RoomActivityAnswer } from '../../../src/http/routes/rooms.ts'
import { Distribution } from '../../../src/observability/distribution.ts'

export const STARTED_AT = 1_700_000_000_000
const TIMES = ['inspect', 'wait', 'apply', 'commit', 'fanOut', 'broadcast'] as const
const COUNTERS = [
  'receivedBytes',
  'edits',
  'deliveries',
  'sentBytes',
  'commitRecords',
  'refusals',
  'presenceReceived',
  'presenceSent',
] as const

export function sampleRoom(name: string, room: Partial<RoomActivityAnswer> = {}): RoomActivityAnswer {
  return {
    key: name.slice(0, 8),
    name,
    state: 'open',
    people: 1,
    sessions: 1,
    lagging: 0,
    edits: 0,
    deliveries: 0,
    receivedBytes: 0,
    sentBytes: 0,
    stateBytes: 1000,
    pendingBytes: 0,
    idleMs: 4000,
    ...room,
  }
}

/** What the server answers, `second` seconds after its start, when everything was counted `count` times. */
export function sampleAnswer(
  second: number,
  count: number,
  answer: Partial<ActivityAnswer> = {},
): ActivityAnswer {
  const spread = new Distribution([0.001, 0.01, 0.1])
  for (let one = 0; one < count; one += 1) spread.add(0.005)
  const rooms = answer.rooms ?? []
  return {
    version: '1.2.3',
    at: STARTED_AT + second * 1000,
    uptimeMs: second * 1000,
    readiness: { ready: true, reasons: [] },
    isStoreWritable: true,
    connections: 4,
    sessions: 3,
    people: 2,
    lagging: 0,
    pendingBytes: 0,
    roomStates: { loading: 0, open: 2, idle: 1, closing: 0 },
    process: {
      cpuSeconds: count / 100,
      busySeconds: count / 200,
      rssBytes: 100 * 2 ** 20,
      heapUsedBytes: 40 * 2 ** 20,
      heapLimitBytes: 2 * 2 ** 30,
      externalBytes: 0,
      loopDelay: { p50Ms: 1, p99Ms: 2, maxMs: 3 },
    },
    counters: Object.fromEntries(COUNTERS.map((name) => [name, count])) as ActivityAnswer['counters'],
    times: Object.fromEntries(TIMES.map((name) => [name, spread.read()])) as ActivityAnswer['times'],
    roomCount: rooms.length,
    areNamesShown: true,
    rooms,
    ...answer,
  }
}
