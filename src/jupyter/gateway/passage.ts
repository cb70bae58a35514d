/** What HTTP requests and tunnels need alike; made once by `Gateway`. */
import type { IncomingMessage } from 'node:http'
import { isRunningModel } from '../../access/classify.ts'
import type { Action } from '../../access/model.ts'
import type { Admission, Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'
import type { ContentsEvent } from '../contents-event.ts'
import type { Counters } from './counters.ts'
import type { GatewayLimits } from './limits.ts'
import { type OutgoingHeaders, requestHeaders } from './request-headers.ts'
import { responseHeaders } from './response-headers.ts'
import { type Replacement, replaceSecret } from './secret-filter.ts'
import { type Target, parseTarget } from './target.ts'
import type { Upstream } from './upstream.ts'

export type Passage = {
  readonly upstream: Upstream
  readonly token: string
  readonly secrets: readonly Replacement[]
  readonly isOwnCookie: (name: string) => boolean
  readonly gate: Gate
  /** `path` is relative to the base URL, decoded once. */
  readonly classify: (method: string, path: string) => Action
  readonly limits: GatewayLimits
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
  const admission = await passage.gate.admit(request, action)
  if (!admission.ok) {
    const isKernelLost = admission.code === 'access_revoked' && isRunningModel(target.path)
    throw new SyncError(isKernelLost ? 'kernel_out_of_reach' : admission.code)
  }
  return { target, action, admission }
}

export function outgoingHeaders(
  passage: Passage,
  request: IncomingMessage,
  needsPlainAnswer: boolean,
): OutgoingHeaders {
  const { upstream, token, isOwnCookie } = passage
  return requestHeaders(request, { upstream: upstream.url, token, isOwnCookie, needsPlainAnswer })
}

export function incomingHeaders(
  passage: Passage,
  response: IncomingMessage,
  dropped: ReadonlySet<string>,
): string[] {
  return responseHeaders(response.rawHeaders, {
    upstream: passage.upstream.url,
    withoutSecret: (text) => replaceSecret(text, passage.secrets),
    isOwnCookie: passage.isOwnCookie,
    dropped,
  })
}
