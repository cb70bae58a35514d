/**
 * Who may do what: the decision table of the whole product, as a function of plain data. Nobody
 * else compares access levels.
 */
import type { Access, Action, Decision, Grant, Principal, Resource, Subject } from './model.ts'

/** Members of each group, by user id. */
export type Groups = Readonly<Record<string, readonly string[]>>

const RANK: Record<Access, number> = { none: 0, read: 1, edit: 2, manage: 3 }

/** The least access that each action asks for; whoever may do more may do this too. */
const LEAST_ACCESS: Record<Action, Exclude<Access, 'none'> | 'never'> = {
  'page.open': 'read',
  'state.read': 'read',
  'server.start': 'manage',
  'server.stop': 'manage',
  'server.delete': 'manage',
  'owner.change': 'never',
  'viewers.manage': 'manage',
  'session.request': 'read',
  'room.join': 'read',
  'document.update': 'edit',
  'document.save': 'edit',
  'presence.send': 'read',
  // An old version may hold a secret that was removed since.
  'history.read': 'edit',
  'files.read': 'read',
  'files.write': 'edit',
  'kernels.use': 'edit',
  'people.list': 'read',
  'people.manage': 'manage',
  'audit.read': 'manage',
  'server.observe': 'manage',
  'request.malformed': 'never',
  'request.unrouted': 'never',
}

/** What access depends on, beside who somebody is. */
export type AccessFacts = {
  readonly resource: Resource
  /** For principals whose source does not tell their groups. */
  readonly groups?: Groups | undefined
  /** Milliseconds since the epoch. */
  readonly now?: number | undefined
}

/**
 * The strongest access that anything gives this principal, unless a grant denies it. A visitor who
 * did not sign in has no grants, the name it goes by is not proof of anything; but it can be denied.
 */
export function accessOf(
  principal: Principal | undefined,
  { resource, groups = {}, now = 0 }: AccessFacts,
  granted: Access = 'none',
): Access {
  if (principal === undefined) return 'none'
  if (!principal.isAuthenticated) return isShutOut(principal, resource, now) ? 'none' : granted
  if (isMeant(resource.owner, principal, groups)) return 'manage'
  const own = grantsFor(principal, resource.viewers, { groups, now })
  if (own.some(({ access }) => access === 'none')) return 'none'
  return own.reduce<Access>((best, { access }) => stronger(best, access), granted)
}

function isShutOut({ id }: Principal, { viewers }: Resource, now: number): boolean {
  return viewers.some(
    (grant) => grant.access === 'none' && grant.subject === `user:${id}` && !isOver(grant, now),
  )
}

/** Those of the grants that are not over and name this principal or a group of theirs. */
export function grantsFor<Some extends Grant>(
  principal: Principal,
  grants: readonly Some[],
  { groups = {}, now = 0 }: Pick<AccessFacts, 'groups' | 'now'>,
): readonly Some[] {
  return grants.filter((grant) => !isOver(grant, now) && isMeant(grant.subject, principal, groups))
}

export function isOver({ expiresAt }: Pick<Grant, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

/** `none` of nothing. */
export function strongest(accesses: readonly Access[]): Access {
  return accesses.reduce<Access>((best, access) => stronger(best, access), 'none')
}

/** The one that allows more. */
export function stronger(one: Access, other: Access): Access {
  return RANK[other] > RANK[one] ? other : one
}

/** The decision table. Deny by default; a stranger is answered as if there were nothing. */
export function decide(
  subject: { readonly principal: Principal | undefined; readonly access: Access },
  action: Action,
): Decision {
  if (action === 'request.malformed') return 'malformed'
  if (subject.principal === undefined) return 'sign-in'
  if (subject.access === 'none' || action === 'request.unrouted') return 'hide'
  if (action === 'owner.change') return subject.access === 'manage' ? 'owner-immutable' : 'forbid'
  const least = LEAST_ACCESS[action]
  return least !== 'never' && RANK[subject.access] >= RANK[least] ? 'allow' : 'forbid'
}

/** Whether the subject is this principal, or a group of theirs. */
export function isMeant(subject: Subject, principal: Principal, groups: Groups): boolean {
  const name = subject.slice(subject.indexOf(':') + 1)
  if (subject.startsWith('user:')) return principal.id === name
  return (
    principal.groups.includes(name) ||
    (Object.hasOwn(groups, name) && groups[name]?.includes(principal.id) === true)
  )
}
