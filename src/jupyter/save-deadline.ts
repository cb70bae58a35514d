import type { Clock } from '../room/clock.ts'

/**
 * What `work` gives, or `late` when it takes longer than `ms`. The work itself goes on; a failure
 * that comes after the deadline is nobody's any more.
 */
export async function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>, late: T): Promise<T> {
  let cancel = (): void => {}
  const deadline = new Promise<T>((resolve) => {
    cancel = clock.after(ms, () => resolve(late))
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    cancel()
  }
}

/** Resolves after `ms`. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.after(ms, resolve)
  })
}
