import type { FastifyPluginAsync } from 'fastify'
import type { Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'
import { isLocalCaller } from '../local-caller.ts'

export type MetricsRouteDeps = {
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>
  readonly gate: Gate
  /**
   * Whether a program on this machine needs no credentials. Say no when a proxy on this machine may
   * pass requests on without saying so.
   */
  readonly isOpenToLocalCallers: boolean
}

/** For Prometheus: local callers if so configured, and whoever manages this server. */
export function metricsRoute(deps: MetricsRouteDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/outrigger/metrics', async (request, reply) => {
      if (!(deps.isOpenToLocalCallers && isLocalCaller(request.raw))) {
        const admission = await deps.gate.admit(request.raw, 'state.read')
        if (!admission.ok) throw new SyncError(admission.code)
        if (admission.access !== 'manage') throw new SyncError('forbidden')
      }
      const { contentType, text } = await deps.render()
      return await reply.type(contentType).send(text)
    })
  }
}
