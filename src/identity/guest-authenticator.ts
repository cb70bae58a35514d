/** People who came by a guest link, known again by their cookie. */
import type { Authenticator } from './authenticate.ts'
import type { GuestLinks } from './guest-links.ts'
import type { Lease } from './lease.ts'
import { guestPrincipal } from './principal.ts'
import type { RequestFacts } from './request-facts.ts'
import type { SessionHolder, Sessions } from './session-cookie.ts'

export type GuestDeps = {
  readonly links: GuestLinks
  readonly sessions: Sessions
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type GuestHolder = Extract<SessionHolder, { kind: 'guest' }>

const ENDING = {
  reason: 'access_revoked',
  sentence: 'This guest link is over; ask for a new one.',
} as const

/** To be asked before all others; a token that is shown on purpose is theirs all the same. */
export function guestAuthenticator(deps: GuestDeps): Authenticator {
  return {
    name: 'guest link',
    authenticate: async (facts) => {
      const holder = holderIn(deps, facts)
      const link = holder && deps.links.get(holder.link)
      if (holder === undefined || link === undefined || deps.links.endOf(link.id) <= deps.now())
        return { outcome: 'unknown' }
      const principal = guestPrincipal(holder)
      const lease = leaseOf(deps, holder)
      return { outcome: 'known', principal, granted: link.access, source: 'cookie', lease }
    },
  }
}

/** To be asked after all others: tells somebody whom nobody else knows that the link is over. */
export function formerGuestAuthenticator(deps: GuestDeps): Authenticator {
  return {
    name: 'former guest',
    authenticate: async (facts) => {
      const holder = holderIn(deps, facts)
      if (holder === undefined) return { outcome: 'unknown' }
      const isRevoked = deps.links.get(holder.link)?.revokedAt !== undefined
      return { outcome: 'refused', code: isRevoked ? 'link_revoked' : 'link_expired' }
    },
  }
}

/** Looked at anew whenever somebody asks, so that a link that is revoked ends what it opened. */
function leaseOf({ links, now }: GuestDeps, holder: GuestHolder): Lease {
  return {
    get expiresAt() {
      return links.endOf(holder.link)
    },
    current: () => {
      const link = links.get(holder.link)
      if (link === undefined || links.endOf(link.id) <= now()) return undefined
      return { principal: guestPrincipal(holder), granted: link.access }
    },
    ending: ENDING,
  }
}

function holderIn({ sessions }: GuestDeps, facts: RequestFacts): GuestHolder | undefined {
  if (facts.headerToken !== undefined || facts.queryToken !== undefined) return undefined
  const holder = sessions.read(facts)
  return holder?.kind === 'guest' ? holder : undefined
}
