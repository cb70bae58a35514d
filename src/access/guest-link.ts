/** Links that let in people who cannot sign in. Plain readonly data. */

export type GuestLink = {
  readonly id: string
  readonly resource: string
  /** SHA-256 of its secret, in hex. The secret itself is kept nowhere. */
  readonly digest: string
  readonly access: 'read' | 'edit'
  /** Milliseconds since the epoch, as all times here. Ends the link and all who came by it. */
  readonly expiresAt: number
  readonly maxUses: number
  /** What its maker calls it; empty for nothing. */
  readonly label: string
  readonly createdAt: number
  /** A person's id and name. */
  readonly createdBy: string
  readonly createdByName: string
  readonly uses: number
  /** Ids of people who signed in and came by it; guests are only counted. */
  readonly people: readonly string[]
  readonly revokedAt?: number | undefined
}

/** `used_up` lets nobody in any more; who is in may stay. */
export type LinkState = 'valid' | 'used_up' | 'expired' | 'revoked'

export function linkState(link: GuestLink, now: number): LinkState {
  if (link.revokedAt !== undefined) return 'revoked'
  if (link.expiresAt <= now) return 'expired'
  return link.uses >= link.maxUses ? 'used_up' : 'valid'
}

/** From when on nobody who came by the link may stay. */
export function endOfLink({ expiresAt, revokedAt }: GuestLink): number {
  return revokedAt === undefined ? expiresAt : Math.min(revokedAt, expiresAt)
}
