/** Who may come in, from the configuration: the gate, and the routes that go with it. */
import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import type { Locate } from '../config/check-meaning.ts'
import { formatOrigin } from '../config/fault.ts'
import type { Config } from '../config/schema.ts'
import type { ReadConfig } from '../cli/running-app.ts'
import { meRoute } from '../http/routes/me.ts'
import { signInRoutes, signOutRoute, tokenExchange, visitorCookie } from '../http/routes/sign-in.ts'
import type { Subject } from '../access/model.ts'
import { type Denial, declaredResource } from '../identity/config-gate.ts'
import { type AccessChange, AccessWatch } from '../identity/access-watch.ts'
import type { Gate, Judge } from '../identity/gate.ts'
import type { GuestLinks } from '../identity/guest-links.ts'
import { type Joining, type SignIn, openIdentity, usersIdentity } from '../identity/identity.ts'
import { type Declared, LiveResource, NO_OWNER } from '../identity/live-resource.ts'
import { isSessionCookie } from '../identity/session-cookie.ts'
import { ShutOut } from '../identity/shut-out.ts'
import { safeNext, signInUrl } from '../identity/sign-in-address.ts'
import { type IdentitySources, identitySources } from './identity-sources.ts'

/** Half of what is promised for changes at an identity source: its own answer takes time too. */
const RENEW_MS = 15_000

export type People = {
  readonly gate: Gate & Judge
  readonly watch: AccessWatch
  /** Absent in open mode, which has no owner. */
  readonly resource?: LiveResource | undefined
  /** Absent in open mode, as is what follows. */
  readonly joining?: Joining | undefined
  readonly shutOut?: ShutOut | undefined
  /** Takes over users, groups and grants of another configuration, for those inside as well. */
  readonly apply?: ((next: ReadConfig) => void) | undefined
  readonly routes: readonly FastifyPluginAsync[]
  /** Runs before every route. */
  readonly onRequest: onRequestAsyncHookHandler
  /** Where a person who is not signed in is sent; undefined when there is no such place. */
  readonly signInUrl: (request: IncomingMessage) => string | undefined
  /** What the gateway keeps from Jupyter, and what it lets through unasked. */
  readonly passage: Pick<IdentitySources, 'isOwnCookie' | 'isOwnHeader' | 'isSignIn'>
}

export type PeopleDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly secret: Uint8Array
  /** Absent in open mode. */
  readonly links?: GuestLinks | undefined
  readonly locate?: Locate | undefined
  readonly onError: (error: unknown) => void
  /** See `AccessWatch`. */
  readonly onChange?: ((change: AccessChange) => void) | undefined
  readonly onDenied?: ((denial: Denial) => void) | undefined
}

/** Throws `EnvironmentError` when a source cannot be used. */
export async function people(deps: PeopleDeps): Promise<People> {
  const { config, baseUrl, secret, links, locate, onError, onDenied } = deps
  const { auth, server, users, resource } = config
  const common = {
    allowedOrigins: server.allowedOrigins,
    baseUrl,
    sessionMs: auth.sessionMs,
    secret,
    onError,
    onDenied,
  }
  if (auth.mode === 'open') {
    const { gate, visitors } = openIdentity(common)
    return {
      gate,
      watch: watchOver(gate, deps),
      routes: [meRoute({ gate })],
      onRequest: visitorCookie(visitors),
      signInUrl: (request) => signInUrl(request, baseUrl),
      passage: { isOwnCookie: isSessionCookie, isOwnHeader: () => false, isSignIn: () => false },
    }
  }
  // The configuration was checked: without an owner, Jupyter says who manages.
  const owner = (resource.owner ?? NO_OWNER) as Subject
  const declare = (next: Config, locateNext: Locate | undefined): Declared => ({
    resource: declaredResource(
      { name: resource.name, owner, viewers: next.resource.viewers },
      next.auth.defaultViewerAccess,
    ),
    groups: next.groups,
    places: placesOf(next, locateNext),
  })
  const live = new LiveResource(declare(config, locate))
  const from = await identitySources({ ...deps, onSignOut: () => watch.renewSoon() })
  const options = { ...common, ...from, users, resource: live, links }
  const { gate, signIn, joining, directory } = usersIdentity(options)
  const watch = watchOver(gate, deps)
  live.onChange(() => watch.reconsider())
  followLinks(links, live)
  return {
    gate,
    watch,
    resource: live,
    joining,
    shutOut: new ShutOut(live),
    apply: ({ config: next, locate: locateNext }) => {
      directory.replace(next.users, next.groups)
      live.declare(declare(next, locateNext))
    },
    routes: [...signInOrOut(config, { ...signIn, elsewhere: from.elsewhere }), meRoute({ gate })],
    onRequest: tokenExchange(signIn, auth.sources.includes('users')),
    signInUrl: (request) =>
      auth.sources.includes('users')
        ? signInUrl(request, baseUrl)
        : from.elsewhere?.signInUrl(request, safeNext(request.url, baseUrl)),
    passage: from,
  }
}

function signInOrOut({ auth }: Config, signIn: SignIn): FastifyPluginAsync[] {
  if (auth.sources.includes('users')) return [signInRoutes(signIn)]
  // Jupyter's own sign-out goes through the gateway.
  return auth.sources.includes('jupyter') ? [] : [signOutRoute(signIn, auth.signInUrl ?? signIn.baseUrl)]
}

/** Also what guests hold is looked at again then: `live` tells the watch. */
function followLinks(links: GuestLinks | undefined, live: LiveResource): void {
  if (links === undefined) return
  live.setLinked(links.grants)
  links.onChange(() => live.setLinked(links.grants))
}

function watchOver(judge: Judge, { onError, onChange }: PeopleDeps): AccessWatch {
  return new AccessWatch({ judge, renewMs: RENEW_MS, onError, onChange })
}

function placesOf({ resource }: Config, locate: Locate | undefined): readonly string[] | undefined {
  return locate && resource.viewers.map((_, at) => formatOrigin(locate('resource.viewers', [at])))
}
