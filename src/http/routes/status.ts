import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Principal } from '../../access/model.ts'
import type { Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'
import type { DocumentId } from '../../protocol/names.ts'
import { roomTitle } from '../room-title.ts'

export type JupyterStatus = 'none' | 'answers' | 'unreachable' | 'refused'

export type RoomFacts = {
  readonly document: DocumentId
  /** What a person calls it, such as a file's path; the room's name when absent. */
  readonly title?: string | undefined
  readonly people: readonly Pick<Principal, 'id' | 'displayName' | 'color'>[]
}

/** What the program knows of itself at this moment. */
export type StatusFacts = {
  readonly rooms: readonly RoomFacts[]
  /** Browser tabs in rooms; one person may have several. */
  readonly sessions: number
  /** Estimated bytes of all rooms, and what they may be. */
  readonly memory: { readonly used: number; readonly limit: number }
  readonly jupyter: JupyterStatus
  readonly isStoreWritable: boolean
  readonly isReady: boolean
}

export type StatusDeps = {
  readonly gate: Gate
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly facts: () => StatusFacts | Promise<StatusFacts>
}

export type StatusAnswer = {
  readonly version: string
  readonly uptimeMs: number
  readonly jupyter: JupyterStatus
  readonly store: 'writable' | 'failing'
  readonly isReady: boolean
  readonly roomCount: number
  readonly sessionCount: number
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number }
  /** Absent when the caller may not see who is here. At most the first 200. */
  readonly rooms?: readonly RoomAnswer[] | undefined
}

export type RoomAnswer = {
  readonly kind: 'plain' | 'jupyter'
  readonly title: string
  readonly personCount: number
  /** At most the first 50. */
  readonly people: readonly { readonly name: string; readonly color: string; readonly isYou: boolean }[]
}

const SCHEMA = {
  summary: 'What the status page shows',
  response: { 200: { type: 'object', description: 'State, sizes, and the rooms that the caller may see.' } },
}
const MAX_ROOMS = 200
const MAX_PEOPLE = 50

/** `api/v1/status`: what the page shows, for programs. */
export function statusRoute(deps: StatusDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/outrigger/api/v1/status', { schema: SCHEMA }, async (request): Promise<StatusAnswer> => {
      const admission = await deps.gate.admit(request.raw, 'state.read')
      if (!admission.ok) throw new SyncError(admission.code)
      const facts = await deps.facts()
      const visible = await visibleRooms(deps.gate, request, facts.rooms)
      return {
        version: deps.version,
        uptimeMs: Date.now() - deps.startedAt,
        jupyter: facts.jupyter,
        store: facts.isStoreWritable ? 'writable' : 'failing',
        isReady: facts.isReady,
        roomCount: facts.rooms.length,
        sessionCount: facts.sessions,
        memory: { usedBytes: facts.memory.used, limitBytes: facts.memory.limit },
        ...(visible === undefined ? {} : { rooms: visible }),
      }
    })
  }
}

/** Readers see the rooms they are in; editors and owners see all. */
async function visibleRooms(
  gate: Gate,
  request: FastifyRequest,
  rooms: readonly RoomFacts[],
): Promise<RoomAnswer[] | undefined> {
  const admission = await gate.admit(request.raw, 'people.list')
  if (!admission.ok) return undefined
  const { id } = admission.principal
  return rooms
    .filter(({ people }) => admission.access !== 'read' || people.some((person) => person.id === id))
    .slice(0, MAX_ROOMS)
    .map((room) => describeRoom(room, id))
}

function describeRoom({ document, title, people }: RoomFacts, callerId: string): RoomAnswer {
  return {
    kind: document.startsWith('jupyter/') ? 'jupyter' : 'plain',
    title: roomTitle(document, title),
    personCount: people.length,
    people: people
      .slice(0, MAX_PEOPLE)
      .map(({ id, displayName, color }) => ({ name: displayName, color, isYou: id === callerId })),
  }
}
