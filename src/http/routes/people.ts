/** Who is inside, and how to remove somebody. */
import type { FastifyPluginAsync } from 'fastify'
import type { XStatic } from 'typebox/schema'
import type { Access, Principal } from '../../access/model.ts'
import { stronger } from '../../access/decide.ts'
import type { Admitted, Gate, Judge } from '../../identity/gate.ts'
import type { DocumentId } from '../../protocol/names.ts'
import type { PresentSession } from '../../room/room-views.ts'
import { admits, callerOf, refuseUnlessStill } from '../admit.ts'
import { NAME_PARAMETER, RESOURCE_PATH } from '../resource-path.ts'
import { roomTitle } from '../room-title.ts'

export type Kick = {
  readonly by: Principal
  readonly address: string
  /** A person's id. */
  readonly user: string
  /** How long this person is kept out; left out, not at all. */
  readonly forMs?: number | undefined
}

export type PeopleRouteDeps = {
  readonly gate: Gate & Judge
  readonly resourceName: string
  /** Every browser tab in a room. */
  readonly present: () => readonly PresentSession[]
  /** A file's path; undefined for a room that has no better name than its own. */
  readonly titleOf: (document: DocumentId) => Promise<string | undefined>
  /** How much was closed. Throws `SyncError`: `owner_stays`, `open_mode`. */
  readonly kick: (kick: Kick) => number
}

const MAX_SESSIONS = 2000
const MAX_MINUTES = 7 * 24 * 60
const MINUTE_MS = 60_000

const PERSON = {
  type: 'object',
  required: ['id', 'displayName', 'initials', 'color', 'access', 'sessions'],
  properties: {
    id: { type: 'string' },
    displayName: { type: 'string' },
    initials: { type: 'string' },
    color: { type: 'string' },
    access: { enum: ['read', 'edit', 'manage'] },
    sessions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['room', 'title', 'since'],
        properties: {
          room: { type: 'string' },
          title: { type: 'string' },
          since: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
} as const

const PEOPLE = {
  type: 'object',
  required: ['people'],
  properties: { people: { type: 'array', items: PERSON } },
} as const

const KICK = {
  type: 'object',
  required: ['user'],
  additionalProperties: false,
  properties: {
    user: { type: 'string', minLength: 1, maxLength: 200, description: 'the id of a person' },
    minutes: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_MINUTES,
      description: 'a number of minutes for which the person is kept out, at most a week',
    },
  },
} as const

const KICKED = {
  type: 'object',
  required: ['closed'],
  properties: { closed: { type: 'integer', description: 'Sockets that were closed.' } },
} as const

type Person = Pick<Principal, 'id' | 'displayName' | 'initials' | 'color'> & {
  access: Access
  readonly sessions: { readonly room: string; readonly title: string; readonly since: string }[]
}

export function peopleRoutes(deps: PeopleRouteDeps): FastifyPluginAsync {
  const { gate, resourceName, kick } = deps
  return async (scope) => {
    scope.get(
      `${RESOURCE_PATH}/people`,
      {
        onRequest: admits(gate, 'people.list', { resource: resourceName }),
        schema: {
          summary: 'Who is inside; readers see the rooms they are in themselves',
          params: NAME_PARAMETER,
          response: { 200: PEOPLE },
        },
      },
      async (request) => ({ people: await peopleFor(callerOf(request), deps) }),
    )
    scope.post<{ Body: XStatic<typeof KICK> }>(
      `${RESOURCE_PATH}/kick`,
      {
        onRequest: admits(gate, 'people.manage', { resource: resourceName }),
        schema: {
          summary: 'Closes everything that a person has open, and may keep the person out for a while',
          params: NAME_PARAMETER,
          body: KICK,
          response: { 202: KICKED },
        },
      },
      async (request, reply) => {
        const { user, minutes } = request.body
        const caller = callerOf(request)
        refuseUnlessStill(gate, caller, 'people.manage')
        const closed = kick({
          by: caller.principal,
          address: request.raw.socket.remoteAddress ?? '',
          user,
          forMs: minutes === undefined ? undefined : minutes * MINUTE_MS,
        })
        return await reply.code(202).send({ closed })
      },
    )
  }
}

async function peopleFor({ access, principal }: Admitted, deps: PeopleRouteDeps): Promise<Person[]> {
  const present = deps.present()
  const own = new Set(
    present.filter((one) => one.principal.id === principal.id).map(({ document }) => document),
  )
  const visible = present.filter(({ document }) => access !== 'read' || own.has(document))
  const people = new Map<string, Person>()
  for (const session of visible.slice(0, MAX_SESSIONS)) {
    const { id, displayName, initials, color } = session.principal
    const known = people.get(id) ?? { id, displayName, initials, color, access: 'none', sessions: [] }
    known.access = stronger(known.access, session.access)
    known.sessions.push({
      room: session.document,
      title: roomTitle(session.document, await deps.titleOf(session.document)),
      since: new Date(session.since).toISOString(),
    })
    people.set(id, known)
  }
  // Somebody whose access was just taken away is closing.
  return [...people.values()].filter((person) => person.access !== 'none')
}
