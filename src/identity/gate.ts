import type { IncomingMessage } from 'node:http'
import type { Access, Action, Identified } from '../access/model.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { Lease } from './lease.ts'

/**
 * How the caller proved who it is. What a browser or a proxy adds by itself (`cookie`, `proxy`) needs
 * an Origin check; what the caller says on purpose does not.
 */
export type CredentialSource = 'cookie' | 'header' | 'query' | 'open' | 'proxy'

/** Somebody who was let in, and for how long. */
export type Admitted = Identified & {
  readonly ok: true
  readonly access: Access
  readonly source: CredentialSource
  readonly lease?: Lease | undefined
  /** See `Authentication`. */
  readonly isKnownToJupyter?: boolean | undefined
}

export type Admission = Admitted | { readonly ok: false; readonly code: ErrorCode }

/** The one authorization function: every HTTP route and every upgrade asks it before anything else. */
export interface Gate {
  /**
   * Checks that the request comes from our own pages, who the caller is, and whether it may.
   * Never throws: a fault of our own is answered `internal`.
   */
  admit(request: IncomingMessage, action: Action): Promise<Admission>
}

/** The same judgement for whoever is inside already. */
export interface Judge {
  /** What somebody may do at this moment. */
  accessOf(person: Identified): Access
  /**
   * When that may next change by itself, in milliseconds since the epoch; infinite when it never does.
   * A judge that cannot tell is asked all the time.
   */
  readonly changesAt?: (() => number) | undefined
}
