import type { FastifyPluginAsync } from 'fastify'
import type { DistributionReading } from '../../observability/distribution.ts'
import type { ProcessFacts } from '../../observability/process-facts.ts'
import type { DocumentId } from '../../protocol/names.ts'
import type { RoomActivity } from '../../room/room-views.ts'
import { type ManagerGate, admitManagerOrLocal } from '../manager-only.ts'
import { roomTitle } from '../room-title.ts'
import type { Readiness } from './health.ts'

/** Sums since the start of the process; whoever wants rates asks twice. */
export type ActivityCounters = {
  readonly receivedBytes: number
  readonly edits: number
  /** Edits handed to sockets: one update to three peers is three. */
  readonly deliveries: number
  readonly sentBytes: number
  readonly commitRecords: number
  readonly refusals: number
  readonly presenceReceived: number
  readonly presenceSent: number
}

/** Seconds, since the start of the process. */
export type ActivityTimes = {
  readonly inspect: DistributionReading
  readonly wait: DistributionReading
  readonly apply: DistributionReading
  readonly commit: DistributionReading
  readonly fanOut: DistributionReading
  /** From being decoded to being handed to the sockets: what a peer waits for. */
  readonly broadcast: DistributionReading
}

/** What the program knows of itself at this moment. */
export type ActivityFacts = {
  readonly isStoreWritable: boolean
  readonly connections: number
  readonly sessions: number
  readonly people: number
  readonly lagging: number
  readonly pendingBytes: number
  /** What rooms may take together, where that is limited. */
  readonly budgetBytes?: number | undefined
  readonly roomStates: Readonly<Record<string, number>>
  readonly process: ProcessFacts
  readonly counters: ActivityCounters
  readonly times: ActivityTimes
  readonly rooms: readonly RoomActivity[]
}

export type RoomsRouteDeps = ManagerGate & {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly readiness: () => Readiness
  readonly facts: () => ActivityFacts
  /** A file's path; undefined for a room that has no better name than its own. */
  readonly titleOf: (document: DocumentId) => Promise<string | undefined>
  /** Tells rooms apart without telling their names. */
  readonly aliasOf: (document: DocumentId) => string
}

export type ActivityAnswer = Omit<ActivityFacts, 'rooms'> & {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly uptimeMs: number
  readonly readiness: Readiness
  readonly roomCount: number
  /** False for a caller who is only known to be a program on this machine. */
  readonly areNamesShown: boolean
  /** At most the first 500: those with the most people, then those with the most edits. */
  readonly rooms: readonly RoomActivityAnswer[]
}

export type RoomActivityAnswer = Pick<
  RoomActivity,
  'state' | 'people' | 'sessions' | 'lagging' | 'stateBytes' | 'pendingBytes' | 'idleMs'
> & {
  /** The same at every look. */
  readonly key: string
  readonly name?: string | undefined
  readonly edits: number
  readonly deliveries: number
  readonly receivedBytes: number
  readonly sentBytes: number
}

const SCHEMA = {
  summary: 'What goes on here, as `outrigger top` shows it',
  response: { 200: { type: 'object', description: 'Counters since the start, and the busiest rooms.' } },
}
const MAX_ROOMS = 500

/** `api/v1/rooms`: what goes on here, for `outrigger top`; for those who may read the metrics. */
export function roomsRoute(deps: RoomsRouteDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/outrigger/api/v1/rooms', { schema: SCHEMA }, async (request): Promise<ActivityAnswer> => {
      const areNamesShown = (await admitManagerOrLocal(deps, request.raw)) !== 'local'
      const { rooms, ...facts } = deps.facts()
      const shown = rooms.toSorted(byWeight).slice(0, MAX_ROOMS)
      return {
        version: deps.version,
        at: Date.now(),
        uptimeMs: Date.now() - deps.startedAt,
        readiness: deps.readiness(),
        ...facts,
        roomCount: rooms.length,
        areNamesShown,
        rooms: await Promise.all(shown.map(async (room) => await describe(deps, room, areNamesShown))),
      }
    })
  }
}

function byWeight(a: RoomActivity, b: RoomActivity): number {
  return b.sessions - a.sessions || b.traffic.edits - a.traffic.edits
}

async function describe(
  { titleOf, aliasOf }: RoomsRouteDeps,
  { document, traffic, ...room }: RoomActivity,
  isNameShown: boolean,
): Promise<RoomActivityAnswer> {
  const name = isNameShown ? roomTitle(document, await titleOf(document)) : undefined
  return {
    key: aliasOf(document),
    ...(name === undefined ? {} : { name }),
    ...room,
    edits: traffic.edits,
    deliveries: traffic.deliveries,
    receivedBytes: traffic.editBytes,
    sentBytes: traffic.sentBytes,
  }
}
