/** What HTTP requests and tunnels need alike; made once by `Gateway`. */
import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRunningModel } from '../../access/classify.ts'
import type { Action } from '../../access/model.ts'
import type { Admission, Gate } from '../../identity/gate.ts'
import { requestFacts } from '../../identity/request-facts.ts'
import { type ErrorCode, SyncError } from '../../protocol/errors.ts'
import type { ContentsEvent } from '../contents-event.ts'
import type { Counters } from './counters.ts'
import type { GatewayLimits } from './limits.ts'
import { type OutgoingHeaders, requestHeaders } from './request-headers.ts'
import { responseHeaders } from './response-headers.ts'
import { type Replacement, replaceSecret } from './secret-filter.ts'
import { type Target, parseTarget } from './target.ts'
import type { Upstream } from './upstream.ts'

/** Stands in for a Jupyter that is not running. Asked only about callers who were admitted. */
export type StandIn = {
  /** Why nothing may be passed on now; undefined when it may be tried. */
  readonly refusal: () => ErrorCode | undefined
  /** Answers a person who opened a page; false when there is nothing to answer. */
  readonly page: (visit: {
    readonly request: FastifyRequest
    readonly reply: FastifyReply
    readonly admission: Extract<Admission, { ok: true }>
  }) => Promise<boolean>
}

export const ALWAYS_RUNNING: StandIn = { refusal: () => undefined, page: async () => false }

export type Passage = {
  readonly upstream: Upstream
  readonly token: string
  readonly secrets: readonly Replacement[]
  readonly isOwnCookie: (name: string) => boolean
  readonly isOwnHeader: (name: string) => boolean
  readonly isSignIn: (request: IncomingMessage, path: string) => boolean
  readonly gate: Gate
  /** `path` is relative to the base URL, decoded once. */
  readonly classify: (method: string, path: string) => Action
  readonly limits: GatewayLimits
  readonly standIn: StandIn
  readonly settled: (path: string) => Promise<void>
  readonly contentsChanged: (event: ContentsEvent) => unknown
  readonly alone: <T>(paths: readonly string[], task: () => Promise<T>) => Promise<T>
  readonly onError: (error: unknown) => void
  readonly counters: Counters
}

export type Entry = {
  readonly target: Target
  readonly action: Action
  readonly admission: Extract<Admission, { ok: true }>
}

/** Throws `SyncError` when the caller may not have what it asks for. */
export async function admit(passage: Passage, request: IncomingMessage): Promise<Entry> {
  const target = parseTarget(request.url ?? '', passage.upstream.url.pathname)
  if (typeof target === 'string') throw new SyncError(target)
  const action = passage.classify(request.method ?? 'GET', target.path)
  const isNormal = action !== 'request.malformed' && action !== 'request.unrouted'
  if (isNormal && passage.isSignIn(request, target.path)) return { target, action, admission: NOBODY }
  const admission = await passage.gate.admit(request, action)
  if (!admission.ok) {
    const isKernelLost = admission.code === 'access_revoked' && isRunningModel(target.path)
    throw new SyncError(isKernelLost ? 'kernel_out_of_reach' : admission.code)
  }
  return { target, action, admission }
}

/** Somebody on the way to Jupyter's own sign-in; may do nothing that Jupyter would not let anybody do. */
const NOBODY: Entry['admission'] = {
  ok: true,
  principal: { id: '', displayName: '', initials: '', color: '', groups: [], isAuthenticated: false },
  access: 'none',
  source: 'cookie',
  isKnownToJupyter: true,
}

export function outgoingHeaders(
  passage: Passage,
  { admission }: Entry,
  { request, needsPlainAnswer }: { readonly request: IncomingMessage; readonly needsPlainAnswer: boolean },
): OutgoingHeaders {
  const { upstream, isOwnCookie, isOwnHeader } = passage
  return requestHeaders(request, {
    upstream: upstream.url,
    token: admission.isKnownToJupyter === true ? callersToken(request, admission) : passage.token,
    hasLoginCookie: hasLoginCookie(admission),
    isOwnCookie,
    isOwnHeader,
    needsPlainAnswer,
  })
}

/** By it alone Jupyter said who the caller is, so by it alone the request is judged there. */
function callersToken(request: IncomingMessage, { source }: Entry['admission']): string {
  const facts = requestFacts(request)
  if (source === 'header') return facts?.headerToken ?? ''
  return source === 'query' ? (facts?.queryToken ?? '') : ''
}

function hasLoginCookie({ isKnownToJupyter, source }: Entry['admission']): boolean {
  return isKnownToJupyter === true && source === 'cookie'
}

export function incomingHeaders(
  passage: Passage,
  { admission }: Entry,
  { response, dropped }: { readonly response: IncomingMessage; readonly dropped: ReadonlySet<string> },
): string[] {
  return responseHeaders(response.rawHeaders, {
    upstream: passage.upstream.url,
    withoutSecret: (text) => replaceSecret(text, passage.secrets),
    isOwnCookie: passage.isOwnCookie,
    hasLoginCookie: hasLoginCookie(admission),
    dropped,
  })
}
