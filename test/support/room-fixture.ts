import type { TestContext } from 'node:test'
import { type DocumentId, type Lineage, documentId, parseRoomName } from '../../src/protocol/names.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { CommitLoop } from '../../src/room/commit-loop.ts'
import type { RoomPolicy } from '../../src/room/policy.ts'
import type { HeapUse } from '../../src/room/memory-budget.ts'
import type { DocumentStore, EvictionReason, RoomObserver, RoomSpec } from '../../src/room/ports.ts'
import { RoomRegistry } from '../../src/room/room-registry.ts'
import type { RoomDeps } from '../../src/room/room-deps.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { HeldStore } from './held-store.ts'
import { ManualClock } from './manual-clock.ts'
import type { RoomClient } from './room-client.ts'

export const TEST_POLICY: RoomPolicy = {
  maxSessions: 100,
  flushGapPerPeerMs: 0,
  maxFlushGapMs: 0,
  maxPendingBytes: 1024 * 1024,
  maxPeerBufferedBytes: 64 * 1024,
  slowPeerMs: 30_000,
  keepAliveMs: 20_000,
  presence: {
    windowMs: 20,
    maxWindowMs: 1000,
    renewalMs: 10_000,
    readersAbove: 300,
    readerWindowMs: 2000,
  },
  maxClientIdsPerSession: 2,
  hasClientIdOwnership: true,
  recoveryMs: 0,
  maxAwarenessStateBytes: 16_384,
  maxParkedEdits: 64,
  maxParkedBytes: 1024 * 1024,
  maxParkedMs: 10_000,
  maxRefusedWrites: 5,
  compaction: { maxRecords: 1000, maxBytes: 4 * 1024 * 1024 },
  compactOnUnloadRecords: 50,
  idleUnloadMs: 60_000,
  maxOpenRooms: 100,
  maxMemoryBytes: 1024 * 1024 * 1024,
  maxRoomsPerPerson: 100,
  maxDocumentBytes: 16 * 1024 * 1024,
  maxUpdateBytes: 16 * 1024 * 1024,
  maxClientIds: 5000,
  alarmClientIds: 2000,
  maxNewClientIds: 8,
}

export const SILENT: RoomObserver = {
  committed: () => {},
  received: () => {},
  broadcast: () => {},
  rejected: () => {},
  joined: () => {},
  left: () => {},
  loaded: () => {},
  inspected: () => {},
  applied: () => {},
  answered: () => {},
  lagStarted: () => {},
  lagEnded: () => {},
  parked: () => {},
  presenceReceived: () => {},
  presenceSent: () => {},
  compacted: () => {},
  evicted: () => {},
  auditFailed: () => {},
}

export function testDocument(name = 'demo'): DocumentId {
  const room = parseRoomName(name)
  if (room === undefined) throw new Error(`bad room name ${name}`)
  return documentId('plain', room)
}

export type RoomFixtureOptions = Partial<RoomPolicy> & { readonly heap?: (() => HeapUse) | undefined }

/** A registry over an in-memory store, with time and disk in the test's hands. */
export function roomFixture(
  t: TestContext,
  options: RoomFixtureOptions = {},
  inner?: DocumentStore,
  {
    observer = SILENT,
    ...parts
  }: Partial<Pick<RoomDeps, 'observer' | 'turns' | 'snapshots' | 'onRefused'>> = {},
) {
  const { heap, ...policy } = options
  const clock = new ManualClock()
  const store = new HeldStore(inner ?? new MemoryDocumentStore())
  const errors: unknown[] = []
  const warnings: string[] = []
  const evictions: EvictionReason[] = []
  const rejections: ErrorCode[] = []
  const loop = new CommitLoop({
    store,
    clock,
    observer,
    gapMs: 0,
    retryMs: 10,
    maxRetryMs: 1000,
    onFailure: (error) => errors.push(error),
  })
  const watched: RoomObserver =
    observer === SILENT
      ? {
          ...SILENT,
          evicted: (reason) => evictions.push(reason),
          rejected: (code) => rejections.push(code),
        }
      : observer
  let lineages = 0
  const rooms = new RoomRegistry({
    store,
    loop,
    clock,
    observer: watched,
    heap,
    policy: { ...TEST_POLICY, ...policy },
    mintLineage: () => String((lineages += 1)).padStart(32, '0') as Lineage,
    onError: (error) => errors.push(error),
    onWarning: (warning) => warnings.push(warning),
    ...parts,
  })
  const clients: RoomClient[] = []
  t.after(async () => {
    store.release()
    for (const client of clients) client.dispose()
    await rooms.closeAll().catch(() => {})
  })
  const plain: RoomSpec = { document: testDocument(), dialect: 'y-websocket', persistence: 'durable' }
  return {
    clock,
    store,
    loop,
    rooms,
    errors,
    warnings,
    evictions,
    rejections,
    plain,
    async join(client: RoomClient, spec: RoomSpec = plain, lineage?: string): Promise<RoomClient> {
      clients.push(client)
      return client.start(await rooms.join(spec, client, lineage))
    },
  }
}
