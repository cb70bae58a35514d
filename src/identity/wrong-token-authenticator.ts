import type { Authenticator } from './authenticate.ts'
import type { FailedAttempts } from './failed-attempts.ts'
import type { RequestFacts } from './request-facts.ts'

/**
 * The last one of several: a token that none of the others knows is a wrong one. It is final, as it
 * is where only one is asked, and it is counted.
 */
export function wrongTokenAuthenticator(deps: {
  readonly attempts: FailedAttempts
  /** Milliseconds, of any epoch. */
  readonly now: () => number
}): Authenticator {
  const judge = async ({ headerToken, queryToken, address }: RequestFacts) => {
    if (headerToken === undefined && queryToken === undefined) return { outcome: 'unknown' } as const
    if (deps.attempts.mustWait(address, deps.now())) return { outcome: 'refused', code: 'too_fast' } as const
    deps.attempts.failed(address, deps.now())
    return { outcome: 'refused', code: 'not_signed_in' } as const
  }
  return { name: 'wrong token', authenticate: judge, exchange: judge }
}
