/** What the trail keeps of something that happened; who holds it adds the time. */
export type AuditEvent = {
  readonly action: AuditAction
  readonly actor: string
  readonly resource: string
  readonly subject?: string
  readonly document?: string
  readonly address?: string
  readonly detail?: string
}

export type AuditAction =
  | 'join'
  | 'deny'
  | 'leave'
  | 'grant'
  | 'revoke'
  | 'role_change'
  | 'link_create'
  | 'link_use'
  | 'link_revoke'
  | 'update_rejected'
  | 'save'
  | 'save_failed'
  | 'external_merge'
  | 'conflict_copy'
  | 'restore'
  | 'delete'
  | 'kick'
  | 'start'
  | 'stop'
  | 'reload'

export interface AuditLog {
  /** Must not throw or wait. */
  record(event: AuditEvent): void
}
