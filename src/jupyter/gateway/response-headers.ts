/**
 * The headers of Jupyter's answer on their way to the client, in their order, duplicates kept.
 */
import { cookieName, isJupyterLoginCookie } from './cookies.ts'
import { type Header, endToEndHeaders } from './hop-by-hop.ts'

export type ResponseRules = {
  readonly upstream: URL
  /** Takes the upstream token out of a text. */
  readonly withoutSecret: (text: string) => string
  readonly isOwnCookie: (name: string) => boolean
  /** Jupyter's own sign-in cookie is meant for the caller. */
  readonly hasLoginCookie: boolean
  /** Lower-case names of headers that do not hold for the body that we send. */
  readonly dropped: ReadonlySet<string>
}

/** Flat list of names and values, as `ServerResponse.writeHead` takes it. */
export function responseHeaders(rawHeaders: readonly string[], rules: ResponseRules): string[] {
  return endToEndHeaders(rawHeaders).flatMap((header) => passedHeader(header, rules))
}

function passedHeader([name, value]: Header, rules: ResponseRules): readonly string[] {
  const lower = name.toLowerCase()
  if (rules.dropped.has(lower)) return []
  if (lower === 'set-cookie') {
    const cookie = cookieName(value)
    const isKept = isJupyterLoginCookie(cookie) && !rules.hasLoginCookie
    if (isKept || rules.isOwnCookie(cookie)) return []
  }
  const text = lower === 'location' ? ourLocation(value, rules.upstream) : value
  return [name, rules.withoutSecret(text)]
}

/**
 * A redirect to Jupyter's own address becomes one to the same path here. It stays without a host,
 * so we need not know the address that the browser uses.
 */
export function ourLocation(location: string, upstream: URL): string {
  if (!/^([a-z]+:)?\/\//i.test(location) || !URL.canParse(location, upstream.href)) return location
  const to = new URL(location, upstream)
  if (to.host !== upstream.host) return location
  // Two slashes at the start would name another host again.
  return to.pathname.replace(/^\/+/, '/') + to.search + to.hash
}
