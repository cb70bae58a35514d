/** How cost grows: one thing is doubled from point to point, all else stays. */
import type { Draft } from '../plan/draft.ts'
import { type Group, PLAIN_GROUP } from '../plan/scenario.ts'
import type { RunResult } from '../result.ts'

const MB = 1_000_000

/** Of one point. */
export const TIMES = { warmUpSeconds: 1, forSeconds: 5, drainSeconds: 20 } as const
const TIME_FLAGS = `--warm-up ${TIMES.warmUpSeconds}s --for ${TIMES.forSeconds}s --drain ${TIMES.drainSeconds}s`

/** With flags that give the group of a point. */
export function benchCommand(flags: string): string {
  return `outrigger bench ${flags} ${TIME_FLAGS}`
}

export type Figure = {
  readonly label: string
  readonly unit: string
  readonly of: (result: RunResult) => number | undefined
}

export type Series = {
  readonly name: string
  readonly title: string
  /** What grows, as the axis says it. */
  readonly axis: string
  readonly about: string
  readonly points: readonly number[]
  readonly group: (x: number) => Group
  readonly figures: readonly Figure[]
  /** From point to point, about: the axis is divided by it; 2 where it is not said. */
  readonly base?: number
  /** What differs from a plain scenario with `TIMES`. */
  readonly scenario?: Partial<Omit<Draft, 'groups' | 'name' | 'roomPrefix'>>
  /** Runs one point. */
  readonly command: (x: number) => string
}

export const CPU: Figure = {
  label: 'server CPU',
  unit: '% of a core',
  of: ({ steps }) => percent(steps[0]?.serverCpuShare),
}
export const P50: Figure = {
  label: 'edit to the others, p50',
  unit: 'ms',
  of: ({ groups }) => groups[0]?.latency.p50Ms,
}
export const P99: Figure = {
  label: 'edit to the others, p99',
  unit: 'ms',
  of: ({ groups }) => groups[0]?.latency.p99Ms,
}
export const RSS: Figure = {
  label: 'server memory',
  unit: 'MB',
  of: ({ server }) => server && server.rssBytesPeak / MB,
}
export const JOIN: Figure = {
  label: 'time to open, slowest',
  unit: 'ms',
  of: ({ groups }) => groups[0]?.joins.maxMs,
}
const DELIVERIES: Figure = {
  label: 'deliveries',
  unit: '/s',
  of: ({ steps }) => steps[0]?.deliveriesPerSecond,
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100
}

const RATE = 5

export const SERIES: readonly Series[] = [
  {
    name: 'clients',
    title: 'People in one room',
    axis: 'people in the room',
    about: `One of four types ${RATE} keys/s; everybody has a cursor that follows and renews presence.`,
    points: [2, 4, 8, 16, 32, 64, 128, 256],
    group: (clients) => ({
      ...PLAIN_GROUP,
      clients,
      writers: Math.max(1, clients / 4),
      rate: RATE,
      cursorFollowsKeys: true,
      renewSeconds: 15,
    }),
    figures: [CPU, P50, P99, RSS, DELIVERIES],
    command: (clients) =>
      benchCommand(
        `--rooms 1 --clients ${clients} --writers ${Math.max(1, clients / 4)} --rate ${RATE} --cursors-follow-keys --renew 15s`,
      ),
  },
  {
    name: 'rooms',
    title: 'Rooms of three',
    axis: 'rooms',
    about: `Three people in each, one types ${RATE} keys/s, in a notebook of 50 KB.`,
    points: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    group: (rooms) => ({
      ...PLAIN_GROUP,
      rooms,
      clients: 3,
      writers: 1,
      rate: RATE,
      document: { shape: 'notebook', bytes: 50_000, cells: 0, storedAs: 0 },
      cursorFollowsKeys: true,
      renewSeconds: 15,
    }),
    figures: [CPU, P50, P99, RSS, DELIVERIES],
    command: (rooms) =>
      benchCommand(
        `--rooms ${rooms} --clients 3 --writers 1 --rate ${RATE} --document notebook --document-size 50KB --cursors-follow-keys --renew 15s`,
      ),
  },
  {
    name: 'document',
    title: 'Size of one notebook',
    axis: 'notebook, MB',
    about: 'Four people in one room, one types 5 keys/s; the time to open is that of the slowest.',
    points: [0.25, 0.5, 1, 2, 4, 8],
    group: (megabytes) => ({
      ...PLAIN_GROUP,
      clients: 4,
      writers: 1,
      rate: RATE,
      document: { shape: 'notebook', bytes: megabytes * MB, cells: 0, storedAs: 0 },
    }),
    figures: [JOIN, P50, P99, RSS, CPU],
    command: (megabytes) =>
      benchCommand(
        `--rooms 1 --clients 4 --writers 1 --rate ${RATE} --document notebook --document-size ${megabytes}MB`,
      ),
  },
  {
    name: 'idle',
    title: 'Connections at rest',
    axis: 'connections',
    about: 'Ten to a room, nobody types; presence is renewed each 15 s, as stock clients do.',
    points: [250, 500, 1000, 2000, 4000],
    group: (connections) => ({
      ...PLAIN_GROUP,
      name: 'idle',
      rooms: connections / 10,
      clients: 10,
      writers: 0,
      rate: 0,
      renewSeconds: 15,
    }),
    figures: [RSS, CPU],
    command: (connections) =>
      benchCommand(`--rooms ${connections / 10} --clients 10 --writers 0 --renew 15s`),
  },
]
