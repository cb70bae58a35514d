/** The Jupyter servers that the caller may know of: one, today, which the configuration declares. */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { decide } from '../../access/decide.ts'
import type { Access, Action } from '../../access/model.ts'
import type { Admitted, Gate, Judge } from '../../identity/gate.ts'
import type { GrantBook } from '../../identity/grant-book.ts'
import { NO_OWNER } from '../../identity/live-resource.ts'
import { SyncError } from '../../protocol/errors.ts'
import { admits, callerOf } from '../admit.ts'
import { describeViewer, reasonsFor } from './describe-viewer.ts'
import {
  RESOURCE,
  RESOURCES,
  RESOURCE_PARAMS,
  type ResourceAnswer,
  type ResourceState,
} from './viewer-schemas.ts'

export type ManagedResource = {
  readonly gate: Gate & Judge
  readonly name: string
  readonly baseUrl: string
  /** Absent in open mode, where nobody owns anything. */
  readonly book?: GrantBook | undefined
  /** Where the configuration declares it. */
  readonly declaredAt: string
  readonly state: () => Promise<ResourceState>
}

export const RESOURCES_PATH = '/outrigger/api/v1/resources'
export const RESOURCE_PATH = `${RESOURCES_PATH}/:name`

/** List, read; create, delete and change of owner, which are refused and say why. */
export function resourceRoutes(resource: ManagedResource): FastifyPluginAsync {
  const { gate, name } = resource
  const only = (action: Action) => admits(gate, action, { resource: name })
  const declared = async (): Promise<never> => {
    const detail = `The resource is declared in ${resource.declaredAt}: that is where to add or remove one.`
    throw new SyncError('declared', detail)
  }
  return async (scope) => {
    scope.get(
      RESOURCES_PATH,
      {
        onRequest: admits(gate, 'state.read'),
        schema: { summary: 'The resources that you may see', response: { 200: RESOURCES } },
      },
      async (request) => ({ resources: [await describe(resource, request)] }),
    )
    scope.get(
      RESOURCE_PATH,
      {
        onRequest: only('state.read'),
        schema: { summary: 'One resource', params: RESOURCE_PARAMS, response: { 200: RESOURCE } },
      },
      async (request) => await describe(resource, request),
    )
    // All that could be changed of a resource is its owner, and that never is: nobody gets past the hook.
    scope.patch(
      RESOURCE_PATH,
      {
        onRequest: only('owner.change'),
        schema: { summary: 'Refused: the owner never changes', params: RESOURCE_PARAMS },
      },
      async () => {
        throw new SyncError('owner_immutable')
      },
    )
    scope.post(
      RESOURCES_PATH,
      {
        onRequest: admits(gate, 'server.delete'),
        schema: { summary: 'Refused: resources are declared in the configuration' },
      },
      declared,
    )
    scope.delete(
      RESOURCE_PATH,
      {
        onRequest: only('server.delete'),
        schema: {
          summary: 'Refused: resources are declared in the configuration',
          params: RESOURCE_PARAMS,
        },
      },
      declared,
    )
  }
}

async function describe(resource: ManagedResource, request: FastifyRequest): Promise<ResourceAnswer> {
  const { gate, name, baseUrl, book } = resource
  const state = await resource.state()
  // Asking for the state takes a while; what is told is true now.
  const caller = callerOf(request)
  const access = gate.accessOf(caller)
  if (access === 'none') throw new SyncError('not_found')
  const now = Date.now()
  const may = permissions(caller, access)
  return {
    name,
    url: baseUrl,
    owner: ownerOf(book),
    access,
    because: book === undefined ? [] : reasonsFor(caller.principal, book, now),
    may,
    state,
    ...(may.viewers && book !== undefined
      ? { viewers: book.entries().map((entry) => describeViewer(entry, now)) }
      : {}),
  }
}

function permissions({ principal }: Admitted, access: Access): ResourceAnswer['may'] {
  const may = (action: Action): boolean => decide({ principal, access }, action) === 'allow'
  return {
    start: may('server.start'),
    stop: may('server.stop'),
    delete: may('server.delete'),
    viewers: may('viewers.manage'),
    audit: may('audit.read'),
  }
}

/** Null when everybody, or Jupyter, says who manages. */
function ownerOf(book: GrantBook | undefined): string | null {
  const owner = book?.live.current.owner
  return owner === undefined || owner === NO_OWNER ? null : owner
}
