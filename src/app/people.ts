/** Who may come in, from the configuration: the gate, and the routes that go with it. */
import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import type { Config } from '../config/schema.ts'
import { meRoute } from '../http/routes/me.ts'
import { signInRoutes, signOutRoute, tokenExchange, visitorCookie } from '../http/routes/sign-in.ts'
import type { Subject } from '../access/model.ts'
import { declaredResource } from '../identity/config-gate.ts'
import { AccessWatch } from '../identity/access-watch.ts'
import type { Gate, Judge } from '../identity/gate.ts'
import { type SignIn, openIdentity, usersIdentity } from '../identity/identity.ts'
import { LiveResource } from '../identity/live-resource.ts'
import { isSessionCookie } from '../identity/session-cookie.ts'
import { safeNext, signInUrl } from '../identity/sign-in-address.ts'
import { type IdentitySources, identitySources } from './identity-sources.ts'

/** Half of what is promised for changes at an identity source: its own answer takes time too. */
const RENEW_MS = 15_000

export type People = {
  readonly gate: Gate & Judge
  readonly watch: AccessWatch
  /** Absent in open mode, which has no owner. */
  readonly resource?: LiveResource | undefined
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
  readonly onError: (error: unknown) => void
}

/** Throws `EnvironmentError` when a source cannot be used. */
export async function people(deps: PeopleDeps): Promise<People> {
  const { config, baseUrl, secret, onError } = deps
  const { auth, server, users, groups, resource } = config
  const common = {
    allowedOrigins: server.allowedOrigins,
    baseUrl,
    sessionMs: auth.sessionMs,
    secret,
    onError,
  }
  if (auth.mode === 'open') {
    const { gate, visitors } = openIdentity(common)
    return {
      gate,
      watch: watchOver(gate, onError),
      routes: [meRoute({ gate })],
      onRequest: visitorCookie(visitors),
      signInUrl: (request) => signInUrl(request, baseUrl),
      passage: { isOwnCookie: isSessionCookie, isOwnHeader: () => false, isSignIn: () => false },
    }
  }
  const declared = declaredResource(
    // The configuration was checked: in this mode there is an owner.
    { ...resource, owner: (resource.owner ?? 'user:') as Subject },
    auth.defaultViewerAccess,
  )
  const live = new LiveResource({ resource: declared, groups })
  const from = await identitySources({ ...deps, onSignOut: () => watch.renewSoon() })
  const { gate, signIn } = usersIdentity({ ...common, ...from, users, resource: live })
  const watch = watchOver(gate, onError)
  live.onChange(() => watch.reconsider())
  return {
    gate,
    watch,
    resource: live,
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

function watchOver(judge: Judge, onError: (error: unknown) => void): AccessWatch {
  return new AccessWatch({ judge, renewMs: RENEW_MS, onError })
}
