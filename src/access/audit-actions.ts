import type { AuditAction } from './audit.ts'

/** What each kind of event says, for people. */
export const AUDIT_ACTIONS: Readonly<Record<AuditAction, string>> = {
  join: 'entered a room',
  deny: 'was turned away',
  leave: 'left a room',
  grant: 'gave access',
  revoke: 'took access away',
  role_change: 'changed an access',
  link_create: 'made a guest link',
  link_use: 'came by a guest link',
  link_revoke: 'revoked a guest link',
  update_rejected: 'sent edits that were not taken',
  save: 'saved a file',
  save_failed: 'a file could not be saved',
  external_merge: 'a file that was changed outside was merged',
  conflict_copy: 'a version of a file was kept beside it',
  restore: 'restored a version',
  delete: 'deleted something',
  kick: 'removed a person',
  start: 'started the Jupyter server',
  stop: 'stopped the Jupyter server',
  reload: 'the configuration was read again',
}

/** In the place of an id, for somebody who showed a wrong credential; no person can be called that. */
export const UNKNOWN_ACTOR = '?'
/** In the place of an id, for what the server did by itself. */
export const SERVER_ACTOR = 'server:'
