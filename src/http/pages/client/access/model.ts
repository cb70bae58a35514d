/** What the management API answers, as far as this page shows it. Times are ISO 8601. */

export type GrantAccess = 'none' | 'read' | 'edit'

export type Resource = {
  readonly name: string
  readonly url: string
  /** Null in open mode. */
  readonly owner: string | null
  readonly access: 'none' | 'read' | 'edit' | 'manage'
  /** What gives it to the person at the page. */
  readonly because: readonly Reason[]
  /** `none`: there is no Jupyter server, only rooms. */
  readonly state: 'none' | ServerState['phase']
  readonly may: { readonly viewers: boolean; readonly audit: boolean }
}

export type Viewer = {
  readonly id: string
  readonly subject: string
  readonly access: GrantAccess
  readonly expiresAt: string | null
  readonly expired: boolean
  readonly origin: 'config' | 'api' | 'link'
  readonly declaredAt?: string | undefined
  readonly addedBy?: string | undefined
  readonly addedAt?: string | undefined
  /** In the answer to adding it: what may be wrong with it. */
  readonly warning?: string | undefined
}

/** One of the grants that give somebody access. */
export type Reason = {
  /** Of the grant. */
  readonly id?: string | undefined
  readonly origin: 'owner' | 'config' | 'api' | 'link'
  readonly subject: string
  readonly access: GrantAccess | 'manage'
  readonly group?: string | undefined
  readonly expiresAt?: string | null | undefined
}

export type AccessAnswer = {
  readonly user: string
  readonly access: 'none' | 'read' | 'edit' | 'manage'
  readonly because: readonly Reason[]
}

export type ServerState = {
  readonly phase: 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed' | 'unreachable'
  readonly since: string
  readonly sentence: string
  readonly detail?: string | undefined
  readonly progress?: { readonly sentence: string; readonly percent?: number | undefined } | undefined
  readonly whoMay: string
  readonly mayStart: boolean
  readonly mayStop: boolean
}

export type PersonInside = {
  readonly id: string
  readonly displayName: string
  readonly color: string
  readonly access: string
  readonly sessions: readonly { readonly title: string; readonly since: string }[]
}

export type GuestLink = {
  readonly id: string
  /** Empty for none. */
  readonly label: string
  readonly access: 'read' | 'edit'
  readonly expiresAt: string
  /** `used_up` lets nobody in any more; who is in may stay. */
  readonly state: 'valid' | 'used_up' | 'expired' | 'revoked'
  readonly maxUses: number
  readonly uses: number
  readonly createdBy: string
}

export type AuditEvent = {
  readonly at: string
  readonly action: string
  readonly actor: string
  readonly subject?: string | undefined
  readonly document?: string | undefined
  readonly detail?: string | undefined
}
