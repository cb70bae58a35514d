import type { Principal } from '../access/model.ts'
import type { FailedAttempts } from './failed-attempts.ts'
import type { TokenHolder, TokenIndex } from './tokens.ts'

export type TokenVerdict =
  | { readonly ok: true; readonly principal: Principal; readonly holder: TokenHolder }
  | { readonly ok: false; readonly code: 'not_signed_in' | 'too_fast' }

/** `address` is the caller's IP address; wrong tokens are counted by it. */
export type TokenCheck = (token: string, address: string) => TokenVerdict

/** The only way from a token to a person, whether it came in a header, an address or a form. */
export function createTokenCheck(deps: {
  readonly tokens: TokenIndex
  readonly principals: Pick<ReadonlyMap<string, Principal>, 'get'>
  readonly attempts: FailedAttempts
  /** Milliseconds, of any epoch. */
  readonly now: () => number
}): TokenCheck {
  const { tokens, principals, attempts, now } = deps
  return (token, address) => {
    // While an address waits, a right guess must look like a wrong one.
    if (attempts.mustWait(address, now())) return { ok: false, code: 'too_fast' }
    const holder = tokens.find(token)
    const principal = holder === undefined ? undefined : principals.get(holder.user)
    if (holder !== undefined && principal !== undefined) return { ok: true, principal, holder }
    attempts.failed(address, now())
    return { ok: false, code: 'not_signed_in' }
  }
}
