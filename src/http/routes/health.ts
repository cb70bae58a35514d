import type { FastifyPluginAsync } from 'fastify'

export type Readiness = {
  readonly ready: boolean
  /** Fixed words such as `draining` or `store`; anybody may read them. */
  readonly reasons: readonly string[]
}

/**
 * For whatever starts, restarts and balances servers; open to everybody.
 *
 * `live` answers as long as the event loop turns. `ready` is 503, with the reasons, while this server
 * should get no new people.
 */
export function healthRoutes(deps: { readonly readiness: () => Readiness }): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/outrigger/health/live', async () => ({ live: true }))
    scope.get('/outrigger/health/ready', async (_request, reply) => {
      const readiness = deps.readiness()
      return await reply.code(readiness.ready ? 200 : 503).send(readiness)
    })
  }
}
