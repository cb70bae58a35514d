/** Puts the parts of this folder together, from plain configuration values. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Access, Identified, Principal } from '../access/model.ts'
import { type Authenticator, type Exchange, authenticate, exchangeToken } from './authenticate.ts'
import { type Denial, createGate } from './config-gate.ts'
import { FailedAttempts } from './failed-attempts.ts'
import type { Gate, Judge } from './gate.ts'
import { formerGuestAuthenticator, guestAuthenticator } from './guest-authenticator.ts'
import type { GuestLinks } from './guest-links.ts'
import { LiveResource, NO_OWNER } from './live-resource.ts'
import { openAuthenticator } from './open-authenticator.ts'
import type { ConfiguredUser } from './principal.ts'
import type { RequestFacts } from './request-facts.ts'
import { type Sessions, createSessions } from './session-cookie.ts'
import { type TokenCheck, createTokenCheck } from './token-check.ts'
import { UserDirectory } from './user-directory.ts'
import { sessionPrincipal, usersAuthenticator } from './users-authenticator.ts'
import { wrongTokenAuthenticator } from './wrong-token-authenticator.ts'

type CommonOptions = {
  readonly allowedOrigins: readonly string[]
  /** Begins and ends with a slash. */
  readonly baseUrl: string
  readonly sessionMs: number
  /** Signs the cookies; at least 32 random bytes that outlive a restart. */
  readonly secret: Uint8Array
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  readonly onError?: ((error: unknown) => void) | undefined
  readonly onDenied?: ((denial: Denial) => void) | undefined
}

export type UsersOptions = CommonOptions & {
  readonly users: readonly ConfiguredUser[]
  readonly resource: LiveResource
  /** All who may know the caller, in the order in which they are asked; these users' place is `users`. */
  readonly sources?: readonly ('users' | Authenticator)[] | undefined
  /** Links that let in people whom none of these know. */
  readonly links?: GuestLinks | undefined
  /** Counts wrong tokens; shared with sources that count some themselves. */
  readonly attempts?: FailedAttempts | undefined
}

export type OpenOptions = CommonOptions & {
  /** What everybody may do. */
  readonly visitorAccess?: Access | undefined
}

/** What the sign-in routes and the token exchange need. */
export type SignIn = {
  readonly baseUrl: string
  readonly allowedOrigins: readonly string[]
  readonly sessions: Sessions
  readonly checkToken: TokenCheck
  /** Whom the request's cookie names. */
  readonly sessionPrincipal: (facts: RequestFacts) => Principal | undefined
  /** Of a token in an address: the cookies that stand for it from now on. */
  readonly exchange: (facts: RequestFacts) => Promise<Exchange>
  /** Where people of other sources sign in. */
  readonly elsewhere?: SignInElsewhere | undefined
}

export type SignInElsewhere = {
  /** An address; `next` is a path on this server, where one comes back to. */
  readonly signInUrl: (request: IncomingMessage, next: string) => string
  /** What ends the sign-in there: `Set-Cookie` values. */
  readonly signOut?: ((facts: RequestFacts) => readonly string[]) | undefined
}

/** What the page of a guest link needs. */
export type Joining = Pick<SignIn, 'baseUrl' | 'allowedOrigins' | 'sessions'> & {
  readonly links: GuestLinks
  /** Wrong secrets, by address. */
  readonly attempts: FailedAttempts
  readonly now: () => number
  /** Who asks, whatever that person may do; undefined for nobody in particular. */
  readonly identify: (facts: RequestFacts) => Promise<Identified | undefined>
  readonly judge: Judge
}

/** What keeps a visitor's name in open mode. */
export type Visitors = {
  readonly baseUrl: string
  readonly sessions: Sessions
  readonly newId: () => string
}

/** Users of the configuration, who sign in with their tokens. */
export function usersIdentity(options: UsersOptions): {
  readonly gate: Gate & Judge
  readonly signIn: SignIn
  /** Who they are can change while people are inside. */
  readonly directory: UserDirectory
  readonly joining: Joining | undefined
} {
  const { users, resource, allowedOrigins, baseUrl, onError, onDenied, links, now = Date.now } = options
  const sessions = createSessions({ ...options, now })
  const directory = new UserDirectory(users, resource.declared.groups)
  const { sources = ['users'], attempts = new FailedAttempts() } = options
  const isOneOfSeveral = sources.some((source) => source !== 'users')
  const checkToken = createTokenCheck({ tokens: directory, principals: directory, attempts, now })
  const own = usersAuthenticator({ directory, checkToken, sessions, isOneOfSeveral })
  const guests = links && { links, sessions, now }
  const authenticators = [
    ...(guests ? [guestAuthenticator(guests)] : []),
    ...sources.map((source) => (source === 'users' ? own : source)),
    ...(isOneOfSeveral ? [wrongTokenAuthenticator({ attempts, now })] : []),
    ...(guests ? [formerGuestAuthenticator(guests)] : []),
  ]
  const gate = createGate({ authenticators, resource, allowedOrigins, now, onError, onDenied })
  const identify: Joining['identify'] = async (facts) => {
    const found = await authenticate(authenticators, facts)
    return found.outcome === 'known' ? found : undefined
  }
  return {
    gate,
    joining: guests && {
      ...guests,
      baseUrl,
      allowedOrigins,
      identify,
      judge: gate,
      attempts: new FailedAttempts(),
    },
    signIn: {
      baseUrl,
      allowedOrigins,
      sessions,
      checkToken,
      sessionPrincipal: (facts) => sessionPrincipal({ directory, sessions }, facts),
      exchange: (facts) => exchangeToken(authenticators, facts),
    },
    directory,
  }
}

/** Nobody signs in, and everybody may do the same. */
export function openIdentity(options: OpenOptions): {
  readonly gate: Gate & Judge
  readonly visitors: Visitors
} {
  const { allowedOrigins, baseUrl, visitorAccess = 'manage', onError, onDenied, now = Date.now } = options
  const sessions = createSessions({ ...options, now })
  const newId = (): string => randomBytes(8).toString('hex')
  const resource = new LiveResource({ resource: { name: 'open', owner: NO_OWNER, viewers: [] }, groups: {} })
  const authenticators = [openAuthenticator({ sessions, newId })]
  return {
    gate: createGate({ authenticators, resource, allowedOrigins, visitorAccess, now, onError, onDenied }),
    visitors: { baseUrl, sessions, newId },
  }
}
