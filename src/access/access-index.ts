/**
 * The same answers as `accessOf`, for the many questions of a moment in which thousands of open
 * sockets are judged again: grants and memberships are looked up, not searched.
 */
import { type AccessFacts, stronger } from './decide.ts'
import type { Access, Grant, Identified, Subject } from './model.ts'

export type AccessIndex = {
  /** Equal to `accessOf(principal, { ...facts, now }, granted)`. */
  readonly accessOf: (person: Identified, now: number) => Access
  /** When a grant ends, for the first time after `now`; infinite when none ever does. */
  readonly nextExpiry: (now: number) => number
}

/** What names one person, or one group. */
type Named = { readonly isOwner: boolean; readonly grants: readonly Grant[] }
type Draft = { isOwner: boolean; grants: Grant[] }

export function indexAccess({ resource, groups = {} }: Omit<AccessFacts, 'now'>): AccessIndex {
  const users = new Map<string, Draft>()
  const named = new Map<string, Draft>()
  const draftOf = (subject: Subject): Draft => {
    const kind = subject.startsWith('user:') ? users : named
    const name = subject.slice(subject.indexOf(':') + 1)
    const draft = kind.get(name) ?? { isOwner: false, grants: [] }
    kind.set(name, draft)
    return draft
  }
  draftOf(resource.owner).isOwner = true
  for (const grant of resource.viewers) draftOf(grant.subject).grants.push(grant)
  const groupsOf = membersIndex(groups, named)
  const expiries = resource.viewers
    .flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]))
    .toSorted((one, other) => one - other)
  return {
    accessOf: ({ principal, granted = 'none' }, now) => {
      const own = users.get(principal.id)
      if (!principal.isAuthenticated) return isShutOut(own, now) ? 'none' : granted
      const all = [own, ...(groupsOf.get(principal.id) ?? [])]
      for (const group of principal.groups) all.push(named.get(group))
      return strongest(all, granted, now)
    },
    nextExpiry: (now) => expiries.find((at) => at > now) ?? Number.POSITIVE_INFINITY,
  }
}

function isShutOut(own: Named | undefined, now: number): boolean {
  return own?.grants.some(({ access, expiresAt = now + 1 }) => access === 'none' && expiresAt > now) === true
}

/** Of each person the groups that count here. */
function membersIndex(
  groups: NonNullable<AccessFacts['groups']>,
  named: ReadonlyMap<string, Named>,
): ReadonlyMap<string, readonly Named[]> {
  const groupsOf = new Map<string, Named[]>()
  for (const [name, group] of named) {
    for (const member of Object.hasOwn(groups, name) ? (groups[name] ?? []) : []) {
      const known = groupsOf.get(member)
      if (known === undefined) groupsOf.set(member, [group])
      else known.push(group)
    }
  }
  return groupsOf
}

function strongest(all: readonly (Named | undefined)[], granted: Access, now: number): Access {
  let best = granted
  let isDenied = false
  for (const named of all) {
    if (named === undefined) continue
    if (named.isOwner) return 'manage'
    for (const { access, expiresAt } of named.grants) {
      if (expiresAt !== undefined && expiresAt <= now) continue
      if (access === 'none') isDenied = true
      else best = stronger(best, access)
    }
  }
  return isDenied ? 'none' : best
}
