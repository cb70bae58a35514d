import type { Config } from '../config/schema.ts'
import type { RoomPolicy } from '../room/policy.ts'

/** With the default of `rooms.flushGapMs` its full length is reached by 100 peers. */
const FLUSH_GAP_PER_PEER_MS = 0.15

/** Long before it hurts, and after many more page loads than a document of a small group ever sees. */
const ALARM_CLIENT_IDS = 2000
/** Time for everyone to come back after a power cut or a restored backup. */
const RECOVERY_MS = 10 * 60_000

/** The slice of the configuration that rooms live by. */
export function roomPolicy({ rooms, awareness, limits }: Config): RoomPolicy {
  return {
    maxSessions: rooms.maxSessions,
    maxPendingBytes: rooms.maxPendingBytes,
    flushGapPerPeerMs: FLUSH_GAP_PER_PEER_MS,
    maxFlushGapMs: rooms.flushGapMs,
    maxPeerBufferedBytes: limits.maxPeerBufferedBytes,
    slowPeerMs: limits.slowPeerMs,
    keepAliveMs: rooms.keepAliveMs,
    presence: awareness,
    maxClientIdsPerSession: awareness.maxClientIds,
    hasClientIdOwnership: rooms.clientIdOwnership,
    recoveryMs: RECOVERY_MS,
    maxAwarenessStateBytes: awareness.maxStateBytes,
    maxParkedEdits: limits.maxParkedEdits,
    maxParkedBytes: limits.maxParkedBytes,
    maxParkedMs: limits.maxParkedMs,
    maxRefusedWrites: limits.maxRefusedWrites,
    compaction: { maxRecords: rooms.compactAfterRecords, maxBytes: rooms.compactAfterBytes },
    compactOnUnloadRecords: rooms.compactOnUnloadRecords,
    idleUnloadMs: rooms.idleUnloadMs,
    maxOpenRooms: rooms.maxOpen,
    maxMemoryBytes: rooms.maxBytes,
    maxRoomsPerPerson: limits.maxRoomsPerUser,
    maxDocumentBytes: rooms.maxDocumentBytes,
    maxUpdateBytes: rooms.maxUpdateBytes,
    maxClientIds: rooms.maxClientIds,
    alarmClientIds: ALARM_CLIENT_IDS,
    maxNewClientIds: limits.maxNewClientIds,
  }
}

/**
 * Below which path everything lives: Jupyter's own `base_url`, because JupyterLab builds every
 * address from it. Begins and ends with a slash.
 */
export function baseUrlOf({ jupyter }: Config): string {
  if (jupyter.url === undefined) return '/'
  const { pathname } = new URL(jupyter.url)
  return pathname.endsWith('/') ? pathname : `${pathname}/`
}
