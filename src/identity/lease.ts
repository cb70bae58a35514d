import type { Identified } from '../access/model.ts'

/** How long it stays true what a request proved. Sockets outlive their requests, so they hold one. */
export type Lease = {
  /** Milliseconds since the epoch; from then on the credential is worth nothing. */
  readonly expiresAt?: number | undefined
  /**
   * For a source that this process knows by itself: the person as it is now, or undefined when the
   * credential is worth nothing any more. Asked at each change, so it has to be quick.
   */
  readonly current?: (() => Identified | undefined) | undefined
  /**
   * Asks the source again: the person as it is now, or undefined when the credential is worth
   * nothing any more. Rejects when the source does not answer; then the last answer holds.
   */
  readonly renew?: (() => Promise<Identified | undefined>) | undefined
  /** What those are told whose credential is worth nothing any more; left out, to sign in again. */
  readonly ending?:
    | { readonly reason: 'access_revoked' | 'session_expired'; readonly sentence: string }
    | undefined
}
