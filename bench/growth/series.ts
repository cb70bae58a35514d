/**
 * What grows with what: one thing gets larger from point to point, and the work stays the same, so that
 * a line that rises is a cost that somebody has to explain.
 */
import { PLAIN_GROUP } from '../plan/scenario.ts'
import { type Figure, JOIN, P50, P99, RSS, type Series } from '../sizing/series.ts'

const KB = 1_000
const MB = 1_000_000
const MICROSECONDS = 1_000
const DECADE = 10

/** Typists of a large room share the edits of a small one. */
const EDITS_PER_SECOND = 20
const MAX_TYPISTS = 10

const CPU_PER_DELIVERY: Figure = {
  label: 'server CPU for a delivery',
  unit: 'µs',
  of: ({ server }) => server && server.cpuMsPerDelivery * MICROSECONDS,
}
const DISK: Figure = {
  label: 'on disk',
  unit: 'MB',
  of: ({ server }) => (server?.diskBytes === undefined ? undefined : server.diskBytes / MB),
}
const COLD_LOAD: Figure = { ...JOIN, label: 'cold load: first join after a restart' }
const SERVER_CPU_SECONDS: Figure = {
  label: 'server CPU after the restart',
  unit: 's',
  of: ({ server }) => server?.cpuSeconds,
}

/** With the command of one series; a point takes 10 to 60 s. */
function command(name: string): () => string {
  return () => `npm run bench:growth -- --only ${name}`
}

const clients: Series = {
  name: 'clients',
  title: 'People in one room',
  axis: 'people in the room',
  about: `${EDITS_PER_SECOND} keys/s in the room, whoever types them: at most ${MAX_TYPISTS} people do, the others read.`,
  points: [2, 5, 10, 20, 50, 100, 200, 500],
  base: DECADE,
  group: (people) => {
    const writers = Math.min(people, MAX_TYPISTS)
    return { ...PLAIN_GROUP, clients: people, writers, rate: EDITS_PER_SECOND / writers }
  },
  figures: [CPU_PER_DELIVERY, P50, P99, RSS],
  command: command('clients'),
}

const rooms: Series = {
  name: 'rooms',
  title: 'Rooms',
  axis: 'rooms',
  about: 'Three people in each, one types 2 keys/s into a text of 10 KB.',
  points: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  base: DECADE,
  group: (count) => ({
    ...PLAIN_GROUP,
    rooms: count,
    clients: 3,
    writers: 1,
    rate: 2,
    document: { shape: 'text', bytes: 10 * KB, cells: 0, storedAs: 0 },
  }),
  figures: [CPU_PER_DELIVERY, P50, P99, RSS],
  command: command('rooms'),
}

const document: Series = {
  name: 'document',
  title: 'Size of the document',
  axis: 'notebook, KB',
  about:
    'Four people in one notebook, one types 5 keys/s. The document is on disk when the server is restarted; then they come.',
  points: [10, 30, 100, 300, 1_000, 3_000, 10_000],
  base: DECADE,
  scenario: { restartBeforeJoin: true, drainSeconds: 60 },
  group: (kilobytes) => ({
    ...PLAIN_GROUP,
    clients: 4,
    writers: 1,
    document: { shape: 'notebook', bytes: kilobytes * KB, cells: 0, storedAs: 0 },
  }),
  figures: [COLD_LOAD, P99, RSS, DISK, CPU_PER_DELIVERY, P50],
  command: command('document'),
}

const history: Series = {
  name: 'history',
  title: 'Length of the history',
  axis: 'edits stored',
  about:
    'A text of 50 KB that so many single edits have led to; most of what they wrote was deleted again. The server is restarted, then somebody opens it. What it costs should follow the size of the document and not the number of keys ever pressed.',
  points: [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000],
  base: DECADE,
  scenario: { restartBeforeJoin: true, warmUpSeconds: 0, drainSeconds: 60 },
  group: (edits) => ({
    ...PLAIN_GROUP,
    name: 'reader',
    clients: 1,
    writers: 0,
    // Opened while the server is watched, not before.
    arriveAfterSeconds: 1,
    document: { shape: 'text', bytes: 50 * KB, cells: 0, storedAs: edits },
  }),
  figures: [COLD_LOAD, DISK, RSS, SERVER_CPU_SECONDS],
  command: command('history'),
}

export const GROWTH: readonly Series[] = [clients, rooms, document, history]
