/** What kind of run a seed gives: sizes, limits and how often each thing happens. */
import type { RoomPolicy } from '../../src/room/policy.ts'
import { TEST_POLICY } from '../support/room-fixture.ts'
import type { Random } from '../support/random-document.ts'
import { ACTION_NAMES, type ActionName } from './action-names.ts'

export type Shape = {
  readonly steps: number
  readonly documents: number
  readonly clients: number
  readonly gapMs: number
  readonly policy: RoomPolicy
  /** Of edits that take any form Yjs knows, rather than being typed text. */
  readonly richness: number
  readonly faultRate: number
  readonly staleRate: number
  readonly weights: Readonly<Record<ActionName, number>>
}

/**
 * Each run leaves some things out and does others often: what only happens when nothing else
 * intervenes is found as well as what needs everything at once.
 */
export function drawShape(random: Random): Shape {
  const weight = (usual: number): number => usual * random.pick([0, 0.3, 1, 1, 3])
  const weights = Object.fromEntries(
    Object.entries(ACTION_NAMES).map(([name, usual]) => [name, weight(usual)]),
  ) as Record<ActionName, number>
  const documents = 1 + random.int(3)
  return {
    steps: random.pick([60, 150, 300]),
    documents,
    clients: 2 + random.int(5),
    gapMs: random.pick([0, 0, 5]),
    policy: drawPolicy(random, documents),
    richness: random.pick([0, 0.2, 0.6]),
    faultRate: random.pick([0, 0, 0.05, 0.3]),
    staleRate: random.pick([0, 0, 0.02]),
    // Without these there is no run to speak of.
    weights: {
      ...weights,
      type: Math.max(weights.type, 3),
      connect: Math.max(weights.connect, 3),
      toServer: Math.max(weights.toServer, 5),
      toClient: Math.max(weights.toClient, 5),
      disk: Math.max(weights.disk, 3),
      tick: Math.max(weights.tick, 3),
    },
  }
}

function drawPolicy(random: Random, documents: number): RoomPolicy {
  return {
    ...TEST_POLICY,
    flushGapPerPeerMs: random.pick([0, 0, 3]),
    maxFlushGapMs: random.pick([5, 20]),
    // More than anybody writes without a connection: what is larger would be refused for ever.
    maxPendingBytes: random.pick([60_000, 1024 * 1024]),
    maxPeerBufferedBytes: random.pick([200, 1_000, 4_000, 64 * 1024]),
    slowPeerMs: random.pick([1_000, 30_000]),
    presence: { ...TEST_POLICY.presence, windowMs: random.pick([1, 20, 200]) },
    maxParkedEdits: random.pick([1, 64]),
    compaction: { maxRecords: random.pick([2, 7, 30, 1_000]), maxBytes: random.pick([500, 4 * 1024 * 1024]) },
    compactOnUnloadRecords: random.pick([1, 50]),
    idleUnloadMs: random.pick([100, 5_000, 60_000]),
    // In the end each has people in it.
    maxOpenRooms: random.pick([documents, 100]),
  }
}
