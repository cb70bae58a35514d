import { createHmac, randomBytes } from 'node:crypto'
import type { ActivityFacts } from '../http/routes/rooms.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { ProcessWatch } from '../observability/process-facts.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { CommitLoop } from '../room/commit-loop.ts'
import type { RoomRegistry } from '../room/room-registry.ts'
import type { ConnectionRegistry } from '../websocket/connection-registry.ts'

export type ActivitySources = {
  readonly rooms: RoomRegistry
  readonly loop: CommitLoop
  readonly connections: ConnectionRegistry
  readonly metrics: Metrics
  readonly process: ProcessWatch
}

/** What `outrigger top` shows. */
export function activityFacts({
  rooms,
  loop,
  connections,
  metrics,
  process,
}: ActivitySources): ActivityFacts {
  const { tally } = metrics
  const { rooms: roomStates, sessions, pendingBytes, memory } = rooms.stats()
  return {
    isStoreWritable: loop.failure === undefined,
    connections: connections.size,
    sessions,
    lagging: tally.lagging,
    pendingBytes,
    budgetBytes: memory.limit,
    roomStates,
    process: process.read(),
    counters: {
      receivedBytes: tally.receivedBytes,
      edits: tally.messages.update,
      deliveries: tally.broadcastFrames,
      sentBytes:
        tally.broadcastBytes +
        tally.presenceOutBytes +
        tally.answerBytes.whole +
        tally.answerBytes.difference,
      commitRecords: tally.commitRecords.sum,
      refusals: Object.values(tally.rejections).reduce((sum, count) => sum + count, 0),
      presenceReceived: tally.presenceIn,
      presenceSent: tally.presenceOut,
    },
    times: {
      inspect: tally.inspectSeconds.read(),
      wait: tally.waitSeconds.read(),
      apply: tally.applySeconds.read(),
      commit: tally.commitSeconds.read(),
      fanOut: tally.fanOutSeconds.read(),
      broadcast: tally.broadcastSeconds.read(),
    },
    ...rooms.activity(),
  }
}

const ALIAS_LENGTH = 8

/** Eight letters for a document, another eight after each start: who does not know it cannot guess it. */
export function documentAlias(): (document: DocumentId) => string {
  const salt = randomBytes(16)
  return (document) => createHmac('sha256', salt).update(document).digest('base64url').slice(0, ALIAS_LENGTH)
}
