import type { DocumentId } from '../protocol/names.ts'

/** A room that nobody is in and that has nothing unsaved. */
export type Evictable = {
  readonly document: DocumentId
  readonly bytes: number
  /** Monotonic milliseconds. */
  readonly idleSince: number
}

/**
 * Which rooms to unload to free `neededBytes`: those that have cost the most for nobody, which is
 * bytes times idle time, first. All of them when they are not enough.
 */
export function chooseEvictions(
  rooms: readonly Evictable[],
  neededBytes: number,
  now: number,
): readonly Evictable[] {
  const chosen: Evictable[] = []
  let freedBytes = 0
  // A room that became idle just now has no cost yet; its size still orders it.
  const cost = ({ bytes, idleSince }: Evictable): number => bytes * (now - idleSince + 1)
  for (const room of rooms.toSorted((a, b) => cost(b) - cost(a))) {
    if (freedBytes >= neededBytes) break
    chosen.push(room)
    freedBytes += room.bytes
  }
  return chosen
}
