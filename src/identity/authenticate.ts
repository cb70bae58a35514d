import type { Identified } from '../access/model.ts'
import type { CredentialSource } from './gate.ts'
import type { Lease } from './lease.ts'
import type { RequestFacts } from './request-facts.ts'

export type Authentication =
  | (Identified & {
      readonly outcome: 'known'
      readonly source: CredentialSource
      /** For how long; without one, as long as the process. */
      readonly lease?: Lease | undefined
      /** The request carries what Jupyter itself knows this person by; it gets that, not our token. */
      readonly isKnownToJupyter?: boolean | undefined
    })
  /** Nothing here that this authenticator understands; another one may. */
  | { readonly outcome: 'unknown' }
  /** A credential was shown and is wrong. Final: nobody falls back to a weaker proof. */
  | {
      readonly outcome: 'refused'
      readonly code: 'not_signed_in' | 'too_fast' | 'link_expired' | 'link_revoked'
    }

/** What becomes of a token in the address of a page. */
export type Exchange =
  /** `Set-Cookie` values that stand for it from now on. */
  | { readonly outcome: 'known'; readonly cookies: readonly string[] }
  | Exclude<Authentication, { outcome: 'known' }>

/** Turns the credentials of a request into a person, or says that it cannot. */
export interface Authenticator {
  readonly name: string
  /** Throws `SyncError` when whoever knows does not answer. */
  authenticate(facts: RequestFacts): Promise<Authentication>
  /** Of a token in an address; absent where such tokens are not taken. */
  exchange?(facts: RequestFacts): Promise<Exchange>
}

/** Asks one after the other; the first that has an answer decides. */
export async function authenticate(
  authenticators: readonly Authenticator[],
  facts: RequestFacts,
): Promise<Authentication> {
  for (const authenticator of authenticators) {
    const authentication = await authenticator.authenticate(facts)
    if (authentication.outcome !== 'unknown') return authentication
  }
  return { outcome: 'unknown' }
}

/** The same for the token in a page's address. */
export async function exchangeToken(
  authenticators: readonly Authenticator[],
  facts: RequestFacts,
): Promise<Exchange> {
  for (const authenticator of authenticators) {
    const exchange = await authenticator.exchange?.(facts)
    if (exchange !== undefined && exchange.outcome !== 'unknown') return exchange
  }
  return { outcome: 'unknown' }
}
