import type { CompactionPolicy } from '../document/compaction.ts'

/** Every bound of a room. Bytes and milliseconds, as the names say. */
export type RoomPolicy = {
  readonly maxSessions: number
  /** Edits received but not yet written; reached only while the store cannot write. */
  readonly maxPendingBytes: number
  /** From one broadcast of a room to the next, while edits follow each other: this long for each peer … */
  readonly flushGapPerPeerMs: number
  /** … up to this. */
  readonly maxFlushGapMs: number
  /** Unsent bytes after which a peer counts as lagging and gets a diff later instead of a queue. */
  readonly maxPeerBufferedBytes: number
  /** A lagging peer that does not catch up within this time is closed. */
  readonly slowPeerMs: number
  /** Silence after which a keep-alive frame is sent; y-websocket clients hang up after 30 s. */
  readonly keepAliveMs: number
  readonly awarenessWindowMs: number
  readonly maxClientIdsPerSession: number
  /** A person's client ids are that person's: nobody else may go on with them. */
  readonly hasClientIdOwnership: boolean
  /** Until the process is this old, people hand back what others wrote and the server has lost. */
  readonly recoveryMs: number
  readonly maxAwarenessStateBytes: number
  /** Edits of one session that wait for what they refer to. */
  readonly maxParkedEdits: number
  readonly maxParkedBytes: number
  readonly maxParkedMs: number
  /** A reader that goes on writing after this many refusals is closed. */
  readonly maxRefusedWrites: number
  readonly compaction: CompactionPolicy
  readonly compactOnUnloadRecords: number
  /** An empty room stays loaded this long. */
  readonly idleUnloadMs: number
  readonly maxOpenRooms: number
}
