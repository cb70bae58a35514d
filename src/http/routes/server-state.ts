/** Running state, start, stop and log of the Jupyter server behind this one. */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { AuditLog } from '../../access/audit.ts'
import type { Gate } from '../../identity/gate.ts'
import type { ServerDesk } from '../../jupyter/drivers/server-desk.ts'
import { SyncError } from '../../protocol/errors.ts'
import { admits, callerOf } from '../admit.ts'
import { type DescribedServer, describeServer } from '../describe-server.ts'
import { RESOURCE_PATH } from '../resource-path.ts'
import {
  LOG_SCHEMA,
  type LogAnswer,
  type LogQuery,
  type ResourceParams,
  START_SCHEMA,
  STATE_SCHEMA,
  STOP_SCHEMA,
  type StateAnswer,
} from './server-state-schema.ts'

export type ServerStateDeps = Omit<DescribedServer, 'desk'> & {
  readonly gate: Gate
  readonly desk: ServerDesk
  readonly audit?: AuditLog | undefined
}

type OnResource = { Params: ResourceParams }

/**
 * `GET state`, `POST start`, `POST stop` (both answer at once, and again the same for a server that is
 * there already), `GET log`; and Jupyter's own `api/shutdown`, which would look like a crash.
 */
export function serverStateRoutes(deps: ServerStateDeps): FastifyPluginAsync {
  const { gate, desk, name } = deps
  const describe = (request: FastifyRequest): StateAnswer => describeServer(deps, callerOf(request))
  const begin = async (request: FastifyRequest, what: 'start' | 'stop'): Promise<void> => {
    const { principal } = callerOf(request)
    request.log.info({ user: principal.id, resource: name }, `server ${what}`)
    await (what === 'start' ? desk.start() : desk.stop(principal.displayName))
    const { remoteAddress: address = '' } = request.raw.socket
    deps.audit?.record({ action: what, actor: principal.id, resource: name, address })
  }
  return async (scope) => {
    scope.get<OnResource>(
      `${RESOURCE_PATH}/state`,
      { schema: STATE_SCHEMA, onRequest: admits(gate, 'state.read', { resource: name }) },
      async (request) => describe(request),
    )
    scope.post<OnResource>(
      `${RESOURCE_PATH}/start`,
      {
        schema: START_SCHEMA,
        onRequest: admits(gate, 'server.start', { resource: name, forbidden: 'start_not_allowed' }),
      },
      async (request, reply) => {
        await begin(request, 'start')
        return await reply.code(202).send(describe(request))
      },
    )
    scope.post<OnResource>(
      `${RESOURCE_PATH}/stop`,
      {
        schema: STOP_SCHEMA,
        onRequest: admits(gate, 'server.stop', { resource: name, forbidden: 'stop_not_allowed' }),
      },
      async (request, reply) => {
        await begin(request, 'stop')
        return await reply.code(202).send(describe(request))
      },
    )
    scope.get<OnResource & { Querystring: LogQuery }>(
      `${RESOURCE_PATH}/log`,
      { schema: LOG_SCHEMA, onRequest: admits(gate, 'server.observe', { resource: name }) },
      async (request): Promise<LogAnswer> => {
        const lines = await desk.logTail(request.query.lines)
        if (lines === undefined) throw new SyncError('server_not_controlled')
        return { lines: [...lines] }
      },
    )
    if (!desk.isControllable) return
    // "Shut Down" in JupyterLab's File menu.
    const onRequest = admits(gate, 'server.stop', { forbidden: 'stop_not_allowed' })
    scope.post('/api/shutdown', { onRequest }, async (request) => {
      await begin(request, 'stop')
      return {}
    })
  }
}
