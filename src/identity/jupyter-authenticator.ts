/** The people of the Jupyter server behind us: whoever it knows, by the token or cookie it gave out. */
import type { Authentication, Authenticator, Exchange } from './authenticate.ts'
import type { CredentialSource } from './gate.ts'
import type { JupyterCredential, JupyterPeople } from './jupyter-people.ts'
import type { RequestFacts } from './request-facts.ts'

export type JupyterAuthenticatorDeps = {
  readonly people: JupyterPeople
  /** Cookies that are none of Jupyter's business. */
  readonly isOwnCookie: (name: string) => boolean
  /** While an address has to wait, no token of it is tried. */
  readonly mustWait: (address: string) => boolean
  /** Somebody signs out, whose connections should end soon. */
  readonly onSignOut: () => void
}

const UNKNOWN = { outcome: 'unknown' } as const
const TOO_FAST = { outcome: 'refused', code: 'too_fast' } as const

export function jupyterAuthenticator(deps: JupyterAuthenticatorDeps): Authenticator {
  return {
    name: 'jupyter',
    authenticate: async (facts) => {
      const shown = shownIn(deps, facts)
      if (shown === undefined) return UNKNOWN
      const { credential, source } = shown
      if (credential.kind === 'token' && deps.mustWait(facts.address)) return TOO_FAST
      const found = await deps.people.find(credential)
      if (found === undefined) return UNKNOWN
      const known: Authentication = {
        outcome: 'known',
        ...found.person,
        source,
        lease: found.lease,
        isKnownToJupyter: true,
      }
      return known
    },
    exchange: async (facts) => await exchange(deps, facts),
  }
}

/** A request for Jupyter's own sign-out page ends what its sender has open. */
export function noteSignOut(deps: JupyterAuthenticatorDeps, facts: RequestFacts): void {
  const shown = shownIn(deps, facts)
  if (shown === undefined) return
  deps.people.forget(shown.credential)
  deps.onSignOut()
}

type Shown = { readonly credential: JupyterCredential; readonly source: CredentialSource }

/**
 * A token is asked about alone: with cookies beside it Jupyter would accept a made-up one, and the
 * request would pass for one that needs no Origin.
 */
function shownIn({ isOwnCookie }: JupyterAuthenticatorDeps, facts: RequestFacts): Shown | undefined {
  if (facts.headerToken !== undefined) {
    return { credential: { kind: 'token', token: facts.headerToken }, source: 'header' }
  }
  if (facts.queryToken !== undefined) {
    return { credential: { kind: 'token', token: facts.queryToken }, source: 'query' }
  }
  const header = cookieHeader(facts, isOwnCookie)
  return header === '' ? undefined : { credential: { kind: 'cookies', header }, source: 'cookie' }
}

/** Without `_xsrf`, which everybody has and which proves nothing. */
function cookieHeader({ cookies }: RequestFacts, isOwnCookie: (name: string) => boolean): string {
  return cookies
    .filter(({ name }) => name !== '_xsrf' && !isOwnCookie(name))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
}

async function exchange(deps: JupyterAuthenticatorDeps, facts: RequestFacts): Promise<Exchange> {
  const { queryToken: token, address } = facts
  if (token === undefined) return UNKNOWN
  if (deps.mustWait(address)) return TOO_FAST
  const cookies = await deps.people.cookiesFor(token, cookieHeader(facts, deps.isOwnCookie))
  if (cookies === undefined) return UNKNOWN
  return { outcome: 'known', cookies: cookies.filter((text) => !deps.isOwnCookie(nameOf(text))) }
}

function nameOf(setCookie: string): string {
  return setCookie.split('=', 1)[0]?.trim() ?? ''
}
