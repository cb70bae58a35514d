export type EventLoopWatch = {
  /** True once the event loop was held up again and again for the whole of the stated time. */
  readonly isLagging: () => boolean
  readonly close: () => void
}

export type EventLoopWatchOptions = {
  /** A single delay above this counts. */
  readonly limitMs: number
  /** From the first delay that counts to being called lagging. */
  readonly forMs: number
  /** Without a delay for this long, all is well again. */
  readonly calmMs: number
}

/**
 * Tells a server that is overloaded from one that was busy for a moment.
 *
 * By the lateness of a timer of its own: Node's delay histogram loses the first delay after each
 * reset, which under load is the only one.
 */
export function watchEventLoop({ limitMs, forMs, calmMs }: EventLoopWatchOptions): EventLoopWatch {
  const tickMs = limitMs / 5
  let lastTickAt = performance.now()
  let lag: { readonly since: number; readonly lastAt: number } | undefined
  const timer = setInterval(() => {
    const now = performance.now()
    const lateMs = now - lastTickAt - tickMs
    lastTickAt = now
    if (lateMs > limitMs) lag = { since: lag?.since ?? now, lastAt: now }
    else if (lag !== undefined && now - lag.lastAt > calmMs) lag = undefined
  }, tickMs)
  timer.unref()
  return {
    isLagging: () => lag !== undefined && performance.now() - lag.since >= forMs,
    close: () => clearInterval(timer),
  }
}
