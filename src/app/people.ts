/** Who may come in, from the configuration: the gate, and the routes that go with it. */
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import type { Config } from '../config/schema.ts'
import { meRoute } from '../http/routes/me.ts'
import { signInRoutes, tokenExchange, visitorCookie } from '../http/routes/sign-in.ts'
import type { Subject } from '../access/model.ts'
import { declaredResource } from '../identity/config-gate.ts'
import type { Gate } from '../identity/gate.ts'
import { openIdentity, usersIdentity } from '../identity/identity.ts'

export type People = {
  readonly gate: Gate
  readonly routes: readonly FastifyPluginAsync[]
  /** Runs before every route. */
  readonly onRequest: onRequestAsyncHookHandler
}

export type PeopleDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly secret: Uint8Array
  readonly onError: (error: unknown) => void
}

export function people({ config, baseUrl, secret, onError }: PeopleDeps): People {
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
    return { gate, routes: [meRoute({ gate })], onRequest: visitorCookie(visitors) }
  }
  const declared = declaredResource(
    // The configuration was checked: in this mode there is an owner.
    { ...resource, owner: (resource.owner ?? 'user:') as Subject },
    auth.defaultViewerAccess,
  )
  const { gate, signIn } = usersIdentity({ ...common, users, groups, resource: declared })
  return {
    gate,
    routes: [signInRoutes(signIn), meRoute({ gate })],
    onRequest: tokenExchange(signIn),
  }
}
