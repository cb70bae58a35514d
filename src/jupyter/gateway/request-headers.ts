/**
 * The headers of a request on its way to Jupyter.
 *
 * Who the caller is was decided by the gate; nothing the caller says about itself may reach Jupyter
 * as if we had said it. `Host`, `Origin` and `Referer` name Jupyter's own address: on a loopback
 * address jupyter_server 2 refuses other hosts, and it (and the applications it proxies) refuses an
 * Origin that is not the Host. That the page really is ours is the gate's check, made before.
 */
import type { IncomingMessage } from 'node:http'
import { cookiePairs, isJupyterLoginCookie } from './cookies.ts'
import { type Header, endToEndHeaders } from './hop-by-hop.ts'
import { withoutToken } from './target.ts'

export type RequestRules = {
  readonly upstream: URL
  /** Goes out as `Authorization`, unless it is empty. */
  readonly token: string
  /** Jupyter's own sign-in cookie is what the caller is known by there. */
  readonly hasLoginCookie: boolean
  readonly isOwnCookie: (name: string) => boolean
  /** Lower case: headers by which callers prove to us who they are. */
  readonly isOwnHeader: (name: string) => boolean
  /** True when the answer may have to be changed on its way back. */
  readonly needsPlainAnswer: boolean
}

/** By lower-case name; a header that came several times goes out as often. */
export type OutgoingHeaders = Record<string, string | string[]>

/** Exact names, lower case. */
const CLAIMS: ReadonlySet<string> = new Set([
  'authorization',
  'cf-connecting-ip',
  'forwarded',
  'remote-user',
  'remote_user',
  'true-client-ip',
  'x-client-cert',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-proxy-user',
  'x-real-ip',
  'x-remote-user',
  'x-scheme',
  'x-user',
  'x-username',
])

/** Families of names that proxies use to say who or where the caller is. */
const CLAIM_PREFIXES = [
  'x-auth-',
  'x-authenticated-',
  'x-forwarded',
  'x-original-',
  'x-remote-',
  'x-user-',
  'x-webauth-',
] as const

/** Settled between the client and us, or set again below. */
const REPLACED: ReadonlySet<string> = new Set(['host', 'expect', 'content-length', 'origin', 'referer'])

export function requestHeaders(request: IncomingMessage, rules: RequestRules): OutgoingHeaders {
  const headers = passedHeaders(request, rules)
  addBodyFraming(headers, request)
  addAddresses(headers, request, rules.upstream)
  if (rules.needsPlainAnswer) headers['accept-encoding'] = 'identity'
  if (rules.token !== '') headers['authorization'] = `token ${rules.token}`
  return headers
}

function passedHeaders(request: IncomingMessage, rules: RequestRules): OutgoingHeaders {
  // A map, because a client may well send a header named `constructor`.
  const headers = new Map<string, string[]>()
  for (const [name, value] of endToEndHeaders(request.rawHeaders).filter(isPassedOn)) {
    const lower = name.toLowerCase()
    if (rules.isOwnHeader(lower)) continue
    const passed = lower === 'cookie' ? passedCookies(value, rules) : value
    if (passed === '' && lower === 'cookie') continue
    headers.set(lower, [...(headers.get(lower) ?? []), passed])
  }
  return Object.fromEntries(headers)
}

export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

function isPassedOn([name]: Header): boolean {
  const lower = name.toLowerCase()
  return (
    !CLAIMS.has(lower) && !REPLACED.has(lower) && !CLAIM_PREFIXES.some((prefix) => lower.startsWith(prefix))
  )
}

function passedCookies(header: string, { isOwnCookie, hasLoginCookie }: RequestRules): string {
  return cookiePairs(header)
    .filter(({ name }) => !isOwnCookie(name) && (hasLoginCookie || !isJupyterLoginCookie(name)))
    .map(({ text }) => text)
    .join('; ')
}

/**
 * The framing is what our parser understood, whatever `Connection` named: a body that is sent on
 * without its length would be read as the next request.
 */
function addBodyFraming(headers: OutgoingHeaders, request: IncomingMessage): void {
  const length = request.headers['content-length']
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  else if (length !== undefined) headers['content-length'] = length
}

function addAddresses(headers: OutgoingHeaders, request: IncomingMessage, upstream: URL): void {
  headers['host'] = upstream.host
  if (request.headers.origin !== undefined) headers['origin'] = upstream.origin
  const referer = refererAt(upstream, request.headers)
  if (referer !== undefined) headers['referer'] = referer
  headers['x-forwarded-for'] = request.socket.remoteAddress ?? 'unknown'
  headers['x-forwarded-proto'] = 'encrypted' in request.socket ? 'https' : 'http'
  if (request.headers.host !== undefined) headers['x-forwarded-host'] = request.headers.host
}

/** The page's own address moves to Jupyter's site as well; any other page is none of Jupyter's business. */
function refererAt(upstream: URL, { referer, host }: IncomingMessage['headers']): string | undefined {
  if (referer === undefined || !URL.canParse(referer)) return undefined
  const page = new URL(referer)
  if (page.host !== host) return undefined
  return upstream.origin + withoutToken(page.pathname + page.search)
}
