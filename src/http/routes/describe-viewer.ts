/** Grants and the reasons for somebody's access, as the API shows them. */
import { grantsFor, isMeant, isOver } from '../../access/decide.ts'
import type { Principal } from '../../access/model.ts'
import type { GrantBook, GrantEntry } from '../../identity/grant-book.ts'
import type { ReasonAnswer, ViewerAnswer } from './viewer-schemas.ts'

export function describeViewer(entry: GrantEntry, now: number): ViewerAnswer {
  const { id, subject, access, expiresAt, origin, declaredAt, addedBy, addedAt } = entry
  return {
    id,
    subject,
    access,
    expiresAt: isoOrNull(expiresAt),
    expired: isOver(entry, now),
    origin,
    ...(declaredAt === undefined ? {} : { declaredAt }),
    ...(addedBy === undefined ? {} : { addedBy }),
    ...(addedAt === undefined ? {} : { addedAt: new Date(addedAt).toISOString() }),
  }
}

/** Everything that counts for this person, the owner first. */
export function reasonsFor(principal: Principal, book: GrantBook, now: number): ReasonAnswer[] {
  if (!principal.isAuthenticated) return []
  const { resource, groups = {} } = book.live.facts(now)
  const owns = isMeant(resource.owner, principal, groups)
  const own: ReasonAnswer[] = owns
    ? [{ origin: 'owner', subject: resource.owner, access: 'manage', ...groupOf(resource.owner) }]
    : []
  const given = grantsFor(principal, book.entries(), { groups, now }).map(
    ({ id, origin, subject, access, expiresAt }): ReasonAnswer => ({
      id,
      origin,
      subject,
      access,
      ...groupOf(subject),
      expiresAt: isoOrNull(expiresAt),
    }),
  )
  return [...own, ...given]
}

function groupOf(subject: string): { readonly group?: string } {
  return subject.startsWith('group:') ? { group: subject.slice('group:'.length) } : {}
}

function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}
