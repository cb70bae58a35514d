/** Time as a room sees it, injected so that tests can drive it. */
export type Clock = {
  /** Milliseconds since the epoch, for records. */
  now(): number
  /** Monotonic milliseconds, for durations; the real clock counts from the start of the process. */
  elapsed(): number
  /** Runs once the current burst of socket events was handled. */
  defer(task: () => void): void
  /** Runs `task` once after `ms`; returns its cancel. */
  after(ms: number, task: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  defer: (task) => {
    setImmediate(task)
  },
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}
