/** Running state, start, stop and log of the Jupyter server behind this one. */
import type { FastifyPluginAsync, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { AuditLog } from '../../access/audit.ts'
import type { Action } from '../../access/model.ts'
import type { Gate } from '../../identity/gate.ts'
import type { ServerDesk } from '../../jupyter/drivers/server-desk.ts'
import { type ErrorCode, SyncError } from '../../protocol/errors.ts'
import { type DescribedServer, describeServer } from '../describe-server.ts'
import { type Manager, admitManager } from '../manager-only.ts'
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

const RESOURCE = '/outrigger/api/v1/resources/:name'

type OnResource = { Params: ResourceParams }

/**
 * `GET state`, `POST start`, `POST stop` (both answer at once, and again the same for a server that is
 * there already), `GET log`; and Jupyter's own `api/shutdown`, which would look like a crash.
 */
export function serverStateRoutes(deps: ServerStateDeps): FastifyPluginAsync {
  const { gate, desk } = deps
  const callers = new WeakMap<FastifyRequest, Manager>()
  // Before anything else is looked at: a stranger must not be able to tell these from missing routes.
  const only = (admit: (request: FastifyRequest) => Promise<Manager>): onRequestAsyncHookHandler =>
    async function admitted(request) {
      callers.set(request, await admit(request))
      const { name } = request.params as Partial<ResourceParams>
      if (name !== undefined && name !== deps.name) throw new SyncError('not_found')
    }
  const whoMay = (action: Action, code?: ErrorCode) =>
    only((request) => admit(gate, request, { action, code }))
  const describe = (request: FastifyRequest): StateAnswer => describeServer(deps, callerOf(callers, request))
  const begin = async (request: FastifyRequest, what: 'start' | 'stop'): Promise<void> => {
    const { principal } = callerOf(callers, request)
    request.log.info({ user: principal.id, resource: deps.name }, `server ${what}`)
    await (what === 'start' ? desk.start() : desk.stop(principal.displayName))
    const { remoteAddress: address = '' } = request.raw.socket
    deps.audit?.record({ action: what, actor: principal.id, resource: deps.name, address })
  }
  return async (scope) => {
    const mayStop = whoMay('server.stop', 'stop_not_allowed')
    scope.get<OnResource>(
      `${RESOURCE}/state`,
      { schema: STATE_SCHEMA, onRequest: whoMay('state.read') },
      async (request) => describe(request),
    )
    scope.post<OnResource>(
      `${RESOURCE}/start`,
      { schema: START_SCHEMA, onRequest: whoMay('server.start', 'start_not_allowed') },
      async (request, reply) => {
        await begin(request, 'start')
        return await reply.code(202).send(describe(request))
      },
    )
    scope.post<OnResource>(
      `${RESOURCE}/stop`,
      { schema: STOP_SCHEMA, onRequest: mayStop },
      async (request, reply) => {
        await begin(request, 'stop')
        return await reply.code(202).send(describe(request))
      },
    )
    scope.get<OnResource & { Querystring: LogQuery }>(
      `${RESOURCE}/log`,
      { schema: LOG_SCHEMA, onRequest: only((request) => admitManager(gate, request.raw)) },
      async (request): Promise<LogAnswer> => {
        const lines = await desk.logTail(request.query.lines)
        if (lines === undefined) throw new SyncError('server_not_controlled')
        return { lines: [...lines] }
      },
    )
    if (!desk.isControllable) return
    // "Shut Down" in JupyterLab's File menu.
    scope.post('/api/shutdown', { onRequest: mayStop }, async (request) => {
      await begin(request, 'stop')
      return {}
    })
  }
}

/** `code`: what somebody is told who is known here, but may not do this. */
async function admit(
  gate: Gate,
  request: FastifyRequest,
  { action, code }: { readonly action: Action; readonly code?: ErrorCode | undefined },
): Promise<Manager> {
  const admission = await gate.admit(request.raw, action)
  if (admission.ok) return admission
  throw new SyncError(admission.code === 'forbidden' ? (code ?? 'forbidden') : admission.code)
}

function callerOf(callers: WeakMap<FastifyRequest, Manager>, request: FastifyRequest): Manager {
  const caller = callers.get(request)
  if (caller === undefined) throw new SyncError('internal', 'The caller was not asked about.')
  return caller
}
