/**
 * Whether a request may come from another web site's page.
 *
 * Cookies, and in open mode plain reachability, work for any page that a person happens to visit.
 * So what is authenticated that way must prove that one of our own pages asked: browsers say so in
 * `Origin` on every upgrade and every request that changes something.
 */
import { isIP } from 'node:net'
import type { CredentialSource } from './gate.ts'
import type { RequestFacts } from './request-facts.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export type OriginFacts = Omit<RequestFacts, 'url' | 'address' | 'headerToken' | 'rawHeaders'>

/**
 * To be asked before the caller's credentials are looked at: an upgrade from another site is refused
 * whatever it carries, and no site may try tokens, or use up a person's attempts, by embedding us.
 */
export function isForeignPage(facts: OriginFacts, allowedOrigins: readonly string[]): boolean {
  const isSuspect = facts.isUpgrade
    ? facts.origin !== undefined
    : facts.queryToken !== undefined && isEmbedded(facts)
  return isSuspect && !isTrustedOrigin(facts, allowedOrigins)
}

/**
 * To be asked when the caller is known. `source` is how it did authenticate, not what it merely
 * presented, or a made-up token would switch the check off.
 */
export function isForeignRequest(
  facts: OriginFacts,
  source: CredentialSource,
  allowedOrigins: readonly string[],
): boolean {
  if (isForeignPage(facts, allowedOrigins)) return true
  // A page that can name a token needs no help from the browser's cookies.
  if (source === 'header' || source === 'query') return false
  if (source === 'open' && !isOwnHost(facts, allowedOrigins)) return true
  if (facts.isUpgrade || !SAFE_METHODS.has(facts.method)) {
    return facts.origin === undefined
      ? !isPlainClient(facts, source)
      : !isTrustedOrigin(facts, allowedOrigins)
  }
  return source === 'open' && isEmbedded(facts) && !isTrustedOrigin(facts, allowedOrigins)
}

/** Node's y-websocket clients send no Origin; browsers cannot help but send one with an upgrade. */
function isPlainClient(facts: OriginFacts, source: CredentialSource): boolean {
  return facts.isUpgrade && source === 'open' && facts.cookies.length === 0 && facts.fetchSite === undefined
}

/** Another page loads something of ours as its script, image or frame. */
function isEmbedded({ fetchSite, isPageVisit }: OriginFacts): boolean {
  return (fetchSite === 'cross-site' || fetchSite === 'same-site') && !isPageVisit
}

function isTrustedOrigin(
  { origin, host, isSecure }: OriginFacts,
  allowedOrigins: readonly string[],
): boolean {
  if (origin === undefined) return false
  if (allowedOrigins.some((allowed) => sameOrigin(allowed, origin))) return true
  const url = parseOrigin(origin)
  if (url === undefined || (isSecure && url.protocol !== 'https:')) return false
  return url.host === parseOrigin(`${url.protocol}//${host}`)?.host
}

/**
 * A site can point its own name at 127.0.0.1 and so make its pages look like ours, Origin and all.
 * Numeric addresses and loopback names cannot be pointed anywhere.
 */
function isOwnHost({ host, isOnLoopback }: OriginFacts, allowedOrigins: readonly string[]): boolean {
  if (!isOnLoopback) return true
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true
  return allowedOrigins.some((allowed) => parseOrigin(allowed)?.hostname === name)
}

function sameOrigin(left: string, right: string): boolean {
  const origin = parseOrigin(left)?.origin
  return origin !== undefined && origin === parseOrigin(right)?.origin
}

/** Undefined for `null` (sandboxed pages) and anything that is more or less than an origin. */
function parseOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin =
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.pathname === '/'
  return isOrigin ? url : undefined
}
