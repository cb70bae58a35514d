/**
 * The HTTP server without its routes. Our own routes go into `ownRoutes`; the gateway is registered
 * beside them, because its bodies are streams without a size or a deadline.
 *
 * Time limits: Node's `headersTimeout` ends a connection that does not finish its headers. Node's
 * `requestTimeout` stays off: it covers the body too, without regard to progress, and would cut a
 * 1 GiB upload on a slow line. Bodies of our own routes have their deadline in `ownRoutes`; the
 * gateway reads a body only after the caller was admitted; and a connection whose request was
 * answered before its body came is closed with the answer.
 */
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { SyncError } from '../protocol/errors.ts'
import { clientErrorHandler } from './client-error.ts'
import { type ErrorAnswers, errorHandler, notFoundHandler } from './errors.ts'
import { hasBody } from './request-body.ts'

export type HttpLimits = {
  /** A connection must have sent the headers of its request within this time. */
  readonly headersTimeoutMs: number
  /** Sockets of any kind, websockets included; further ones are closed at once. */
  readonly maxSockets: number
}

export type AnsweredRequest = {
  /** The route's pattern; `unmatched` when there was none. */
  readonly route: string
  readonly method: string
  readonly status: number
  readonly ms: number
}

export type HttpServerDeps = {
  readonly logger: FastifyBaseLogger
  readonly limits: HttpLimits
  readonly errors: ErrorAnswers
  readonly onAnswered?: ((answered: AnsweredRequest) => void) | undefined
}

/** How often Node looks for connections that are over time. */
const CHECK_EVERY_MS = 1000

/** Jupyter's file ids and room names are parameters of our routes. */
const MAX_PARAMETER_LENGTH = 1000

/** Not listening yet; whoever listens also closes. */
export function createHttpServer({ logger, limits, errors, onAnswered }: HttpServerDeps): FastifyInstance {
  const onError = errorHandler(errors)
  const app = Fastify({
    loggerInstance: logger,
    // One line a request, ours: by route, at level debug.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: false,
    http: { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: CHECK_EVERY_MS },
    requestTimeout: 0,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // An address that cannot be decoded.
    frameworkErrors: (error, request, reply) =>
      onError(new SyncError('bad_request', undefined, { cause: error }), request, reply),
    clientErrorHandler: clientErrorHandler(logger),
  })
  app.server.maxConnections = limits.maxSockets
  // Whoever wants a body says how to read it; an unknown address never reads one.
  app.removeAllContentTypeParsers()
  app.setErrorHandler(onError)
  app.setNotFoundHandler(notFoundHandler(errors))
  app.addHook('onSend', closeUnlessRead)
  app.addHook('onResponse', async (request, reply) => {
    const answered = describe(request, reply)
    request.log.debug(answered, 'answered')
    onAnswered?.(answered)
  })
  return app
}

/** A body that nobody reads must not hold its connection open. */
async function closeUnlessRead(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (hasBody(request) && !request.raw.complete) reply.header('connection', 'close')
}

function describe(request: FastifyRequest, reply: FastifyReply): AnsweredRequest {
  return {
    route: request.routeOptions.url ?? 'unmatched',
    method: request.method,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
  }
}
