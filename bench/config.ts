/** Every magnitude of the standard set in one place. */
export const BENCH = {
  /** Two people in one room, on a disk that is told to flush (`fsync: always`). */
  typing: { people: 2, keysPerSecond: 10, warmUpSeconds: 3, forSeconds: 20 },
  memory: { notebookBytes: 1_000_000, cells: 400 },
  startUp: { runs: 7 },
  /** Many small rooms, and one large one. */
  rooms: { rooms: 10, people: 10, keysPerSecond: 10, forSeconds: 15 },
  audience: { people: 50, writers: 10, keysPerSecond: 10, forSeconds: 15 },
  presence: { people: 100, movesPerSecond: 5, forSeconds: 10 },
  joins: {
    people: 100,
    documentBytes: 1_000_000,
    bystanderKeysPerSecond: 20,
    afterSeconds: 3,
    forSeconds: 12,
  },
  /** Ends where checking what was written would take longer than writing it. */
  ramp: { rooms: 10, people: 10, p99Ms: 100, from: 16, to: 128, stepSeconds: 4 },
  kill: { rooms: 5, people: 4, keysPerSecond: 10, afterSeconds: 6, forSeconds: 12 },
} as const

/** What is promised; a run that misses one says so and ends with exit code 1. */
export const LIMITS = {
  deliveryP50Ms: 5,
  deliveryP99Ms: 30,
  rssBytes: 150 * 1024 * 1024,
  readyMs: 1_000,
  roomsP99Ms: 100,
  audienceP99Ms: 100,
  presenceP99Ms: 100,
  allJoinedMs: 3_000,
  bystanderP99Ms: 200,
  /** Deliveries a second, of the fastest step. */
  sustained: 10_000,
  /** Edits that somebody had seen. */
  lost: 0,
  backAfterMs: 3_000,
} as const
