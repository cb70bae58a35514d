/** The HTTP server with all its routes, and the upgrade handler beside it. */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import { isLoopback } from '../config/loopback.ts'
import type { Locate } from '../config/check-meaning.ts'
import type { Config } from '../config/schema.ts'
import { describeApi, openApiRoute } from '../http/openapi.ts'
import { type OwnRoutesOptions, ownRoutes } from '../http/own-routes.ts'
import type { PageFiles } from '../http/page-files.ts'
import { type Readiness, healthRoutes } from '../http/routes/health.ts'
import { metricsRoute } from '../http/routes/metrics.ts'
import { pagesRoutes } from '../http/routes/pages.ts'
import { profileRoute } from '../http/routes/profile.ts'
import { type ActivityFacts, roomsRoute } from '../http/routes/rooms.ts'
import { serverStateRoutes } from '../http/routes/server-state.ts'
import { type StatusFacts, statusRoute } from '../http/routes/status.ts'
import type { ResourceState } from '../http/routes/viewer-schemas.ts'
import { createHttpServer } from '../http/server.ts'
import type { GrantBook } from '../identity/grant-book.ts'
import { collaborationRoutes } from '../jupyter/collaboration-routes.ts'
import type { CpuProfiler } from '../observability/cpu-profiler.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { PresentSession } from '../room/room-views.ts'
import { documentAlias } from './activity.ts'
import type { Audit } from './audit.ts'
import type { JupyterSide } from './jupyter.ts'
import { managementRoutes } from './management.ts'
import { peopleAndLinkRoutes } from './people-and-links.ts'
import type { People } from './people.ts'

export type WebDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly version: string
  readonly startedAt: number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly people: People
  /** Absent in open mode. */
  readonly grants: GrantBook | undefined
  readonly resourceState: () => Promise<ResourceState>
  readonly locate?: Locate | undefined
  readonly jupyter: JupyterSide | undefined
  readonly pages: PageFiles | undefined
  readonly readiness: () => Readiness
  readonly statusFacts: () => Promise<StatusFacts>
  readonly activityFacts: () => ActivityFacts
  readonly titleOf: (document: DocumentId) => Promise<string | undefined>
  readonly profiler: CpuProfiler
  readonly audit: Audit
  readonly present: () => readonly PresentSession[]
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
  const own = (options: Pick<OwnRoutesOptions, 'routes' | 'describe'>): FastifyPluginAsync =>
    ownRoutes({
      maxBodyBytes: MAX_OWN_BODY_BYTES,
      requestTimeoutMs: config.limits.requestTimeoutMs,
      ...options,
    })
  // The router matches decoded addresses.
  const prefix = decodeURI(baseUrl)
  await app.register(own({ routes: ourRoutes(deps), describe: describeApi(deps) }), { prefix })
  // Probes ask at a fixed address, whatever Jupyter's base URL is.
  if (baseUrl !== '/') await app.register(own({ routes: [healthRoutes(deps)] }), { prefix: '/' })
  if (jupyter !== undefined) await app.register(jupyter.gateway.httpRoutes(), { prefix })
  else app.get('/', async (_request, reply) => await reply.redirect('outrigger/'))
  return app
}

function ourRoutes(deps: WebDeps): FastifyPluginAsync[] {
  const { config, version, startedAt, metrics, jupyter, people } = deps
  const { gate } = people
  const managers = { gate, isOpenToLocalCallers: isPrivate(config) }
  return [
    healthRoutes(deps),
    metricsRoute({ ...managers, render: () => metrics.render() }),
    roomsRoute({ ...deps, ...managers, facts: deps.activityFacts, aliasOf: documentAlias() }),
    profileRoute({ gate, profiler: deps.profiler }),
    statusRoute({ gate, version, startedAt, facts: deps.statusFacts }),
    pagesRoutes({ gate, version, hasJupyter: jupyter !== undefined, files: deps.pages }),
    ...people.routes,
    ...managementRoutes(deps),
    ...peopleAndLinkRoutes({ ...deps, resourceName: config.resource.name }),
    openApiRoute({ gate }),
    ...(jupyter === undefined
      ? []
      : [
          serverStateRoutes({ ...jupyter.described, gate, audit: deps.audit.log }),
          collaborationRoutes({ ...jupyter, gate }),
        ]),
  ]
}

/** Only this machine speaks to us, and no proxy on it: one that hides itself needs its origin allowed. */
function isPrivate({ server }: Config): boolean {
  return isLoopback(server.host) && server.allowedOrigins.length === 0
}
