import { DelayWindow } from './delay-window.ts'

export type EventLoopWatch = {
  /** True once the event loop was held up again and again for the whole of the stated time. */
  readonly isLagging: () => boolean
  /** Delays from now on, for one more who reads them. */
  readonly window: () => DelayWindow
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

/** The event loop counts as busy above this share of the time. */
const BUSY_SHARE = 0.05
const BUSY_TICK_MS = 10

/**
 * How late a timer of its own is: told to those who read it, and to tell a server that is overloaded
 * from one that was busy for a moment.
 *
 * It looks often only while the loop is busy, for each look wakes a sleeping process: Node's own
 * delay histogram, which prom-client turns on, wakes it 100 times a second, and that was three
 * quarters of what a server without anybody cost. It also loses the first delay after each reset.
 */
export function watchEventLoop({ limitMs, forMs, calmMs }: EventLoopWatchOptions): EventLoopWatch {
  const restTickMs = limitMs / 2
  const windows: DelayWindow[] = []
  let lag: { readonly since: number; readonly lastAt: number } | undefined
  let utilization = performance.eventLoopUtilization()
  let tickMs = restTickMs
  let lastTickAt = performance.now()
  let timer = setTimeout(tick, tickMs).unref()

  function tick(): void {
    const now = performance.now()
    note(Math.max(0, now - lastTickAt - tickMs), now)
    const current = performance.eventLoopUtilization()
    const isBusy = performance.eventLoopUtilization(current, utilization).utilization > BUSY_SHARE
    utilization = current
    tickMs = isBusy ? Math.min(BUSY_TICK_MS, restTickMs) : restTickMs
    lastTickAt = now
    timer = setTimeout(tick, tickMs).unref()
  }

  function note(lateMs: number, now: number): void {
    for (const window of windows) window.record(lateMs)
    if (lateMs > limitMs) lag = { since: lag?.since ?? now, lastAt: now }
    else if (lag !== undefined && now - lag.lastAt > calmMs) lag = undefined
  }

  return {
    isLagging: () => lag !== undefined && performance.now() - lag.since >= forMs,
    window: () => {
      const window = new DelayWindow()
      windows.push(window)
      return window
    },
    close: () => clearTimeout(timer),
  }
}
