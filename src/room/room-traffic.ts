/**
 * What went through one room since it was loaded: plain numbers, added to on the way and read only
 * when somebody looks. Rooms have no metric labels of their own, so this is where they differ.
 */
export type RoomTraffic = {
  /** Messages of any kind, from everyone in the room. */
  frames: number
  edits: number
  editBytes: number
  /** Edits handed to sockets: one update to three peers is three. */
  deliveries: number
  /** Edits, presence and answers to step 1, as handed to sockets. */
  sentBytes: number
  /** Monotonic milliseconds; of the load until somebody edits. */
  lastEditAt: number
}

export function noTraffic(now: number): RoomTraffic {
  return { frames: 0, edits: 0, editBytes: 0, deliveries: 0, sentBytes: 0, lastEditAt: now }
}
