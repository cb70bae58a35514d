import type { CompactionPolicy } from '../document/compaction.ts'

/** How often people are shown each other's cursors. */
export type PresencePolicy = {
  /** Shortest time between two frames, in a room of up to a hundred … */
  readonly windowMs: number
  /** … and up to this in larger ones. */
  readonly maxWindowMs: number
  /** Longest time that a state which only says "still here" waits for others of its kind. */
  readonly renewalMs: number
  /** In a room of more people than this, readers are shown changes at most every `readerWindowMs`. */
  readonly readersAbove: number
  readonly readerWindowMs: number
}

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
  /** A lagging peer whose socket takes nothing for this long is closed. */
  readonly slowPeerMs: number
  /** Silence after which a keep-alive frame is sent; y-websocket clients hang up after 30 s. */
  readonly keepAliveMs: number
  readonly presence: PresencePolicy
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
  /** Estimated memory of all rooms together. */
  readonly maxMemoryBytes: number
  /** Rooms in memory that one person entered first and is in, or has left empty. */
  readonly maxRoomsPerPerson: number
  /** Encoded size above which a document takes no more content. */
  readonly maxDocumentBytes: number
  /** One edit, or what a client brings along when it comes back. */
  readonly maxUpdateBytes: number
  /** Yjs client ids that ever wrote in one document; Yjs's cost of an edit grows with them. */
  readonly maxClientIds: number
  /** Reported in the log, once, when a document has so many. */
  readonly alarmClientIds: number
  /** Client ids that one session may introduce by its edits; what answers a step 1 is not counted. */
  readonly maxNewClientIds: number
}
