/** The HTTP half of jupyter-collaboration 5, below Jupyter's base URL. */
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Access, Action } from '../access/model.ts'
import type { Gate } from '../identity/gate.ts'
import { type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { Collaboration } from './collaboration.ts'
import { isRecord } from './contents-answer.ts'

export type CollaborationRoutesDeps = {
  readonly collaboration: Pick<Collaboration, 'session'>
  readonly gate: Gate
  /** Why no document can be opened now; left out, Jupyter always runs. */
  readonly refusal?: (() => ErrorCode | undefined) | undefined
}

const MAX_BODY_BYTES = 64 * 1024

/** Parts of the API that have no answer here yet. JupyterLab only logs the 404. */
const ABSENT: readonly {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly path: string
  readonly action: Action
}[] = [
  { method: 'GET', path: 'timeline/*', action: 'history.read' },
  { method: 'PUT', path: 'undo_redo/*', action: 'document.update' },
  { method: 'GET', path: 'fork/*', action: 'history.read' },
  { method: 'PUT', path: 'fork/*', action: 'document.update' },
  { method: 'DELETE', path: 'fork/*', action: 'document.update' },
]

/** Registered below the base URL; thrown `SyncError`s are the app's error handler's to answer. */
export function collaborationRoutes({
  collaboration,
  gate,
  refusal,
}: CollaborationRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    acceptJupyterBodies(app)
    const admitted = new WeakMap<FastifyRequest, Access>()
    // Before the body is read: a stranger must not be able to tell this route from a missing one.
    const admit = (action: Action) => async (request: FastifyRequest) => {
      const admission = await gate.admit(request.raw, action)
      const code = admission.ok ? refusal?.() : admission.code
      if (!admission.ok || code !== undefined) throw new SyncError(code ?? 'internal')
      admitted.set(request, admission.access)
    }
    app.put(
      '/api/collaboration/session/*',
      { onRequest: admit('session.request') },
      async (request, reply) => {
        const access = admitted.get(request)
        const { format, type } = parseSessionRequest(request.body)
        const { isNew, ...session } = await collaboration.session(wildcardOf(request), format, type)
        return reply.code(isNew ? 201 : 200).send({ ...session, mode: access === 'read' ? 'read' : 'edit' })
      },
    )
    for (const { method, path, action } of ABSENT) {
      app.route({
        method,
        url: `/api/collaboration/${path}`,
        onRequest: admit(action),
        handler: async () => {
          throw new SyncError('not_found', 'This server does not offer that yet.')
        },
      })
    }
  }
}

/**
 * JupyterLab sends JSON as `text/plain`, and `application/json` without a body: one parser for both,
 * for which nothing is no body.
 */
function acceptJupyterBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>(
    ['application/json', 'text/plain'],
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (_request, body, done) => {
      try {
        done(null, body === '' ? undefined : JSON.parse(body))
      } catch {
        done(new SyncError('bad_request', 'The body is not JSON.'))
      }
    },
  )
}

function parseSessionRequest(body: unknown): { readonly format: string; readonly type: string } {
  const { format, type } = isRecord(body) ? body : {}
  if (typeof format === 'string' && typeof type === 'string') return { format, type }
  throw new SyncError('bad_request', 'The body must be JSON with "format" and "type".')
}

/** Decoded once by the router; slashes that arrived as `%2F` are slashes now. */
function wildcardOf(request: FastifyRequest): string {
  const { params } = request
  const path = isRecord(params) ? params['*'] : undefined
  return typeof path === 'string' ? path : ''
}
