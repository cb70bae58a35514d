import type { IncomingMessage } from 'node:http'
import type { Access, Action, Principal } from '../access/model.ts'
import type { ErrorCode } from '../protocol/errors.ts'

/** How the caller proved who it is. Only cookies travel by themselves, so only they need an Origin check. */
export type CredentialSource = 'cookie' | 'header' | 'query' | 'open'

export type Admission =
  | {
      readonly ok: true
      readonly principal: Principal
      readonly access: Access
      readonly source: CredentialSource
    }
  | { readonly ok: false; readonly code: ErrorCode }

/** The one authorization function: every HTTP route and every upgrade asks it before anything else. */
export interface Gate {
  /**
   * Checks that the request comes from our own pages, who the caller is, and whether it may.
   * Never throws: a fault of our own is answered `internal`.
   */
  admit(request: IncomingMessage, action: Action): Promise<Admission>
}
