/** The loads under which servers are compared, each short: the whole table must fit into an hour. */
import {
  type DocumentPlan,
  type Group,
  type Kill,
  PLAIN_GROUP,
  PLAIN_SCENARIO,
  type Ramp,
  type Scenario,
} from '../plan/scenario.ts'
import * as metrics from './metrics.ts'
import type { Metric } from './metrics.ts'
import type { Target } from './targets.ts'

/** What only a target can fill in is left out. */
export type Load = Omit<Scenario, 'url' | 'protocol' | 'roomPrefix'>

export type Workload = {
  readonly name: string
  readonly title: string
  /** What is done and how to read it; sentences for the report. */
  readonly about: string
  readonly load: Load
  /** The first is the one that is drawn and summed up. */
  readonly metrics: readonly [Metric, ...Metric[]]
  readonly takesPart: (target: Target) => boolean
  /** For one run, from the start of the server to its verification, in seconds. */
  readonly limitSeconds: number
}

/** A server's code is compiled while it runs; its first seconds are dearer than those that follow. */
const WARM_UP_SECONDS = 2
const KEYS_PER_SECOND = 10
const LIMIT_SECONDS = 60
const LONG_LIMIT_SECONDS = 150

const everybody = (): boolean => true
const isIn = (names: readonly string[]) => (target: Target) => names.includes(target.name)
const persisting = (target: Target): boolean => target.doesPersist

const RELAYS = ['relay-message', 'relay-turn', 'relay-gap']
/** One server of each kind; the two y-websocket servers differ little, and each run costs time. */
const ONE_OF_EACH = isIn(['outrigger', 'y-websocket-server', 'hocuspocus', 'relay-message'])
/** Where nothing is stored. */
const IN_MEMORY = isIn(['outrigger', 'y-websocket-server', 'y-websocket-2', 'hocuspocus', ...RELAYS])
/** A search takes long; of the relays those that it can tell apart. */
const FEW = isIn(['outrigger', 'y-websocket-server', 'hocuspocus', 'relay-message', 'relay-turn'])
const MOST = isIn([
  'outrigger',
  'y-websocket-server',
  'y-websocket-leveldb',
  'hocuspocus',
  'hocuspocus-sqlite',
  ...RELAYS,
])

function load(name: string, groups: readonly Group[], more: Partial<Load> = {}): Load {
  return {
    ...PLAIN_SCENARIO,
    name,
    warmUpSeconds: WARM_UP_SECONDS,
    forSeconds: 4,
    drainSeconds: 10,
    groups,
    ...more,
  }
}

function typists(rooms: number, clients: number, writers: number): Group {
  return { ...PLAIN_GROUP, rooms, clients, writers, rate: KEYS_PER_SECOND }
}

type Size = {
  readonly name: string
  readonly words: string
  readonly group: Group
  readonly forSeconds?: number
  readonly typed: (target: Target) => boolean
  /** `from`: where the search for the limit begins, in keys a second and writer. */
  readonly ramp?: { readonly from: number; readonly by: (target: Target) => boolean }
}

const SIZES: readonly Size[] = [
  {
    name: '1x2',
    words: 'two people in one room',
    group: typists(1, 2, 2),
    forSeconds: 8,
    typed: everybody,
  },
  {
    name: '10x10',
    words: '10 rooms of 10, everybody types',
    group: typists(10, 10, 10),
    typed: everybody,
    ramp: { from: 20, by: FEW },
  },
  {
    name: '1x50',
    words: 'one room of 50, 10 type',
    group: typists(1, 50, 10),
    typed: IN_MEMORY,
    ramp: { from: 80, by: FEW },
  },
  {
    name: '1x200',
    words: 'one room of 200, 30 type',
    group: typists(1, 200, 30),
    typed: MOST,
    ramp: { from: 5, by: FEW },
  },
]

const typing = SIZES.map(({ name, words, group, forSeconds = 4, typed }): Workload => ({
  name: `typing-${name}`,
  title: `Typing: ${words} at ${KEYS_PER_SECOND} keys/s`,
  about:
    'A key each 100 ms and writer. Latency runs from the moment a key was meant to be sent to its arrival at another client.',
  load: load(`typing-${name}`, [group], { forSeconds }),
  metrics: [metrics.CPU_PER_1000, metrics.LATENCY_P50, metrics.LATENCY_P99],
  takesPart: typed,
  limitSeconds: LIMIT_SECONDS,
}))

const ramps = SIZES.flatMap(({ name, words, group, ramp: search }): Workload[] => {
  if (search === undefined) return []
  const { from, by } = search
  const ramp: Ramp = { p99Ms: 100, from, to: from * 256, factor: 2, refine: 1, stepSeconds: 2 }
  return [
    {
      name: `saturation-${name}`,
      title: `Typing to saturation: ${words}`,
      about: `The rate is doubled from ${from} keys/s and writer in steps of ${ramp.stepSeconds} s until p99 exceeds ${ramp.p99Ms} ms or edits stay behind; then the last gap is halved once. So a figure is a rung of a ladder, not an exact limit.`,
      load: load(`saturation-${name}`, [{ ...group, rate: from }], { ramp, forSeconds: ramp.stepSeconds }),
      metrics: [metrics.SUSTAINED, metrics.CPU_SATURATED],
      takesPart: by,
      limitSeconds: LONG_LIMIT_SECONDS,
    },
  ]
})

const stored: Workload = {
  name: 'stored-edits',
  title: 'Storing: 5 people alone in their rooms write 1,000 edits a second each',
  about:
    'Nobody is there to be sent anything: what is left is receiving, applying and storing. A server that stores later pays a part of it after the measured time.',
  load: load('stored-edits', [{ ...PLAIN_GROUP, rooms: 5, clients: 1, writers: 1, rate: 1000 }]),
  metrics: [metrics.CPU_PER_EDIT],
  takesPart: persisting,
  limitSeconds: LIMIT_SECONDS,
}

const presence: Workload = {
  name: 'presence-storm',
  title: 'Presence storm: 100 clients in one room move their cursors 5 times a second',
  about:
    'A server may skip a state when a newer one of the same client follows; a cursor counts as delivered when that or a newer one arrives.',
  load: load('presence-storm', [
    { ...PLAIN_GROUP, name: 'cursors', clients: 100, writers: 0, cursorRate: 5 },
  ]),
  metrics: [metrics.CPU_PER_1000, metrics.PRESENCE_P50, metrics.PRESENCE_P99],
  takesPart: IN_MEMORY,
  limitSeconds: LIMIT_SECONDS,
}

/**
 * With these there are enough rooms for workers to get whole ones, the storm one, the bystander the
 * other: a bystander in the process of the storm would wait for that process, not for the server.
 */
const OTHER_ROOMS: Group = { ...PLAIN_GROUP, name: 'others', rooms: 2, clients: 1, writers: 0 }

function joinStorm(name: string, clients: number, document: DocumentPlan): Workload {
  const megabytes = document.bytes / 1e6
  const storm: Group = {
    ...PLAIN_GROUP,
    name: 'storm',
    clients,
    writers: 0,
    document,
    // A second into the measured time: the calm before belongs to the picture.
    arriveAfterSeconds: WARM_UP_SECONDS + 1,
  }
  const bystander: Group = { ...PLAIN_GROUP, name: 'bystander', clients: 2, writers: 1, rate: 50 }
  return {
    name,
    title: `Join storm: ${clients} clients open a notebook of ${megabytes} MB at once`,
    about: `Meanwhile somebody types 50 keys/s in another room. The one who wrote the notebook stays until the first has joined. The relay answers with the frames it has seen; a server must have the document.`,
    load: load(name, [storm, bystander, OTHER_ROOMS], { workers: 2, forSeconds: 5, drainSeconds: 30 }),
    metrics: [metrics.ALL_JOINED, metrics.BYSTANDER_P99, metrics.BYSTANDER_MAX, metrics.CPU_SECONDS],
    takesPart: ONE_OF_EACH,
    limitSeconds: LONG_LIMIT_SECONDS,
  }
}

const notebook = (bytes: number): DocumentPlan => ({ shape: 'notebook', bytes, cells: 0, storedAs: 0 })
const joinStorms = [
  joinStorm('join-storm-1mb', 200, notebook(1_000_000)),
  joinStorm('join-storm-10mb', 50, notebook(10_000_000)),
]

const coldLoads = [10_000, 100_000].map((updates): Workload => {
  const document: DocumentPlan = { shape: 'text', bytes: updates, cells: 0, storedAs: updates }
  const reader: Group = {
    ...PLAIN_GROUP,
    name: 'reader',
    clients: 1,
    writers: 0,
    document,
    arriveAfterSeconds: 1,
  }
  return {
    name: `cold-load-${updates / 1000}k`,
    title: `Cold load: a document written as ${updates.toLocaleString('en-US')} small updates`,
    about:
      'The document is written key by key, the server is stopped in good order and started again, then one client opens it. CPU and disk are those of the server after the restart.',
    load: load(`cold-load-${updates / 1000}k`, [reader], {
      warmUpSeconds: 0,
      restartBeforeJoin: true,
      drainSeconds: 30,
    }),
    metrics: [metrics.COLD_JOIN, metrics.CPU_SECONDS, metrics.DISK],
    takesPart: persisting,
    limitSeconds: LONG_LIMIT_SECONDS,
  }
})

const idle: Workload = {
  name: 'idle',
  title: 'At rest: 5,000 connections in 500 rooms',
  about:
    'Nobody does anything for 10 s. Memory is the growth from before the first connection to after the last one; keep-alive messages that come more seldom than every 10 s are hardly in the CPU figure.',
  load: load('idle', [{ ...PLAIN_GROUP, name: 'idle', rooms: 500, clients: 10, writers: 0 }], {
    forSeconds: 10,
  }),
  metrics: [metrics.RSS_PER_CONNECTION, metrics.CPU_AT_REST],
  takesPart: ONE_OF_EACH,
  limitSeconds: LONG_LIMIT_SECONDS,
}

const slowReaders = [1, 0].map((stalled): Workload => ({
  name: stalled > 0 ? 'slow-reader' : 'no-slow-reader',
  title:
    stalled > 0
      ? 'Slow reader: one of 10 clients stops reading while 2 MB/s are streamed'
      : 'The same without a slow reader: what the growth is when everybody reads',
  about:
    'Outputs of 2 MB/s flow into a notebook and 4 people type on. Growth holds the document itself (about 10 MB) and what is queued for the reader who does not read, and what the garbage collector has not taken yet.',
  load: load(
    stalled > 0 ? 'slow-reader' : 'no-slow-reader',
    [
      {
        ...PLAIN_GROUP,
        clients: 10,
        writers: 4,
        rate: KEYS_PER_SECOND,
        document: notebook(20_000),
        outputMessagesPerSecond: 50,
        outputBytesPerSecond: 2_000_000,
        stalled,
      },
    ],
    { forSeconds: 5 },
  ),
  metrics: [metrics.RSS_GROWTH, metrics.LATENCY_P99],
  takesPart: ONE_OF_EACH,
  limitSeconds: LIMIT_SECONDS,
}))

/** At once and a second later; and at once while much is under way. */
const KILLS = [
  { seconds: 0, rate: KEYS_PER_SECOND },
  { seconds: 1, rate: KEYS_PER_SECOND },
  { seconds: 0, rate: 60 },
] as const

const kills = KILLS.map(({ seconds, rate }): Workload => {
  const kill: Kill = { after: 'last-delivery', seconds }
  const editsPerSecond = 100 * rate
  const name = `kill-${seconds * 1000}ms-${editsPerSecond}`
  return {
    name,
    title: `kill -9, ${seconds * 1000} ms after the last delivery of ${editsPerSecond.toLocaleString('en-US')} edits/s`,
    about: `10 rooms of 10 type at ${rate} keys/s for 4 s; everything has arrived everywhere; then the process is killed and started again. What the operating system had taken survives this: it is no test of a power cut, which only \`fsync always\` is made for.`,
    load: load(name, [{ ...typists(10, 10, 10), rate }], { warmUpSeconds: 0, kill }),
    metrics: [metrics.SEEN_LOST, metrics.BACK_AFTER],
    takesPart: persisting,
    limitSeconds: LIMIT_SECONDS,
  }
})

export const WORKLOADS: readonly Workload[] = [
  ...typing,
  ...ramps,
  stored,
  presence,
  ...joinStorms,
  ...coldLoads,
  idle,
  ...slowReaders,
  ...kills,
]

/** The load as this target is to get it; `url` as of the running server, `roomPrefix` of this run. */
export function scenarioFor(
  load: Load,
  target: Target,
  place: { readonly url: string; readonly roomPrefix: string },
): Scenario {
  return { ...load, ...place, protocol: target.protocol }
}
