import type { PresencePolicy } from './policy.ts'

/** Up to here a room's own size is no reason to wait longer. */
const LARGE_ROOM = 100
/** After so many windows without a frame a room is quiet: the next change hardly waits. */
const QUIET_WINDOWS = 2
/**
 * A cursor that follows a key must not overtake it: the key is on its way to the disk, and a cursor
 * behind what is not there yet is not drawn, so it would flicker.
 */
const SOON_MS = 5

/**
 * Shortest time between two frames to everybody. A frame goes to everybody and may hold a state of
 * everybody: a window that grows with the square of their number keeps what is sent in a second
 * within the same bound.
 */
export function windowMsFor(people: number, { windowMs, maxWindowMs }: PresencePolicy): number {
  const excess = Math.max(1, people / LARGE_ROOM)
  return Math.max(windowMs, Math.min(maxWindowMs, windowMs * excess * excess))
}

/** How long a change waits for others; `sinceMs`: since the last frame. */
export function waitMsOf(windowMs: number, sinceMs: number): number {
  return sinceMs >= QUIET_WINDOWS * windowMs ? Math.min(SOON_MS, windowMs) : windowMs
}
