/**
 * Signing in and out with a browser. A token enters once, in a form or in an address that somebody
 * was sent, and is exchanged for a cookie; from then on it is in no address, log or Referer.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { SignIn, Visitors } from '../../identity/identity.ts'
import { isForeignRequest } from '../../identity/origin.ts'
import { type RequestFacts, requestFacts, withoutToken } from '../../identity/request-facts.ts'
import { safeNext } from '../../identity/sign-in-address.ts'
import { SyncError } from '../../protocol/errors.ts'
import { setSecurityHeaders } from '../security-headers.ts'
import { SIGN_IN_POLICY, type SignInNotice, signInPage } from './sign-in-page.ts'

type OnRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const PAGE = 'outrigger/sign-in'
const STATUS_OF: Record<SignInNotice, number> = {
  none: 200,
  'signed-out': 200,
  'wrong-token': 401,
  'too-fast': 429,
}
const RETRY_AFTER_S = 60

/**
 * To be registered below the base URL, in a scope that reads forms
 * (`application/x-www-form-urlencoded`) into an object.
 */
export function signInRoutes(signIn: SignIn): FastifyPluginAsync {
  return async (scope) => {
    scope.get(`/${PAGE}`, async (request, reply) => {
      const next = safeNext(textIn(request.query, 'next'), signIn.baseUrl)
      const isSignedIn = signIn.sessionPrincipal(factsOf(request)) !== undefined
      if (isSignedIn) return await reply.redirect(next, 302)
      return await sendPage(signIn, { request, reply, next, notice: noticeIn(request.query) })
    })

    scope.post(`/${PAGE}`, async (request, reply) => {
      const facts = ownPageFacts(request, signIn)
      const next = safeNext(textIn(request.body, 'next'), signIn.baseUrl)
      const verdict = signIn.checkToken((textIn(request.body, 'token') ?? '').trim(), facts.address)
      if (!verdict.ok) {
        const notice = verdict.code === 'too_fast' ? 'too-fast' : 'wrong-token'
        return await sendPage(signIn, { request, reply, next, notice })
      }
      reply.header('set-cookie', signIn.sessions.issue(facts, { kind: 'user', ...verdict.holder }))
      return await reply.redirect(next, 303)
    })

    scope.post('/outrigger/sign-out', async (request, reply) => {
      return await signOut(signIn, ownPageFacts(request, signIn), reply)
    })

    // JupyterLab's File > Log Out opens this address. Nothing is lost when another site does.
    scope.get('/logout', async (request, reply) => await signOut(signIn, factsOf(request), reply))
  }
}

/** Where our own page has no place: only the way out, to `after`. */
export function signOutRoute(signIn: Pick<SignIn, 'sessions'>, after: string): FastifyPluginAsync {
  return async (scope) => {
    // Nothing is lost when another site does.
    scope.get('/logout', async (request, reply) => {
      reply.header('set-cookie', signIn.sessions.revoke(factsOf(request)))
      return await reply.redirect(after, 303)
    })
  }
}

/**
 * An `onRequest` hook for everything: a page visit with `?token=` gets the cookie for it and is sent
 * to the same address without the token. API calls and websockets may go on using theirs.
 * `hasPage`: our sign-in page is where people go whose token is wrong.
 */
export function tokenExchange(signIn: Pick<SignIn, 'baseUrl' | 'exchange'>, hasPage = true): OnRequest {
  return async (request, reply) => {
    const facts = requestFacts(request.raw)
    if (facts?.queryToken === undefined || !facts.isPageVisit || !isBelow(facts, signIn.baseUrl)) return
    const exchange = await signIn.exchange(facts)
    setSecurityHeaders(reply)
    reply.header('referrer-policy', 'no-referrer')
    if (exchange.outcome === 'known') {
      if (exchange.cookies.length > 0) reply.header('set-cookie', [...exchange.cookies])
      return await reply.redirect(withoutToken(facts.url), 302)
    }
    // An old link must not keep out somebody who is signed in; the sign-in page passes such people on.
    if (!hasPage) return await reply.redirect(withoutToken(facts.url), 302)
    const isTooFast = exchange.outcome === 'refused' && exchange.code === 'too_fast'
    const notice: SignInNotice = isTooFast ? 'too-fast' : 'wrong-token'
    const query = new URLSearchParams({ next: safeNext(facts.url, signIn.baseUrl), notice })
    return await reply.redirect(`${pathOf(signIn.baseUrl)}${PAGE}?${String(query)}`, 302)
  }
}

/**
 * An `onRequest` hook of open mode: gives each browser an id for its name and color. That happens
 * with its first page, or at the latest when JupyterLab asks who it is: the first page may be
 * Jupyter's, whose headers are written without ours.
 */
export function visitorCookie(visitors: Visitors): OnRequest {
  return async (request, reply) => {
    const facts = requestFacts(request.raw)
    if (facts === undefined || !isBelow(facts, visitors.baseUrl)) return
    const isIntroduction =
      facts.isPageVisit || facts.url.split('?', 1)[0] === `${pathOf(visitors.baseUrl)}api/me`
    if (!isIntroduction || visitors.sessions.read(facts)?.kind === 'visitor') return
    const cookie = visitors.sessions.issue(facts, { kind: 'visitor', id: visitors.newId() })
    reply.header('set-cookie', cookie)
    // This very request is answered to the visitor that it creates.
    const { headers } = request.raw
    headers.cookie = [headers.cookie, cookie.split(';', 1)[0]].filter(Boolean).join('; ')
  }
}

async function signOut(
  { sessions, baseUrl, elsewhere }: SignIn,
  facts: RequestFacts,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.header('set-cookie', [sessions.revoke(facts), ...(elsewhere?.signOut?.(facts) ?? [])])
  return await reply.redirect(`${pathOf(baseUrl)}${PAGE}?notice=signed-out`, 303)
}

type Shown = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly next: string
  readonly notice: SignInNotice
}

async function sendPage(
  { baseUrl, elsewhere }: SignIn,
  { request, reply, next, notice }: Shown,
): Promise<FastifyReply> {
  // `same-origin`, not `no-referrer`: with that, browsers send `Origin: null` with our own form.
  setSecurityHeaders(reply, SIGN_IN_POLICY)
  if (notice === 'too-fast') reply.header('retry-after', RETRY_AFTER_S)
  reply.code(STATUS_OF[notice]).type('text/html; charset=utf-8')
  const elsewhereUrl = elsewhere?.signInUrl(request.raw, next)
  return await reply.send(signInPage({ action: `${pathOf(baseUrl)}${PAGE}`, next, notice, elsewhereUrl }))
}

/** A sign-in from a foreign page would make somebody work, unknowingly, under another's name. */
function ownPageFacts(request: FastifyRequest, { allowedOrigins }: SignIn): RequestFacts {
  const facts = factsOf(request)
  if (isForeignRequest(facts, 'cookie', allowedOrigins)) throw new SyncError('bad_origin')
  return facts
}

function factsOf(request: FastifyRequest): RequestFacts {
  const facts = requestFacts(request.raw)
  if (facts === undefined) throw new SyncError('bad_request')
  return facts
}

function noticeIn(query: unknown): SignInNotice {
  const text = textIn(query, 'notice')
  return text === 'wrong-token' || text === 'too-fast' || text === 'signed-out' ? text : 'none'
}

function textIn(fields: unknown, name: string): string | undefined {
  if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, name)) return undefined
  const value = (fields as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : undefined
}

function isBelow({ url }: RequestFacts, baseUrl: string): boolean {
  return url.startsWith(pathOf(baseUrl))
}

/** As it stands in an address line. */
function pathOf(baseUrl: string): string {
  return new URL(baseUrl, 'http://localhost').pathname
}
