/** Every magnitude of the standard run in one place. */
export const BENCH = {
  /** Two people in one room, on a disk that is told to flush (`fsync: always`). */
  typing: { people: 2, keysPerSecond: 10, warmUpMs: 3_000, measureMs: 20_000 },
  memory: { notebookBytes: 1_000_000, cells: 400 },
  startUp: { runs: 7 },
} as const

/** What is promised; a run that misses one says so and ends with exit code 1. */
export const LIMITS = {
  deliveryP50Ms: 5,
  deliveryP99Ms: 30,
  rssBytes: 150 * 1024 * 1024,
  readyMs: 1_000,
} as const
