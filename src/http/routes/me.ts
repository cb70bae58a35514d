/** Jupyter's `api/me` (jupyter_server 2), answered with the person whom we authenticated. */
import type { FastifyPluginAsync } from 'fastify'
import { decide } from '../../access/decide.ts'
import type { Access, Action, Principal } from '../../access/model.ts'
import type { Admission, Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'

type Admitted = Extract<Admission, { ok: true }>

/** What Jupyter's resource and verb mean here; whatever is not listed needs somebody who may run code. */
const MEANINGS: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  api: { read: 'state.read', write: 'files.write', execute: 'kernels.use' },
  config: { read: 'page.open', write: 'files.write' },
  contents: { read: 'files.read', write: 'files.write', execute: 'files.write' },
  // Jupyter asks for `execute` to listen to events.
  events: { read: 'files.read', execute: 'files.read', write: 'files.write' },
  kernels: { read: 'state.read', write: 'kernels.use', execute: 'kernels.use' },
  kernelspecs: { read: 'state.read' },
  nbconvert: { read: 'files.read', write: 'files.write', execute: 'files.write' },
  server: { read: 'state.read', write: 'server.stop', execute: 'server.stop' },
  sessions: { read: 'state.read', write: 'kernels.use', execute: 'kernels.use' },
  terminals: { read: 'state.read', write: 'kernels.use', execute: 'kernels.use' },
}
const UNLISTED: Action = 'kernels.use'

const NOT_A_MAP = 'permissions should be a JSON object such as {"contents":["read","write"]}.'
const NOT_HERE = 'Names, initials and colors come from the configuration of this server.'

/** To be registered below the base URL. */
export function meRoute({ gate }: { readonly gate: Gate }): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/api/me', async (request) => {
      const admission = await gate.admit(request.raw, 'state.read')
      if (!admission.ok) throw new SyncError(admission.code)
      const asked = (request.query as Record<string, unknown>)['permissions']
      return { identity: identityOf(admission.principal), permissions: permissionsOf(admission, asked) }
    })

    scope.patch('/api/me', async (request, reply) => {
      const admission = await gate.admit(request.raw, 'state.read')
      if (!admission.ok) throw new SyncError(admission.code)
      return await reply.code(501).send({ message: NOT_HERE, reason: 'not_implemented' })
    })
  }
}

function identityOf({ id, displayName, initials, color }: Principal): Record<string, string | null> {
  return { username: id, name: displayName, display_name: displayName, initials, avatar_url: null, color }
}

/** The allowed ones of the permissions that were asked about, in their order. */
function permissionsOf(subject: Admitted, asked: unknown): Record<string, readonly string[]> {
  const allowed = parsePermissions(asked).map(([resource, verbs]): [string, readonly string[]] => [
    resource,
    verbs.filter((verb) => isAllowed(subject, resource, verb)),
  ])
  return Object.fromEntries([...allowed, ['updatable_fields', []]])
}

function isAllowed(
  subject: { principal: Principal; access: Access },
  resource: string,
  verb: string,
): boolean {
  const verbs = Object.hasOwn(MEANINGS, resource) ? MEANINGS[resource] : undefined
  const action = verbs !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  return decide(subject, action ?? UNLISTED) === 'allow'
}

function parsePermissions(asked: unknown): readonly [string, readonly string[]][] {
  if (asked === undefined || asked === '') return []
  const map: unknown = typeof asked === 'string' ? parseJson(asked) : undefined
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new SyncError('bad_request', NOT_A_MAP)
  return Object.entries(map).map(([resource, verbs]): [string, readonly string[]] => {
    if (!isTextList(verbs)) throw new SyncError('bad_request', NOT_A_MAP)
    return [resource, verbs]
  })
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
