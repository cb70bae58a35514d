/**
 * Tokens of a platform: JSON Web Tokens (RFC 7519), checked with jose. A token comes in a header, in
 * a cookie that the platform keeps fresh, or in an address, where it is exchanged for our own cookie.
 */
import { jwtVerify } from 'jose/jwt/verify'
import { SyncError } from '../protocol/errors.ts'
import type { Identified } from '../access/model.ts'
import type { Authentication, Authenticator, Exchange } from './authenticate.ts'
import type { CredentialSource } from './gate.ts'
import { type ClaimRules, type Claims, personOf } from './jwt-claims.ts'
import { type JwtKeys, KeysUnavailableError } from './jwt-keys.ts'
import { jwtText } from './jwt-text.ts'
import { type RequestFacts, headerValues } from './request-facts.ts'
import type { SeenPeople } from './seen-people.ts'
import type { PersonHolder, Sessions } from './session-cookie.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

export type JwtRules = ClaimRules & {
  readonly algorithms: readonly string[]
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly clockSkewMs: number
  /** Any case. */
  readonly header: string
  /** `Authorization` is added to every request by a proxy. */
  readonly isSetByProxy: boolean
  readonly cookie?: string | undefined
  readonly isInAddress: boolean
}

export type JwtDeps = {
  readonly rules: JwtRules
  readonly keys: Pick<JwtKeys, 'find' | 'generation'>
  /** What was found out before. */
  readonly verified: VerifiedTokens<KnownByToken>
  readonly sessions: Sessions
  readonly people: SeenPeople
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Somebody whom a token names, and until when; times in milliseconds since the epoch. */
export type KnownByToken = Identified & {
  readonly expiresAt: number
  readonly issuedAt: number
  /** The platform's own session, when the token tells it: `sid` of OpenID Connect. */
  readonly session: string
}

const NAME = 'jwt'
const UNKNOWN = { outcome: 'unknown' } as const
const REFUSED = { outcome: 'refused', code: 'not_signed_in' } as const
/** Browsers send the cookie of the longest path first; older ones of the same name may follow. */
const MAX_COOKIES = 4
/** Browsers keep 4096 bytes of one cookie. */
const MAX_HOLDER_LENGTH = 2500

export function jwtAuthenticator(deps: JwtDeps): Authenticator {
  return {
    name: NAME,
    authenticate: async (facts) => {
      const said = saidToken(deps.rules, facts)
      if (said === 'ambiguous') return REFUSED
      if (said !== undefined) return await bySaidToken(deps, said)
      return (await byCookie(deps, facts)) ?? bySession(deps, facts) ?? UNKNOWN
    },
    exchange: async (facts) => await exchange(deps, facts),
  }
}

type Said = { readonly token: string; readonly source: CredentialSource }

/** What stands in the header, else in the address. */
function saidToken(rules: JwtRules, facts: RequestFacts): Said | 'ambiguous' | undefined {
  const isAuthorization = rules.header.toLowerCase() === 'authorization'
  const values = headerValues(facts, rules.header)
  // Which of two a proxy before us has looked at is anybody's guess.
  if (values.length > 1) return 'ambiguous'
  const token = isAuthorization ? facts.headerToken : values[0]?.replace(/^bearer\s+/i, '').trim()
  if (token !== undefined && token !== '') {
    return { token, source: isAuthorization && !rules.isSetByProxy ? 'header' : 'proxy' }
  }
  if (rules.isInAddress && facts.queryToken !== undefined) return { token: facts.queryToken, source: 'query' }
  return undefined
}

async function bySaidToken(deps: JwtDeps, { token, source }: Said): Promise<Authentication> {
  const text = jwtText(token)
  if (text === 'other') return UNKNOWN
  const known = text === 'plain' ? await verified(deps, token) : undefined
  if (known === undefined) return REFUSED
  const { principal, granted, expiresAt } = known
  // Whoever shows a token on purpose shows a newer one with a newer connection.
  const lease = source === 'proxy' ? leaseOf(deps, known) : { expiresAt }
  return { outcome: 'known', principal, granted, source, lease }
}

/** A cookie comes by itself; an old one bars nobody from another proof. */
async function byCookie(deps: JwtDeps, { cookies }: RequestFacts): Promise<Authentication | undefined> {
  const values = cookies.filter(({ name }) => name === deps.rules.cookie).slice(0, MAX_COOKIES)
  for (const { value } of values) {
    const known = jwtText(value) === 'plain' ? await verified(deps, value) : undefined
    if (known !== undefined) return inCookie(deps, known)
  }
  return undefined
}

function bySession(deps: JwtDeps, facts: RequestFacts): Authentication | undefined {
  const holder = deps.sessions.read(facts)
  if (holder?.kind !== 'person' || holder.by !== issuerOf(deps.rules) || holder.expiresAt <= deps.now()) {
    return undefined
  }
  return inCookie(deps, holder)
}

function inCookie(deps: JwtDeps, known: KnownByToken): Authentication {
  const { principal, granted } = known
  return { outcome: 'known', principal, granted, source: 'cookie', lease: leaseOf(deps, known) }
}

/** Shared by what one person opened in one session of the platform. */
function leaseOf({ people }: JwtDeps, { principal, granted, expiresAt, issuedAt, session }: KnownByToken) {
  const key = JSON.stringify([NAME, principal.id, session])
  return people.saw(key, { person: { principal, granted }, expiresAt, issuedAt })
}

async function exchange(deps: JwtDeps, facts: RequestFacts): Promise<Exchange> {
  const { rules, sessions } = deps
  if (!rules.isInAddress || facts.queryToken === undefined) return UNKNOWN
  const text = jwtText(facts.queryToken)
  if (text === 'other') return UNKNOWN
  const known = text === 'plain' ? await verified(deps, facts.queryToken) : undefined
  if (known === undefined) return REFUSED
  const holder: PersonHolder = { kind: 'person', by: issuerOf(rules), ...known }
  if (JSON.stringify(holder).length > MAX_HOLDER_LENGTH) {
    throw new SyncError('too_large', 'The token names more groups than a cookie holds; send fewer.')
  }
  return { outcome: 'known', cookies: [sessions.issue(facts, holder, known.expiresAt)] }
}

/** A session is worth nothing once another issuer is configured. */
function issuerOf({ issuer = '', audience = '' }: JwtRules): string {
  return JSON.stringify([NAME, issuer, audience])
}

/** Undefined for a token that is worth nothing here. Throws while there are no keys to judge it with. */
async function verified(deps: JwtDeps, token: string): Promise<KnownByToken | undefined> {
  const generation = deps.keys.generation()
  const before = deps.verified.get(token, { generation, nowMs: deps.now() })
  if (before !== undefined) return before
  const known = await verify(deps, token)
  // Keys that were read meanwhile may be what it was checked with, or may not.
  if (known !== undefined && deps.keys.generation() === generation) {
    deps.verified.set(token, known, generation)
  }
  return known
}

async function verify({ rules, keys, now }: JwtDeps, token: string): Promise<KnownByToken | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      algorithms: [...rules.algorithms],
      ...(rules.issuer === undefined ? {} : { issuer: rules.issuer }),
      ...(rules.audience === undefined ? {} : { audience: rules.audience }),
      requiredClaims: ['exp'],
      clockTolerance: rules.clockSkewMs / 1000,
      currentDate: new Date(now()),
    })
    const person = personOf(payload as Claims, rules)
    const { exp = 0, iat, sid } = payload
    if (person === undefined) return undefined
    return {
      ...person,
      expiresAt: exp * 1000 + rules.clockSkewMs,
      issuedAt: (iat ?? exp) * 1000,
      session: typeof sid === 'string' ? sid : '',
    }
  } catch (error) {
    if (!(error instanceof KeysUnavailableError)) return undefined
    throw new SyncError('identity_unavailable', undefined, { cause: error })
  }
}
