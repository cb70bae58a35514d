import { setTimeout as sleep } from 'node:timers/promises'

/** Waits `ms`, or less when `signal` aborts; says whether the time passed. Never throws. */
export async function wait(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
