/**
 * Who may do what: the decision table of the whole product, as a function of plain data. Nobody
 * else compares access levels.
 */
import type { Access, Action, Decision, Principal, Resource, Subject } from './model.ts'

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
 * did not sign in has none: the name it goes by is not proof of anything.
 */
export function accessOf(
  principal: Principal | undefined,
  { resource, groups = {}, now = 0 }: AccessFacts,
  granted: Access = 'none',
): Access {
  if (principal === undefined) return 'none'
  if (!principal.isAuthenticated) return granted
  if (isMeant(resource.owner, principal, groups)) return 'manage'
  const own = resource.viewers.filter(
    ({ subject, expiresAt }) =>
      isMeant(subject, principal, groups) && (expiresAt === undefined || expiresAt > now),
  )
  if (own.some(({ access }) => access === 'none')) return 'none'
  return own.reduce<Access>((best, { access }) => stronger(best, access), granted)
}

/** `none` of nothing. */
export function strongest(accesses: readonly Access[]): Access {
  return accesses.reduce<Access>((best, access) => stronger(best, access), 'none')
}

function stronger(one: Access, other: Access): Access {
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

function isMeant(subject: Subject, principal: Principal, groups: Groups): boolean {
  const name = subject.slice(subject.indexOf(':') + 1)
  if (subject.startsWith('user:')) return principal.id === name
  return (
    principal.groups.includes(name) ||
    (Object.hasOwn(groups, name) && groups[name]?.includes(principal.id) === true)
  )
}
