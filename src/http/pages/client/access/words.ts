/** How access, subjects and events are called on the page. */
import type { AuditEvent, Reason, Resource } from './model.ts'

const MAY: Readonly<Record<string, string>> = {
  none: 'denied',
  read: 'may read',
  edit: 'may edit and run',
  manage: 'may do everything',
}

export function mayText(access: string): string {
  return MAY[access] ?? access
}

export type NamedSubject = { readonly kind: 'Person' | 'Group'; readonly name: string }

/** `group:lab` -> the group lab. */
export function subjectOf(subject: string): NamedSubject {
  const name = subject.slice(subject.indexOf(':') + 1)
  return { kind: subject.startsWith('group:') ? 'Group' : 'Person', name }
}

/** The same within a sentence. */
export function subjectText(subject: string): string {
  const { kind, name } = subjectOf(subject)
  return kind === 'Group' ? `the group ${name}` : name
}

export function ownerText(owner: Resource['owner']): string {
  if (owner === null) return 'Nobody: this server is open to everybody who reaches it.'
  const { kind, name } = subjectOf(owner)
  return kind === 'Group' ? `the members of the group ${name}` : name
}

const SOURCES: Record<Reason['origin'], string> = {
  owner: 'the owner',
  config: 'declared in the configuration',
  api: 'added here',
  link: 'by a guest link',
}

/** One reason why somebody has access, as a clause. */
export function reasonText({ origin, subject, access, group }: Reason): string {
  const who = group === undefined ? `${subjectText(subject)} directly` : `as a member of the group ${group}`
  return origin === 'owner' ? `${who}: the owner` : `${who}: ${mayText(access)} (${SOURCES[origin]})`
}

const DONE: Readonly<Record<string, string>> = {
  join: 'joined',
  leave: 'left',
  deny: 'was refused',
  grant: 'gave access',
  role_change: 'changed access',
  revoke: 'took access away',
  link_create: 'made a guest link',
  link_use: 'came by a guest link',
  link_revoke: 'revoked a guest link',
  kick: 'removed somebody',
  update_rejected: 'sent an edit that was refused',
  save: 'saved',
  save_failed: 'could not save',
  external_merge: 'merged a change of the file',
  conflict_copy: 'kept a conflicting copy',
  restore: 'restored a version',
  delete: 'deleted',
  start: 'started the server',
  stop: 'stopped the server',
  reload: 'read the configuration anew',
}

/** What the filter offers, in the order of the list above. */
export const ACTIONS: readonly (readonly [action: string, text: string])[] = Object.entries(DONE)

export function eventText({ action, subject, document, detail }: AuditEvent): string {
  // The id of a link says nothing to a person; its label is in the detail.
  const isNamed = subject !== undefined && !subject.startsWith('link:')
  const about = [isNamed ? subjectText(subject) : undefined, document, detail]
  return [DONE[action] ?? action, about.filter((text) => text !== undefined && text !== '').join(', ')]
    .filter((text) => text !== '')
    .join(': ')
}
