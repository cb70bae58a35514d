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
    })
  /** Nothing here that this authenticator understands; another one may. */
  | { readonly outcome: 'unknown' }
  /** A credential was shown and is wrong. Final: nobody falls back to a weaker proof. */
  | {
      readonly outcome: 'refused'
      readonly code: 'not_signed_in' | 'too_fast' | 'link_expired' | 'link_revoked'
    }

/** Turns the credentials of a request into a person, or says that it cannot. */
export interface Authenticator {
  readonly name: string
  authenticate(facts: RequestFacts): Promise<Authentication>
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
