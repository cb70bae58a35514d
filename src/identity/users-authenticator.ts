import type { Principal } from '../access/model.ts'
import type { Authentication, Authenticator } from './authenticate.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Sessions } from './session-cookie.ts'
import type { TokenCheck } from './token-check.ts'
import type { TokenIndex } from './tokens.ts'

export type UsersDeps = {
  readonly principals: ReadonlyMap<string, Principal>
  readonly tokens: TokenIndex
  readonly checkToken: TokenCheck
  readonly sessions: Sessions
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
  }
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
  { checkToken }: UsersDeps,
  { address }: RequestFacts,
  source: 'header' | 'query',
  token: string,
): Authentication {
  const verdict = checkToken(token, address)
  return verdict.ok
    ? { outcome: 'known', principal: verdict.principal, source }
    : { outcome: 'refused', code: verdict.code }
}
