/**
 * The cookie that keeps a browser signed in. It says who, since which token and until when, signed
 * with HMAC-SHA256; the server keeps nothing, so restarts sign nobody out.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Identified } from '../access/model.ts'
import type { RequestFacts } from './request-facts.ts'
import type { TokenHolder } from './tokens.ts'

/** Somebody whom another system knows, as it told; see `jwt-authenticator.ts`. */
export type PersonHolder = Identified & {
  readonly kind: 'person'
  /** Which system. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly issuedAt: number
  /** That system's name for the session; may be empty. */
  readonly session: string
}

export type SessionHolder =
  | PersonHolder
  | ({ readonly kind: 'user' } & TokenHolder)
  /** A nameless visitor of open mode; the id only keeps one browser's name and color. */
  | { readonly kind: 'visitor'; readonly id: string }
  /** Somebody who came by a guest link, under a name of their choice. */
  | { readonly kind: 'guest'; readonly link: string; readonly guest: string; readonly name: string }

export type Session = { readonly holder: SessionHolder; readonly expiresAt: number }

type CookieFacts = Pick<RequestFacts, 'host' | 'isSecure' | 'cookies'>

export interface Sessions {
  /** A `Set-Cookie` value. It ends with the session's time, or at `untilMs` (since the epoch) if that is sooner. */
  issue(facts: CookieFacts, holder: SessionHolder, untilMs?: number): string
  /** The `Set-Cookie` value that signs out. */
  revoke(facts: CookieFacts): string
  /** The same, and until when (milliseconds since the epoch). */
  find(facts: CookieFacts): Session | undefined
  /** Whom the request's cookie names, unless it is tampered with, foreign or expired. */
  read(facts: CookieFacts): SessionHolder | undefined
}

export type SessionOptions = {
  /** At least 32 random bytes. */
  readonly secret: Uint8Array
  /** The cookie's path; begins and ends with a slash. */
  readonly baseUrl: string
  readonly sessionMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const NAME = 'outrigger-session'
const VERSION = 'v1'
const MIN_SECRET_BYTES = 32
/** Browsers send the cookie of the longest path first; older ones of the same name may follow. */
const MAX_CANDIDATES = 4

/** True for every name that `Sessions` uses; such a cookie is nobody else's business. */
export function isSessionCookie(name: string): boolean {
  return name === NAME || name.startsWith(`${NAME}-`)
}

export function createSessions({ secret, baseUrl, sessionMs, now }: SessionOptions): Sessions {
  if (secret.length < MIN_SECRET_BYTES)
    throw new Error(`A cookie secret has ${MIN_SECRET_BYTES} bytes or more.`)
  const path = new URL(baseUrl, 'http://localhost').pathname.replaceAll(';', '%3B')
  const cookie = ({ host, isSecure }: CookieFacts, value: string, lifeMs: number): string =>
    `${nameFor(host)}=${value}; Path=${path}; Max-Age=${Math.floor(lifeMs / 1000)}; HttpOnly; SameSite=Lax` +
    (isSecure ? '; Secure' : '')
  const find = ({ host, cookies }: CookieFacts): Session | undefined =>
    cookies
      .filter(({ name }) => name === nameFor(host))
      .slice(0, MAX_CANDIDATES)
      .map(({ value }) => unseal(value, now(), secret))
      .find((session) => session !== undefined)
  return {
    issue: (facts, holder, untilMs = Number.POSITIVE_INFINITY) => {
      const nowMs = now()
      const endsAt = Math.min(nowMs + sessionMs, untilMs)
      return cookie(facts, seal(holder, endsAt, secret), endsAt - nowMs)
    },
    revoke: (facts) => cookie(facts, '', 0),
    find,
    read: (facts) => find(facts)?.holder,
  }
}

/** Cookies are shared by all ports of a host, and two servers on one host are common. */
function nameFor(host: string): string {
  const port = /:(\d+)$/.exec(host)?.[1]
  return port === undefined ? NAME : `${NAME}-${port}`
}

function seal(holder: SessionHolder, expiresAtMs: number, secret: Uint8Array): string {
  const body = Buffer.from(JSON.stringify({ ...holder, expiresAtMs })).toString('base64url')
  return `${VERSION}.${body}.${sign(body, secret)}`
}

function unseal(value: string, nowMs: number, secret: Uint8Array): Session | undefined {
  const [version, body, signature, ...rest] = value.split('.')
  if (version !== VERSION || body === undefined || signature === undefined || rest.length > 0)
    return undefined
  if (!isEqual(signature, sign(body, secret))) return undefined
  // Signed by us, so its shape is ours; another shape would have another version.
  const { expiresAtMs, ...holder } = JSON.parse(
    Buffer.from(body, 'base64url').toString(),
  ) as SessionHolder & {
    readonly expiresAtMs: number
  }
  return expiresAtMs > nowMs ? { holder, expiresAt: expiresAtMs } : undefined
}

/** Compared as text: decoding is lenient, and one session should have one spelling. */
function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function sign(body: string, secret: Uint8Array): string {
  return createHmac('sha256', secret).update(`outrigger session ${VERSION} ${body}`).digest('base64url')
}
