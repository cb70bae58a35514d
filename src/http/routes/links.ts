/** Guest links: made, listed and revoked by those who manage a server. */
import type { FastifyPluginAsync } from 'fastify'
import type { XStatic } from 'typebox/schema'
import type { AuditLog } from '../../access/audit.ts'
import { type GuestLink, linkState } from '../../access/guest-link.ts'
import type { Gate, Judge } from '../../identity/gate.ts'
import { type GuestLinks, MAX_LINK_USES } from '../../identity/guest-links.ts'
import { durationMs } from '../../lib/duration.ts'
import { parseTime } from '../../lib/parse-time.ts'
import { SyncError } from '../../protocol/errors.ts'
import { admits, callerOf, refuseUnlessStill } from '../admit.ts'
import { NAME_PARAMETER, RESOURCE_PATH } from '../resource-path.ts'

export type LinksRouteDeps = {
  readonly gate: Gate & Judge
  readonly resourceName: string
  readonly baseUrl: string
  readonly audit: AuditLog
  /** Undefined in open mode, where nobody needs one. */
  readonly links: GuestLinks | undefined
}

const DAY_MS = 86_400_000
const DEFAULT_LIFE_MS = DAY_MS
const MAX_LIFE_DAYS = 90

const LINK = {
  type: 'object',
  required: ['id', 'access', 'label', 'state', 'createdAt', 'createdBy', 'expiresAt', 'maxUses', 'uses'],
  properties: {
    id: { type: 'string' },
    access: { enum: ['read', 'edit'] },
    label: { type: 'string' },
    state: { enum: ['valid', 'used_up', 'expired', 'revoked'] },
    createdAt: { type: 'string', format: 'date-time' },
    createdBy: { type: 'string' },
    expiresAt: { type: 'string', format: 'date-time' },
    maxUses: { type: 'integer' },
    uses: { type: 'integer' },
    people: { type: 'array', items: { type: 'string' }, description: 'Who signed in and came by it.' },
    url: { type: 'string', description: 'The link itself, on this host. Told once, when it is made.' },
  },
} as const

const LINKS = {
  type: 'object',
  required: ['links'],
  properties: { links: { type: 'array', items: LINK } },
} as const

const NEW_LINK = {
  type: 'object',
  required: ['access'],
  additionalProperties: false,
  properties: {
    access: { type: 'string', enum: ['read', 'edit'] },
    expires: {
      type: 'string',
      maxLength: 40,
      description: `how long from now, such as 30m, 12h or 2d (24h when left out, at most ${MAX_LIFE_DAYS}d), or an ISO 8601 time`,
    },
    maxUses: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_LINK_USES,
      description: `a number of people, at most ${MAX_LINK_USES}`,
    },
    label: { type: 'string', maxLength: 80, description: 'a text of at most 80 characters' },
  },
} as const

const LINK_PARAMETERS = {
  type: 'object',
  required: ['name', 'id'],
  properties: { ...NAME_PARAMETER.properties, id: { type: 'string', maxLength: 40 } },
} as const

export function linksRoutes(deps: LinksRouteDeps): FastifyPluginAsync {
  const { gate, resourceName } = deps
  const onRequest = admits(gate, 'viewers.manage', { resource: resourceName })
  return async (scope) => {
    scope.get(
      `${RESOURCE_PATH}/links`,
      {
        onRequest,
        schema: { summary: 'Guest links', params: NAME_PARAMETER, response: { 200: LINKS } },
      },
      async () => ({ links: linksOf(deps).all.map(describe) }),
    )
    scope.post<{ Body: XStatic<typeof NEW_LINK> }>(
      `${RESOURCE_PATH}/links`,
      {
        onRequest,
        schema: {
          summary: 'Makes a guest link; its address is told only now',
          params: NAME_PARAMETER,
          body: NEW_LINK,
          response: { 201: LINK },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        refuseUnlessStill(gate, caller, 'viewers.manage')
        const made = await create(deps, request.body, {
          by: caller.principal,
          address: request.raw.socket.remoteAddress ?? '',
        })
        return await reply.code(201).header('location', made.location).send(made.answer)
      },
    )
    scope.delete<{ Params: XStatic<typeof LINK_PARAMETERS> }>(
      `${RESOURCE_PATH}/links/:id`,
      {
        onRequest,
        schema: {
          summary: 'Revokes a guest link; everybody who came by it is out at once',
          params: LINK_PARAMETERS,
          response: { 204: { type: 'null' } },
        },
      },
      async (request, reply) => {
        const revoked = await linksOf(deps).revoke(request.params.id)
        if (revoked === undefined) throw new SyncError('not_found')
        const { principal } = callerOf(request)
        const address = request.raw.socket.remoteAddress ?? ''
        record(deps, { action: 'link_revoke', actor: principal.id, address }, revoked)
        return await reply.code(204).send()
      },
    )
  }
}

type Maker = { readonly by: Parameters<GuestLinks['create']>[0]['by']; readonly address: string }

async function create(deps: LinksRouteDeps, body: XStatic<typeof NEW_LINK>, { by, address }: Maker) {
  const { access, expires, maxUses = MAX_LINK_USES, label = '' } = body
  const { link, secret } = await linksOf(deps).create({
    access,
    expiresAt: expiryOf(expires, Date.now()),
    maxUses,
    label: label.replace(/\p{C}/gu, '').trim(),
    by,
  })
  record(deps, { action: 'link_create', actor: by.id, address }, link)
  const path = new URL(deps.baseUrl, 'http://localhost').pathname
  const name = encodeURIComponent(deps.resourceName)
  return {
    location: `${path}outrigger/api/v1/resources/${name}/links/${link.id}`,
    answer: { ...describe(link), url: `${path}outrigger/join/${secret}` },
  }
}

function linksOf({ links }: LinksRouteDeps): GuestLinks {
  if (links === undefined) throw new SyncError('open_mode')
  return links
}

function expiryOf(text: string | undefined, now: number): number {
  if (text === undefined) return now + DEFAULT_LIFE_MS
  const ms = durationMs(text)
  const time = ms === undefined ? parseTime(text) : now + ms
  const fix = `Write 30m, 12h or 2d, or a time such as 2026-01-31T12:00:00Z, at most ${MAX_LIFE_DAYS} days from now.`
  if (time === undefined) throw new SyncError('bad_request', `expires is no time. ${fix}`)
  if (time > now && time <= now + MAX_LIFE_DAYS * DAY_MS) return time
  throw new SyncError('bad_request', `expires is ${time > now ? 'too late' : 'in the past'}. ${fix}`)
}

function describe(link: GuestLink) {
  const { id, access, label, createdBy, maxUses, uses, people } = link
  return {
    id,
    access,
    label,
    createdBy,
    maxUses,
    uses,
    people,
    state: linkState(link, Date.now()),
    createdAt: new Date(link.createdAt).toISOString(),
    expiresAt: new Date(link.expiresAt).toISOString(),
  }
}

function record(
  { audit, resourceName }: LinksRouteDeps,
  event: { readonly action: 'link_create' | 'link_revoke'; readonly actor: string; readonly address: string },
  { id, access, expiresAt, maxUses, uses, label }: GuestLink,
): void {
  const until = new Date(expiresAt).toISOString()
  const detail = `${access} until ${until}, ${uses} of ${maxUses} uses${label === '' ? '' : `, ${label}`}`
  audit.record({ ...event, resource: resourceName, subject: `link:${id}`, detail })
}
