/** Who may come in, from the configuration: the gate, and the routes that go with it. */
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import type { Locate } from '../config/check-meaning.ts'
import { formatOrigin } from '../config/fault.ts'
import type { Config } from '../config/schema.ts'
import type { ReadConfig } from '../cli/running-app.ts'
import { meRoute } from '../http/routes/me.ts'
import { signInRoutes, tokenExchange, visitorCookie } from '../http/routes/sign-in.ts'
import type { Subject } from '../access/model.ts'
import { type Denial, declaredResource } from '../identity/config-gate.ts'
import { type AccessChange, AccessWatch } from '../identity/access-watch.ts'
import type { Gate, Judge } from '../identity/gate.ts'
import type { GuestLinks } from '../identity/guest-links.ts'
import { type Joining, openIdentity, usersIdentity } from '../identity/identity.ts'
import { type Declared, LiveResource } from '../identity/live-resource.ts'
import { ShutOut } from '../identity/shut-out.ts'

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

export function people(deps: PeopleDeps): People {
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
    }
  }
  // The configuration was checked: in this mode there is an owner.
  const owner = (resource.owner ?? 'user:') as Subject
  const declare = (next: Config, locateNext: Locate | undefined): Declared => ({
    resource: declaredResource(
      { name: resource.name, owner, viewers: next.resource.viewers },
      next.auth.defaultViewerAccess,
    ),
    groups: next.groups,
    places: placesOf(next, locateNext),
  })
  const live = new LiveResource(declare(config, locate))
  const { gate, signIn, joining, directory } = usersIdentity({ ...common, users, resource: live, links })
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
    routes: [signInRoutes(signIn), meRoute({ gate })],
    onRequest: tokenExchange(signIn),
  }
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
