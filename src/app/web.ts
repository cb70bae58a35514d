/** The HTTP server with all its routes, and the upgrade handler beside it. */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import { isLoopback } from '../config/loopback.ts'
import type { Config } from '../config/schema.ts'
import { ownRoutes } from '../http/own-routes.ts'
import { loadPageFiles } from '../http/page-files.ts'
import { type Readiness, healthRoutes } from '../http/routes/health.ts'
import { metricsRoute } from '../http/routes/metrics.ts'
import { pagesRoutes } from '../http/routes/pages.ts'
import { profileRoute } from '../http/routes/profile.ts'
import { type ActivityFacts, roomsRoute } from '../http/routes/rooms.ts'
import { type StatusFacts, statusRoute } from '../http/routes/status.ts'
import { createHttpServer } from '../http/server.ts'
import { collaborationRoutes } from '../jupyter/collaboration-routes.ts'
import type { CpuProfiler } from '../observability/cpu-profiler.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { DocumentId } from '../protocol/names.ts'
import { documentAlias } from './activity.ts'
import type { JupyterSide } from './jupyter.ts'
import type { People } from './people.ts'

export type WebDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly version: string
  readonly startedAt: number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly people: People
  readonly jupyter: JupyterSide | undefined
  readonly readiness: () => Readiness
  readonly statusFacts: () => Promise<StatusFacts>
  readonly activityFacts: () => ActivityFacts
  readonly titleOf: (document: DocumentId) => Promise<string | undefined>
  readonly profiler: CpuProfiler
}

const MAX_OWN_BODY_BYTES = 64 * 1024
/** Sockets beside the rooms': pages, downloads, kernels, and the few that are being refused. */
const SPARE_SOCKETS = 2000

export async function buildWeb(deps: WebDeps): Promise<FastifyInstance> {
  const { config, baseUrl, logger, metrics, jupyter, people } = deps
  const app = createHttpServer({
    logger,
    limits: {
      headersTimeoutMs: config.limits.headersTimeoutMs,
      maxSockets: config.limits.maxConnections + SPARE_SOCKETS,
    },
    errors: { signInUrl: (request) => people.signInUrl(request.raw) },
    onAnswered: (answered) => metrics.answered(answered),
  })
  app.addHook('onRequest', people.onRequest)
  const own = (routes: readonly FastifyPluginAsync[]): FastifyPluginAsync =>
    ownRoutes({ maxBodyBytes: MAX_OWN_BODY_BYTES, requestTimeoutMs: config.limits.requestTimeoutMs, routes })
  // The router matches decoded addresses.
  const prefix = decodeURI(baseUrl)
  await app.register(own(await ourRoutes(deps)), { prefix })
  // Probes ask at a fixed address, whatever Jupyter's base URL is.
  if (baseUrl !== '/') await app.register(own([healthRoutes(deps)]), { prefix: '/' })
  if (jupyter !== undefined) await app.register(jupyter.gateway.httpRoutes(), { prefix })
  else app.get('/', async (_request, reply) => await reply.redirect('outrigger/'))
  return app
}

async function ourRoutes(deps: WebDeps): Promise<FastifyPluginAsync[]> {
  const { config, version, startedAt, metrics, jupyter, people } = deps
  const { gate } = people
  const managers = { gate, isOpenToLocalCallers: isPrivate(config) }
  return [
    healthRoutes(deps),
    metricsRoute({ ...managers, render: () => metrics.render() }),
    roomsRoute({ ...deps, ...managers, facts: deps.activityFacts, aliasOf: documentAlias() }),
    profileRoute({ gate, profiler: deps.profiler }),
    statusRoute({ gate, version, startedAt, facts: deps.statusFacts }),
    pagesRoutes({ gate, version, hasJupyter: jupyter !== undefined, files: await loadPageFiles() }),
    ...people.routes,
    ...(jupyter === undefined ? [] : [collaborationRoutes({ collaboration: jupyter.collaboration, gate })]),
  ]
}

/** Only this machine speaks to us, and no proxy on it: one that hides itself needs its origin allowed. */
function isPrivate({ server }: Config): boolean {
  return isLoopback(server.host) && server.allowedOrigins.length === 0
}
