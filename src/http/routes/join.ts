/**
 * The address of a guest link. Its secret stands in the path, so no page here may send a Referer with
 * it, and nothing logs more than the route's pattern. Opening the address costs no use: programs that
 * show a preview of a link do that too.
 */
import { randomBytes } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { AuditLog } from '../../access/audit.ts'
import { stronger } from '../../access/decide.ts'
import { type GuestLink, type LinkState, linkState } from '../../access/guest-link.ts'
import type { Identified } from '../../access/model.ts'
import { guestName } from '../../identity/guest-name.ts'
import type { Joining } from '../../identity/identity.ts'
import { isForeignRequest } from '../../identity/origin.ts'
import { guestPrincipal } from '../../identity/principal.ts'
import { type RequestFacts, requestFacts } from '../../identity/request-facts.ts'
import { SyncError } from '../../protocol/errors.ts'
import { setSecurityHeaders } from '../security-headers.ts'
import { JOIN_POLICY, joinPage } from './join-page.ts'

export type JoinRouteDeps = {
  readonly joining: Joining
  readonly resourceName: string
  readonly audit: AuditLog
}

type Visitor = {
  readonly facts: RequestFacts
  readonly link: GuestLink
  /** Somebody who is known by more than a guest link. */
  readonly self: Identified | undefined
  /** The name of a guest who has been here by another link. */
  readonly formerName: string | undefined
}

const GUEST_ID_BYTES = 8
/** So that whoever comes back after the end of a link is told so, and not asked to sign in. */
const COOKIE_GRACE_MS = 86_400_000

/** To be registered below the base URL, in a scope that reads forms into an object. */
export function joinRoutes(deps: JoinRouteDeps): FastifyPluginAsync {
  type Request = FastifyRequest<{ Params: { secret: string } }>
  const home = new URL(deps.joining.baseUrl, 'http://localhost').pathname
  return async (scope) => {
    scope.get<{ Params: { secret: string } }>('/outrigger/join/:secret', async (request: Request, reply) => {
      const visitor = await receive(deps.joining, request)
      if (visitor === 'inside') return await leaveFor(home, reply, 302)
      return await sendPage(deps, visitor, { request, reply })
    })

    scope.post<{ Params: { secret: string } }>('/outrigger/join/:secret', async (request: Request, reply) => {
      const { allowedOrigins } = deps.joining
      // Or another site could make somebody work, unknowingly, under a name of its choice.
      if (isForeignRequest(factsOf(request), 'cookie', allowedOrigins)) throw new SyncError('bad_origin')
      const visitor = await receive(deps.joining, request)
      if (visitor === 'inside') return await leaveFor(home, reply, 303)
      const typed = typedName(request.body)
      const name = guestName(typed)
      if (visitor.self === undefined && name === undefined)
        return await sendPage(deps, visitor, { request, reply, typed })
      await enter(deps, visitor, { reply, name: name ?? '' })
      return await leaveFor(home, reply, 303)
    })
  }
}

/** Throws for whoever this link is not for. */
async function receive(
  joining: Joining,
  request: FastifyRequest<{ Params: { secret: string } }>,
): Promise<Visitor | 'inside'> {
  const { links, attempts, now, identify, judge } = joining
  const facts = factsOf(request)
  // While an address waits, a right guess must look like a wrong one.
  if (attempts.mustWait(facts.address, now())) throw new SyncError('too_fast')
  const link = links.find(request.params.secret)
  if (link === undefined) {
    attempts.failed(facts.address, now())
    throw new SyncError('not_found')
  }
  const person = await identify(facts)
  const state = linkState(link, now())
  if (person !== undefined) {
    const has = judge.accessOf(person)
    const granted = stronger(person.granted ?? 'none', link.access)
    const wouldHave = judge.accessOf({ principal: person.principal, granted })
    if (has !== 'none' && (state !== 'valid' || wouldHave === has)) return 'inside'
    // Denied, whatever link there is.
    if (wouldHave === 'none') throw new SyncError('not_found')
  }
  if (state !== 'valid') throw over(link, state)
  const isGuest = person?.principal.isAuthenticated === false
  const formerName = isGuest ? person.principal.displayName.replace(/ \(guest\)$/, '') : undefined
  return { facts, link, self: isGuest ? undefined : person, formerName }
}

async function enter(
  { joining, audit, resourceName }: JoinRouteDeps,
  { facts, link, self }: Visitor,
  { reply, name }: { readonly reply: FastifyReply; readonly name: string },
): Promise<void> {
  const state = await joining.links.use(link.id, self?.principal.id)
  if (state !== 'valid') throw over(link, state)
  const guest = { link: link.id, guest: randomBytes(GUEST_ID_BYTES).toString('hex'), name }
  const { id, displayName } = self?.principal ?? guestPrincipal(guest)
  audit.record({
    action: 'link_use',
    actor: id,
    resource: resourceName,
    subject: `link:${link.id}`,
    address: facts.address,
    detail: displayName,
  })
  if (self !== undefined) return
  const untilMs = link.expiresAt + COOKIE_GRACE_MS
  reply.header('set-cookie', joining.sessions.issue(facts, { kind: 'guest', ...guest }, untilMs))
}

/** The maker's name is told: whoever holds the secret was given it by somebody. */
function over({ createdByName }: GuestLink, state: LinkState): SyncError {
  if (state === 'revoked')
    return new SyncError('link_revoked', `This guest link was revoked. Ask ${createdByName}, who made it.`)
  const what = state === 'used_up' ? 'has been used as often as it may be' : 'has expired'
  return new SyncError('link_expired', `This guest link ${what}. Ask ${createdByName} for a new one.`)
}

async function sendPage(
  { resourceName }: JoinRouteDeps,
  { link, self, formerName }: Visitor,
  {
    request,
    reply,
    typed,
  }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly typed?: string | undefined },
): Promise<FastifyReply> {
  setSecurityHeaders(reply, JOIN_POLICY)
  // Not `no-referrer`: with that, browsers send `Origin: null` with our own form.
  reply.header('referrer-policy', 'strict-origin')
  reply.code(typed === undefined ? 200 : 400).type('text/html; charset=utf-8')
  return await reply.send(
    joinPage({
      action: request.url.split('?', 1)[0] ?? '',
      host: link.createdByName,
      resource: resourceName,
      access: link.access,
      self: self?.principal.displayName,
      name: typed ?? formerName,
      isNameWrong: typed !== undefined,
    }),
  )
}

/** A redirect takes the policy of its answer along; this one sends no Referer at all. */
async function leaveFor(home: string, reply: FastifyReply, status: number): Promise<FastifyReply> {
  reply.header('referrer-policy', 'no-referrer')
  return await reply.redirect(home, status)
}

function typedName(body: unknown): string {
  const name: unknown = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined
  return typeof name === 'string' ? name.slice(0, 400) : ''
}

function factsOf(request: FastifyRequest): RequestFacts {
  const facts = requestFacts(request.raw)
  if (facts === undefined) throw new SyncError('bad_request')
  return facts
}
