/**
 * What a request says about who sent it and from where, read once and without judgement. A Fastify
 * request's `raw` and an upgrade are the same to it.
 */
import type { IncomingMessage } from 'node:http'

export type Cookie = { readonly name: string; readonly value: string }

export type RequestFacts = {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  /** The `Host` header in lower case, with its port when it has one. */
  readonly host: string
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`: set by browsers, out of reach of pages. */
  readonly fetchSite: string | undefined
  readonly isUpgrade: boolean
  /** A person opened an address, in a window of its own, and will look at the answer. */
  readonly isPageVisit: boolean
  /** The browser's side is https. A proxy's word is enough, it only ever makes us stricter. */
  readonly isSecure: boolean
  readonly isOnLoopback: boolean
  /** The IP address at the other end of the connection; a proxy's when there is one. */
  readonly address: string
  readonly headerToken: string | undefined
  readonly queryToken: string | undefined
  readonly cookies: readonly Cookie[]
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[]
}

const HOST = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/
const LOOPBACK_ADDRESS = /^(?:::ffff:)?127\.|^::1$/

/**
 * Undefined for what no honest client sends: an absolute-form target (a proxy request), none or
 * several `Host` headers, an upgrade to anything but websocket, an address that begins like
 * another server's.
 */
export function requestFacts(request: IncomingMessage): RequestFacts | undefined {
  const { headers, socket } = request
  const url = request.url ?? ''
  const host = onlyHost(request)
  const upgrade = headers.upgrade?.toLowerCase()
  if (host === undefined || !/^\/(?![/\\])/.test(url)) return undefined
  if (upgrade !== undefined && upgrade !== 'websocket') return undefined
  const method = request.method ?? ''
  return {
    method,
    url,
    host,
    origin: headers.origin,
    fetchSite: single(headers['sec-fetch-site']),
    isUpgrade: upgrade !== undefined,
    isPageVisit: isRead(method) && upgrade === undefined && asksForPage(request),
    isSecure:
      'encrypted' in socket || single(headers['x-forwarded-proto'])?.split(',')[0]?.trim() === 'https',
    isOnLoopback: LOOPBACK_ADDRESS.test(socket.localAddress ?? ''),
    address: socket.remoteAddress ?? '',
    headerToken: /^(?:token|bearer)\s+(\S.*)$/i.exec(headers.authorization ?? '')?.[1]?.trim(),
    queryToken: queryOf(url).get('token') || undefined,
    cookies: parseCookies(headers.cookie ?? ''),
    rawHeaders: request.rawHeaders,
  }
}

/** Every value of a header, one for each time it was sent; Node itself would join or drop some. */
export function headerValues({ rawHeaders }: Pick<RequestFacts, 'rawHeaders'>, name: string): string[] {
  const wanted = name.toLowerCase()
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted)
}

/** The address without `token` parameters; every other byte stays. */
export function withoutToken(url: string): string {
  const at = url.indexOf('?')
  if (at < 0) return url
  const kept = url
    .slice(at + 1)
    .split('&')
    .filter((part) => !new URLSearchParams(part).has('token'))
  return kept.length === 0 ? url.slice(0, at) : `${url.slice(0, at)}?${kept.join('&')}`
}

function onlyHost({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  const host = headers.host?.toLowerCase()
  return count === 1 && host !== undefined && HOST.test(host) ? host : undefined
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function asksForPage({ headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode === undefined) return headers.accept?.includes('text/html') === true
  return mode === 'navigate' && (headers['sec-fetch-dest'] ?? 'document') === 'document'
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}

function parseCookies(header: string): readonly Cookie[] {
  return header.split(';').flatMap((part) => {
    const at = part.indexOf('=')
    return at < 0 ? [] : [{ name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() }]
  })
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
