/**
 * The scope of our own routes: small bodies with a deadline, security headers, and nothing of it
 * for the gateway, which is registered beside this scope.
 */
import type { FastifyPluginAsync } from 'fastify'
import { SyncError } from '../protocol/errors.ts'
import { addBodyParsers, hasBody, withDeadline } from './request-body.ts'
import { setSecurityHeaders } from './security-headers.ts'

export type OwnRoutesOptions = {
  readonly maxBodyBytes: number
  /** A request's body must be complete within this time. */
  readonly requestTimeoutMs: number
  readonly routes: readonly FastifyPluginAsync[]
}

export function ownRoutes({ maxBodyBytes, requestTimeoutMs, routes }: OwnRoutesOptions): FastifyPluginAsync {
  return async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => setSecurityHeaders(reply))
    scope.addHook('preParsing', async (request, reply, payload) =>
      hasBody(request) ? withDeadline(payload, { reply, ms: requestTimeoutMs }) : payload,
    )
    addBodyParsers(scope, maxBodyBytes)
    for (const routesOfOneFile of routes) await scope.register(routesOfOneFile)
    // Below our own name nothing is ever Jupyter's. The location is relative to the address asked for.
    scope.get('/outrigger', async (_request, reply) => await reply.redirect('outrigger/'))
    // Answered before a body is read, as whoever may not see a thing is answered: nobody can tell them apart.
    const missing = async (): Promise<never> => {
      throw new SyncError('not_found')
    }
    scope.all('/outrigger/*', { onRequest: missing }, missing)
  }
}
