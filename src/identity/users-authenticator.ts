import type { Principal } from '../access/model.ts'
import type { Authentication, Authenticator, Exchange } from './authenticate.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Sessions } from './session-cookie.ts'
import type { TokenCheck } from './token-check.ts'
import type { TokenIndex } from './tokens.ts'

export type UsersDeps = {
  readonly principals: ReadonlyMap<string, Principal>
  readonly tokens: TokenIndex
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
      const principal = sessionPrincipal(deps, facts)
      return principal === undefined
        ? { outcome: 'unknown' }
        : { outcome: 'known', principal, source: 'cookie' }
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

function isOurs({ tokens, isOneOfSeveral = false }: UsersDeps, token: string): boolean {
  return !isOneOfSeveral || tokens.find(token) !== undefined
}

/** Whom the cookie names, as long as the user and the token it was given for are configured. */
export function sessionPrincipal(
  { principals, tokens, sessions }: Pick<UsersDeps, 'principals' | 'tokens' | 'sessions'>,
  facts: RequestFacts,
): Principal | undefined {
  const holder = sessions.read(facts)
  return holder?.kind === 'user' && tokens.has(holder) ? principals.get(holder.user) : undefined
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
    ? { outcome: 'known', principal: verdict.principal, source }
    : { outcome: 'refused', code: verdict.code }
}
