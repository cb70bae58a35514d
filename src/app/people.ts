/** Who may come in, from the configuration: the gate, and the routes that go with it. */
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import type { Locate } from '../config/check-meaning.ts'
import { formatOrigin } from '../config/fault.ts'
import type { Config } from '../config/schema.ts'
import { meRoute } from '../http/routes/me.ts'
import { signInRoutes, tokenExchange, visitorCookie } from '../http/routes/sign-in.ts'
import type { Subject } from '../access/model.ts'
import { declaredResource } from '../identity/config-gate.ts'
import { AccessWatch } from '../identity/access-watch.ts'
import type { Gate, Judge } from '../identity/gate.ts'
import { openIdentity, usersIdentity } from '../identity/identity.ts'
import { LiveResource } from '../identity/live-resource.ts'

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
}

export type PeopleDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly secret: Uint8Array
  readonly locate?: Locate | undefined
  readonly onError: (error: unknown) => void
}

export function people({ config, baseUrl, secret, locate, onError }: PeopleDeps): People {
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
    }
  }
  const declared = declaredResource(
    // The configuration was checked: in this mode there is an owner.
    { ...resource, owner: (resource.owner ?? 'user:') as Subject },
    auth.defaultViewerAccess,
  )
  const places = locate && resource.viewers.map((_, at) => formatOrigin(locate('resource.viewers', [at])))
  const live = new LiveResource({ resource: declared, groups, places })
  const { gate, signIn } = usersIdentity({ ...common, users, resource: live })
  const watch = watchOver(gate, onError)
  live.onChange(() => watch.reconsider())
  return {
    gate,
    watch,
    resource: live,
    routes: [signInRoutes(signIn), meRoute({ gate })],
    onRequest: tokenExchange(signIn),
  }
}

function watchOver(judge: Judge, onError: (error: unknown) => void): AccessWatch {
  return new AccessWatch({ judge, renewMs: RENEW_MS, onError })
}
