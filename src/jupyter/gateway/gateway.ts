/**
 * The front door to one Jupyter server: everything below the base URL that this server does not
 * answer itself goes through here, after our own permission check, and Jupyter sees only us.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyPluginAsync, RouteHandlerMethod } from 'fastify'
import type { Action } from '../../access/model.ts'
import type { AccessWatch } from '../../identity/access-watch.ts'
import type { Admission, Gate } from '../../identity/gate.ts'
import type { ContentsEvent } from '../contents-event.ts'
import { type GatewayStats, noCounts } from './counters.ts'
import { exchange } from './exchange.ts'
import { DEFAULT_GATEWAY_LIMITS, type GatewayLimits } from './limits.ts'
import { openTunnel } from './open-tunnel.ts'
import { ALWAYS_RUNNING, type Passage, type StandIn } from './passage.ts'
import { secretReplacements } from './secret-filter.ts'
import { Tunnels } from './tunnels.ts'
import { Upstream } from './upstream.ts'

export type GatewayDeps = {
  /**
   * Jupyter's address. Its path is Jupyter's `base_url` and so ours too: JupyterLab builds all its
   * addresses from that one setting. The token may be empty for a Jupyter without authentication.
   */
  readonly upstream: { readonly url: URL; readonly token: string }
  readonly gate: Gate
  /** Closes tunnels of those who may no longer use them. */
  readonly watch?: Pick<AccessWatch, 'hold'> | undefined
  /** `path` is relative to the base URL, decoded once, without a leading slash. */
  readonly classify: (method: string, path: string) => Action
  /** Our session cookie, which is not Jupyter's business. */
  readonly isOwnCookie: (name: string) => boolean
  /** By lower-case name: headers that prove to us who the caller is, and are not Jupyter's business. */
  readonly isOwnHeader?: ((name: string) => boolean) | undefined
  /** Requests for Jupyter's own sign-in, which need nobody's leave. `path` as in `classify`. */
  readonly isSignIn?: ((request: IncomingMessage, path: string) => boolean) | undefined
  readonly limits?: Partial<GatewayLimits> | undefined
  /** What is answered instead while Jupyter is not running; left out, it always is. */
  readonly standIn?: StandIn | undefined
  /** Resolves when no save of that file is under way. */
  readonly settled?: ((path: string) => Promise<void>) | undefined
  /** Told, and awaited, before the client hears of its success. */
  readonly contentsChanged?: ((event: ContentsEvent) => unknown) | undefined
  /** Runs a request that changes these files while no save of theirs is under way. */
  readonly alone?: (<T>(paths: readonly string[], task: () => Promise<T>) => Promise<T>) | undefined
  /** Told what went wrong between Jupyter and us. */
  readonly onError: (error: unknown) => void
}

/** Facts about an open tunnel, to decide whether it may stay. */
export type OpenTunnel = {
  readonly admission: Extract<Admission, { ok: true }>
  readonly action: Action
  /** Relative to the base URL, decoded. */
  readonly path: string
}

export class Gateway {
  readonly #passage: Passage
  readonly #tunnels: Tunnels

  constructor(deps: GatewayDeps) {
    const limits = { ...DEFAULT_GATEWAY_LIMITS, ...deps.limits }
    this.#tunnels = new Tunnels(limits.maxTunnels, deps.watch)
    this.#passage = {
      upstream: new Upstream(deps.upstream.url, limits),
      token: deps.upstream.token,
      secrets: secretReplacements(deps.upstream.token),
      isOwnCookie: deps.isOwnCookie,
      isOwnHeader: deps.isOwnHeader ?? (() => false),
      isSignIn: deps.isSignIn ?? (() => false),
      gate: deps.gate,
      classify: deps.classify,
      limits,
      standIn: deps.standIn ?? ALWAYS_RUNNING,
      settled: deps.settled ?? (() => Promise.resolve()),
      contentsChanged: deps.contentsChanged ?? (() => undefined),
      alone: deps.alone ?? ((_paths, task) => task()),
      onError: deps.onError,
      counters: noCounts(),
    }
  }

  /**
   * All methods, all paths; register it last, under the base URL. Refusals and a Jupyter that does
   * not answer are thrown as `SyncError` for the server's error handler.
   */
  httpRoutes(): FastifyPluginAsync {
    return async (app) => {
      // The body belongs to Jupyter: no parser, no limit, no copy.
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
      const handler: RouteHandlerMethod = (request, reply) => exchange(this.#passage, request, reply)
      app.all('/*', handler)
      // The base URL without its last slash; what becomes of it is for Jupyter to say.
      if (app.prefix !== '' && !app.prefix.endsWith('/')) app.all('/', handler)
    }
  }

  /** For the `upgrade` event; settles when the handshake is over. Rejects only on a fault of ours. */
  tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return openTunnel(this.#passage, this.#tunnels, { request, socket, head })
  }

  stats(): GatewayStats {
    return { ...this.#passage.counters, tunnelsOpen: this.#tunnels.size }
  }

  /** For a revocation. Says how many tunnels were closed. */
  closeWhere(isMeant: (tunnel: OpenTunnel) => boolean): number {
    return this.#tunnels.closeWhere(({ entry }) =>
      isMeant({ admission: entry.admission, action: entry.action, path: entry.target.path }),
    )
  }

  /** Ends all tunnels in good order; each is gone after the time to linger at the latest. */
  closeAll(): void {
    this.#tunnels.closeWhere(() => true)
  }

  /** Cuts everything that is still open. */
  close(): void {
    this.#tunnels.destroyAll()
    this.#passage.upstream.close()
  }
}
