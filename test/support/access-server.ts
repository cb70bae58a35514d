/**
 * A server with the access page and, in memory, the management API that the page uses. Everybody is
 * who the cookie says.
 */
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Action } from '../../src/access/model.ts'
import { decide } from '../../src/access/decide.ts'
import { ownRoutes } from '../../src/http/own-routes.ts'
import { loadPageFiles } from '../../src/http/page-files.ts'
import { pagesRoutes } from '../../src/http/routes/pages.ts'
import { createHttpServer } from '../../src/http/server.ts'
import type { Admission, Gate } from '../../src/identity/gate.ts'
import { createLogger } from '../../src/observability/log.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import {
  AccessWorld,
  type FakeLink,
  type FakeViewer,
  RESOURCE_NAME,
  iso,
  principalOf,
} from './access-world.ts'

export type AccessServer = {
  /** Signs this person in and leads to the access page. */
  readonly addressOf: (person: string) => string
  /** Brings somebody into a room. */
  readonly enter: (person: string, room: string) => Promise<void>
  readonly stop: () => Promise<void>
}

const R = `/outrigger/api/v1/resources/${RESOURCE_NAME}`

export async function startAccessServer(
  pages?: Parameters<typeof loadPageFiles>[0],
): Promise<AccessServer & { readonly world: AccessWorld; readonly url: string }> {
  const world = new AccessWorld()
  const gate = gateOf(world)
  const app = createHttpServer({
    logger: createLogger({ level: 'error', format: 'json', stream: new PassThrough().resume() }),
    limits: { headersTimeoutMs: 10_000, maxSockets: 100 },
    errors: { signInUrl: () => '/outrigger/sign-in' },
  })
  const files = await loadPageFiles(pages)
  const routes = [
    signIn,
    managementApi(world, gate),
    pagesRoutes({ gate, version: '0', hasJupyter: true, files }),
  ]
  await app.register(ownRoutes({ maxBodyBytes: 65_536, requestTimeoutMs: 15_000, routes }), { prefix: '/' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`
  return {
    world,
    url,
    addressOf: (person) => `${url}outrigger/as/${person}`,
    enter: async (person, room) => {
      world.inside.set(person, [...(world.inside.get(person) ?? []), room])
    },
    stop: async () => {
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

const signIn: FastifyPluginAsync = async (scope) => {
  scope.get<{ Params: { person: string } }>('/outrigger/as/:person', async (request, reply) => {
    reply.header('set-cookie', `who=${request.params.person}; Path=/; HttpOnly; SameSite=Lax`)
    return await reply.redirect('/outrigger/access')
  })
}

function whoIs(request: IncomingMessage): string | undefined {
  return /(?:^|; )who=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
}

function gateOf(world: AccessWorld): Gate {
  return {
    admit: async (request, action): Promise<Admission> => {
      const id = whoIs(request)
      if (id === undefined) return { ok: false, code: 'not_signed_in' }
      const subject = { principal: principalOf(id), access: world.accessOf(id) }
      const decision = decide(subject, action)
      if (decision === 'allow') return { ok: true, ...subject, source: 'cookie' }
      return { ok: false, code: decision === 'hide' ? 'not_found' : 'forbidden' }
    },
  }
}

type Body = Readonly<Record<string, unknown>>
type Exchange = {
  readonly caller: string
  readonly id: string
  readonly body: Body
  readonly query: Readonly<Record<string, string>>
  readonly reply: FastifyReply
}

function managementApi(world: AccessWorld, gate: Gate): FastifyPluginAsync {
  return async (scope) => {
    const on = (
      method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
      [url, action]: readonly [string, Action],
      handle: (exchange: Exchange) => unknown,
    ): void => {
      scope.route({
        method,
        url,
        handler: async (request: FastifyRequest, reply: FastifyReply) => {
          const admission = await gate.admit(request.raw, action)
          if (!admission.ok) throw new SyncError(admission.code)
          const { id = '' } = request.params as { id?: string }
          const body = (request.body ?? {}) as Body
          const query = request.query as Record<string, string>
          const answer = await handle({ caller: admission.principal.id, id, body, query, reply })
          return answer === undefined ? await reply.code(204).send() : answer
        },
      })
    }
    on('GET', ['/outrigger/api/v1/resources', 'state.read'], ({ caller }) => ({
      resources: [resourceFor(world, caller)],
    }))
    on('GET', [`${R}/viewers`, 'viewers.manage'], () => ({ viewers: world.viewers.map(withExpired) }))
    on('POST', [`${R}/viewers`, 'viewers.manage'], (exchange) => addViewer(world, exchange))
    on('PATCH', [`${R}/viewers/:id`, 'viewers.manage'], (exchange) => changeViewer(world, exchange))
    on('DELETE', [`${R}/viewers/:id`, 'state.read'], (exchange) => removeViewer(world, exchange))
    on('GET', [`${R}/access`, 'viewers.manage'], ({ query: { user = '' } }) => ({
      user,
      access: world.accessOf(user),
      because: world.because(user),
    }))
    on('GET', [`${R}/people`, 'people.list'], ({ caller }) => ({ people: world.people(caller) }))
    on('POST', [`${R}/kick`, 'people.manage'], ({ caller, body, reply }) => {
      const user = String(body['user'])
      const closed = world.inside.get(user)?.length ?? 0
      world.inside.delete(user)
      world.record(caller, 'kick', { subject: `user:${user}` })
      return reply.code(202).send({ closed })
    })
    on('GET', [`${R}/links`, 'viewers.manage'], () => ({ links: world.links }))
    on('POST', [`${R}/links`, 'viewers.manage'], (exchange) => makeLink(world, exchange))
    on('DELETE', [`${R}/links/:id`, 'viewers.manage'], ({ caller, id }) => {
      world.links = world.links.map((link) => (link.id === id ? { ...link, state: 'revoked' } : link))
      world.record(caller, 'link_revoke')
    })
    on('GET', [`${R}/audit`, 'audit.read'], (exchange) => audit(world, exchange))
    on('GET', [`${R}/state`, 'state.read'], ({ caller }) => world.state(caller))
    for (const [verb, phase] of [
      ['start', 'starting'],
      ['stop', 'stopped'],
    ] as const) {
      on('POST', [`${R}/${verb}`, `server.${verb}`], ({ caller, reply }) => {
        world.setPhase(phase)
        if (verb === 'stop') world.inside.clear()
        world.record(caller, verb)
        return reply.code(202).send(world.state(caller))
      })
    }
  }
}

function resourceFor(world: AccessWorld, caller: string): object {
  const may = (action: Action): boolean => world.may(caller, action)
  return {
    name: RESOURCE_NAME,
    url: '/',
    owner: 'user:ada',
    access: world.accessOf(caller),
    because: world.because(caller),
    may: {
      start: may('server.start'),
      stop: may('server.stop'),
      delete: may('server.delete'),
      viewers: may('viewers.manage'),
      audit: may('audit.read'),
    },
    state: world.phase,
  }
}

function withExpired(viewer: FakeViewer): object {
  return { ...viewer, expired: viewer.expiresAt !== null && Date.parse(viewer.expiresAt) <= Date.now() }
}

function addViewer(world: AccessWorld, { caller, body, reply }: Exchange): object {
  const { subject, access, expires } = body
  if (subject === 'user:ada')
    throw new SyncError('bad_request', 'subject: user:ada is the owner, who may do everything anyway.')
  const viewer = {
    id: world.mintId(),
    subject: subject as FakeViewer['subject'],
    access: access as FakeViewer['access'],
    expiresAt: endOf(expires),
    origin: 'api',
    addedBy: caller,
    addedAt: iso(Date.now()),
  } as const
  const others = world.viewers.filter((one) => one.origin !== 'api' || one.subject !== subject)
  world.viewers = [...others, viewer]
  world.record(caller, 'grant', { subject: String(subject), detail: String(access) })
  return reply.code(201).send(withExpired(viewer))
}

function changeViewer(world: AccessWorld, { caller, id, body }: Exchange): object {
  const before = world.viewers.find((viewer) => viewer.id === id)
  if (before === undefined) throw new SyncError('not_found')
  const access = (body['access'] ?? before.access) as FakeViewer['access']
  const expiresAt = body['expires'] === undefined ? before.expiresAt : endOf(body['expires'])
  const viewer = { ...before, access, expiresAt }
  world.viewers = world.viewers.map((one) => (one.id === id ? viewer : one))
  world.record(caller, 'role_change', { subject: viewer.subject, detail: access })
  return withExpired(viewer)
}

function removeViewer(world: AccessWorld, { caller, id }: Exchange): void {
  const viewer = world.viewers.find((one) => one.id === id)
  if (viewer === undefined) throw new SyncError('not_found')
  if (!world.may(caller, 'viewers.manage') && viewer.subject !== `user:${caller}`)
    throw new SyncError('forbidden')
  world.viewers = world.viewers.filter((one) => one.id !== id)
  world.record(caller, 'revoke', { subject: viewer.subject })
}

function makeLink(world: AccessWorld, { caller, body, reply }: Exchange): object {
  const link: FakeLink = {
    id: world.mintId(),
    label: typeof body['label'] === 'string' ? body['label'] : '',
    access: body['access'] === 'edit' ? 'edit' : 'read',
    expiresAt: endOf(body['expires']) ?? '',
    maxUses: typeof body['maxUses'] === 'number' ? body['maxUses'] : 1000,
    state: 'valid',
    uses: 0,
    createdBy: caller,
  }
  world.links = [...world.links, link]
  world.record(caller, 'link_create', { detail: link.label })
  return reply.code(201).send({ ...link, url: '/outrigger/join/a-secret-that-is-shown-once' })
}

function audit(world: AccessWorld, { query, reply }: Exchange): object {
  const { actor, action, limit = '100', format } = query
  const events = world.events.filter(
    (event) =>
      (actor === undefined || event['actor'] === actor) &&
      (action === undefined || event['action'] === action),
  )
  if (format === 'jsonl')
    return reply.type('application/jsonl').send(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  const next = events[Number(limit)]?.['id'] ?? null
  return { events: events.slice(0, Number(limit)), next }
}

function endOf(expires: unknown): string | null {
  if (typeof expires !== 'string') return null
  const [, amount, unit] = /^(\d+)([mhd])$/.exec(expires) ?? []
  const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? '']
  if (unitMs !== undefined) return iso(Date.now() + Number(amount) * unitMs)
  const at = Date.parse(expires)
  if (Number.isNaN(at)) throw new SyncError('bad_request', `expires: "${expires}" is not a time.`)
  return iso(at)
}
