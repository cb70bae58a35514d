import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { SignJWT } from 'jose/jwt/sign'
import type { Authenticator } from '../../src/identity/authenticate.ts'
import { type JwtRules, type KnownByToken, jwtAuthenticator } from '../../src/identity/jwt-authenticator.ts'
import { JwtKeys, type KeyOrigin } from '../../src/identity/jwt-keys.ts'
import { SeenPeople } from '../../src/identity/seen-people.ts'
import { createSessions } from '../../src/identity/session-cookie.ts'
import { VerifiedTokens } from '../../src/identity/verified-tokens.ts'
import { SECRET } from './gate-fixture.ts'

export const ISSUER = 'https://id.example.org/'
export const AUDIENCE = 'outrigger'
export const SHARED = 'a shared secret of more than 32 characters'.replaceAll(' ', '-')

export const RULES: JwtRules = {
  algorithms: ['RS256', 'ES256'],
  issuer: ISSUER,
  audience: AUDIENCE,
  clockSkewMs: 5000,
  header: 'Authorization',
  isSetByProxy: false,
  cookie: 'platform',
  isInAddress: true,
  userClaim: 'sub',
  nameClaim: 'name',
  groupsClaim: 'groups',
  accessClaim: undefined,
  accessValues: { read: 'read', edit: 'edit', manage: 'manage' },
  requiredClaims: {},
}

export type Pair = { readonly kid: string; readonly publicKey: KeyObject; readonly privateKey: KeyObject }

export function rsaPair(kid: string): Pair {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
}

export function jwk({ kid, publicKey }: Pair): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }
}

export type Clock = { now: number }

/** A token of ada for us, good for a minute, with these differences. */
export async function token(
  { kid, privateKey }: Pair,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const at = Math.floor(Date.now() / 1000)
  const all = { sub: 'ada', iss: ISSUER, aud: AUDIENCE, iat: at, exp: at + 60, ...claims }
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return await new SignJWT(kept).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(privateKey)
}

/** A token written by hand: parts as they are. */
export function rawToken(header: string, payload: string, signature = ''): string {
  const part = (text: string): string => Buffer.from(text).toString('base64url')
  return `${part(header)}.${part(payload)}.${signature}`
}

export type KeyServer = {
  readonly url: string
  /** What it publishes; or a status without keys. */
  keys: readonly Record<string, unknown>[] | number
  readonly requests: readonly IncomingMessage[]
}

export async function keyServer(t: TestContext, keys: KeyServer['keys']): Promise<KeyServer> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    if (typeof state.keys === 'number') response.writeHead(state.keys).end()
    else response.end(JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const state: KeyServer = { url: `http://127.0.0.1:${port}/jwks.json`, keys, requests }
  return state
}

export type JwtFixture = {
  readonly authenticator: Authenticator
  readonly keys: JwtKeys
  readonly errors: unknown[]
  readonly clock: Clock
  readonly people: SeenPeople
  readonly verified: VerifiedTokens<KnownByToken>
}

export function jwtFixture(origin: KeyOrigin, rules: Partial<JwtRules> = {}): JwtFixture {
  const errors: unknown[] = []
  const clock = { now: Date.now() }
  const now = (): number => clock.now
  const keys = new JwtKeys({ origin, now, onError: (error) => errors.push(error) })
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 3_600_000, now })
  const people = new SeenPeople()
  const verified = new VerifiedTokens<KnownByToken>()
  const deps = { rules: { ...RULES, ...rules }, keys, verified, sessions, people, now }
  return { authenticator: jwtAuthenticator(deps), keys, errors, clock, people, verified }
}
