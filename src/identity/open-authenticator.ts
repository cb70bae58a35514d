import type { Authenticator } from './authenticate.ts'
import { visitorPrincipal } from './principal.ts'
import type { Sessions } from './session-cookie.ts'

/**
 * Open mode: everybody is welcome and nobody signs in. A browser keeps its name and color by a
 * cookie; a client without one is somebody new each time.
 */
export function openAuthenticator(deps: {
  readonly sessions: Sessions
  /** A new, unused id of letters and digits. */
  readonly newId: () => string
}): Authenticator {
  return {
    name: 'open',
    authenticate: async (facts) => {
      const holder = deps.sessions.read(facts)
      const id = holder?.kind === 'visitor' ? holder.id : deps.newId()
      return { outcome: 'known', principal: visitorPrincipal(id), source: 'open' }
    },
  }
}
