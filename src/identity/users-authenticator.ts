import type { Principal } from '../access/model.ts'
import type { Authentication, Authenticator, Exchange } from './authenticate.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Sessions } from './session-cookie.ts'
import type { Lease } from './lease.ts'
import type { TokenCheck } from './token-check.ts'
import type { TokenHolder } from './tokens.ts'
import type { UserDirectory } from './user-directory.ts'

export type UsersDeps = {
  readonly directory: UserDirectory
  readonly checkToken: TokenCheck
  readonly sessions: Sessions
  /** Others are asked too, and a token that is nobody's here may be one of theirs. */
  readonly isOneOfSeveral?: boolean | undefined
}

/**
 * The users of the configuration: by a token in `Authorization` or `?token=`, else by the cookie
 * that was given for one. What the caller says on purpose beats what the browser sends by itself.
 */
export function usersAuthenticator(deps: UsersDeps): Authenticator {
  return {
    name: 'users',
    authenticate: async (facts) => {
      if (facts.headerToken !== undefined) return byToken(deps, facts, 'header', facts.headerToken)
      if (facts.queryToken !== undefined) return byToken(deps, facts, 'query', facts.queryToken)
      return byCookie(deps, facts)
    },
    exchange: async (facts) => exchange(deps, facts),
  }
}

function exchange(deps: UsersDeps, facts: RequestFacts): Exchange {
  const { queryToken: token, address } = facts
  if (token === undefined || !isOurs(deps, token)) return { outcome: 'unknown' }
  const verdict = deps.checkToken(token, address)
  if (!verdict.ok) return { outcome: 'refused', code: verdict.code }
  return { outcome: 'known', cookies: [deps.sessions.issue(facts, { kind: 'user', ...verdict.holder })] }
}

function isOurs({ directory, isOneOfSeveral = false }: UsersDeps, token: string): boolean {
  return !isOneOfSeveral || directory.find(token) !== undefined
}

/** Whom the cookie names, as long as the user and the token it was given for are configured. */
export function sessionPrincipal(
  { directory, sessions }: Pick<UsersDeps, 'directory' | 'sessions'>,
  facts: RequestFacts,
): Principal | undefined {
  const holder = sessions.read(facts)
  return holder?.kind === 'user' ? directory.principalOf(holder) : undefined
}

function byCookie({ directory, sessions }: UsersDeps, facts: RequestFacts): Authentication {
  const session = sessions.find(facts)
  if (session?.holder.kind !== 'user') return { outcome: 'unknown' }
  const principal = directory.principalOf(session.holder)
  if (principal === undefined) return { outcome: 'unknown' }
  const lease = leaseOf(directory, session.holder, session.expiresAt)
  return { outcome: 'known', principal, source: 'cookie', lease }
}

function byToken(
  deps: UsersDeps,
  { address }: RequestFacts,
  source: 'header' | 'query',
  token: string,
): Authentication {
  if (!isOurs(deps, token)) return { outcome: 'unknown' }
  const verdict = deps.checkToken(token, address)
  return verdict.ok
    ? {
        outcome: 'known',
        principal: verdict.principal,
        source,
        lease: leaseOf(deps.directory, verdict.holder),
      }
    : { outcome: 'refused', code: verdict.code }
}

/** As long as the token is configured, and as who the configuration then says it is. */
function leaseOf(directory: UserDirectory, holder: TokenHolder, expiresAt?: number): Lease {
  return {
    expiresAt,
    current: () => {
      const principal = directory.principalOf(holder)
      return principal && { principal }
    },
  }
}
