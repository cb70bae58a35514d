import type { FastifyPluginAsync } from 'fastify'
import { type ManagerGate, admitManagerOrLocal } from '../manager-only.ts'

export type MetricsRouteDeps = ManagerGate & {
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>
}

/** For Prometheus: local callers if so configured, and whoever manages this server. */
export function metricsRoute(deps: MetricsRouteDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/outrigger/metrics', async (request, reply) => {
      await admitManagerOrLocal(deps, request.raw)
      const { contentType, text } = await deps.render()
      return await reply.type(contentType).send(text)
    })
  }
}
