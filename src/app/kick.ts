import type { AuditLog } from '../access/audit.ts'
import type { Principal } from '../access/model.ts'
import type { Kick } from '../http/routes/people.ts'
import { SyncError } from '../protocol/errors.ts'
import type { PresentSession } from '../room/room-views.ts'
import type { People } from './people.ts'

export type KickDeps = {
  readonly people: Pick<People, 'gate' | 'watch' | 'shutOut'>
  readonly present: () => readonly PresentSession[]
  readonly audit: AuditLog
  readonly resourceName: string
}

/** Closes what a person has open and, when asked to, keeps that person out. */
export function kicker({ people, present, audit, resourceName }: KickDeps): (kick: Kick) => number {
  const isOwner = (user: string): boolean =>
    [nobody(user), ...present().map(({ principal }) => principal)].some(
      (principal) => principal.id === user && people.gate.accessOf({ principal }) === 'manage',
    )
  return ({ by, address, user, forMs }) => {
    if (forMs !== undefined && people.shutOut === undefined) throw new SyncError('open_mode')
    if (forMs !== undefined && isOwner(user)) throw new SyncError('owner_stays')
    const closed = people.watch.end(({ principal }) => principal.id === user, `Removed by ${by.displayName}.`)
    // In the same turn, so that nobody comes in between.
    if (forMs !== undefined) people.shutOut?.add(user, forMs)
    const kept = forMs === undefined ? '' : `, kept out for ${Math.round(forMs / 60_000)} minutes`
    audit.record({
      action: 'kick',
      actor: by.id,
      resource: resourceName,
      subject: `user:${user}`,
      address,
      detail: `${closed} closed${kept}`,
    })
    return closed
  }
}

/** Somebody who is known by the id alone. */
function nobody(id: string): Principal {
  return { id, displayName: id, initials: '', color: '', groups: [], isAuthenticated: true }
}
