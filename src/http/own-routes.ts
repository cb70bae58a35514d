/**
 * The scope of our own routes: small bodies with a deadline, security headers, and nothing of it
 * for the gateway, which is registered beside this scope.
 */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { SyncError } from '../protocol/errors.ts'
import { checkInput } from './check-input.ts'
import { addBodyParsers, hasBody, withDeadline } from './request-body.ts'
import { setSecurityHeaders } from './security-headers.ts'

export type OwnRoutesOptions = {
  readonly maxBodyBytes: number
  /** A request's body must be complete within this time. */
  readonly requestTimeoutMs: number
  readonly routes: readonly FastifyPluginAsync[]
  /** Is told of each route that follows. */
  readonly describe?: ((scope: FastifyInstance) => Promise<void>) | undefined
}

export function ownRoutes(options: OwnRoutesOptions): FastifyPluginAsync {
  const { maxBodyBytes, requestTimeoutMs, routes, describe } = options
  return async (scope) => {
    // Schemas say what is taken, and tell what is answered: nothing is changed on its way out.
    scope.setValidatorCompiler(checkInput)
    scope.setSerializerCompiler(() => (value) => JSON.stringify(value))
    await describe?.(scope)
    scope.addHook('onRequest', async (_request, reply) => setSecurityHeaders(reply))
    scope.addHook('preParsing', async (request, reply, payload) =>
      hasBody(request) ? withDeadline(payload, { reply, ms: requestTimeoutMs }) : payload,
    )
    addBodyParsers(scope, maxBodyBytes)
    for (const routesOfOneFile of routes) await scope.register(routesOfOneFile)
    // Below our own name nothing is ever Jupyter's. The location is relative to the address asked for.
    scope.get('/outrigger', async (_request, reply) => await reply.redirect('outrigger/'))
    // Answered before a body is read, as whoever may not see a thing is answered: nobody can tell them apart.
    scope.all('/outrigger/*', { onRequest: nothingHere }, nothingHere)
  }
}

async function nothingHere(): Promise<never> {
  throw new SyncError('not_found')
}
