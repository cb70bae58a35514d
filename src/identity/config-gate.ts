/** The gate of one resource whose owner and viewers stand in the configuration. */
import type { IncomingMessage } from 'node:http'
import { type Groups, accessOf, decide } from '../access/decide.ts'
import type { Access, Action, Decision, Grant, Principal, Resource, Subject } from '../access/model.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { type Authenticator, authenticate } from './authenticate.ts'
import type { Admission, Gate } from './gate.ts'
import { isForeignPage, isForeignRequest } from './origin.ts'
import { requestFacts } from './request-facts.ts'

export type GateOptions = {
  /** Asked in this order. */
  readonly authenticators: readonly Authenticator[]
  readonly resource: Resource
  /** Only for principals whose authenticator does not know their groups. */
  readonly groups?: Groups | undefined
  readonly allowedOrigins: readonly string[]
  /** What somebody may do who did not sign in; such people exist only in open mode. */
  readonly visitorAccess?: Access | undefined
  /** Told about faults of our own, e.g. an identity provider that does not answer. Must not throw. */
  readonly onError?: ((error: unknown) => void) | undefined
}

export type ResourceConfig = {
  readonly name: string
  readonly owner: Subject
  readonly viewers: readonly {
    readonly user?: string | undefined
    readonly group?: string | undefined
    readonly access?: 'read' | 'edit' | undefined
  }[]
}

/** The resource as configured; a viewer without `access` gets `defaultViewerAccess`. */
export function declaredResource(config: ResourceConfig, defaultViewerAccess: 'read' | 'edit'): Resource {
  const grants = config.viewers.flatMap(({ user, group, access = defaultViewerAccess }): Grant[] => [
    ...(user === undefined ? [] : [{ subject: `user:${user}` as const, access }]),
    ...(group === undefined ? [] : [{ subject: `group:${group}` as const, access }]),
  ])
  return { name: config.name, owner: config.owner, viewers: grants }
}

export function createGate(options: GateOptions): Gate {
  return {
    admit: async (request, action) => {
      try {
        return await admit(options, request, action)
      } catch (error) {
        options.onError?.(error)
        return { ok: false, code: 'internal' }
      }
    },
  }
}

async function admit(options: GateOptions, request: IncomingMessage, action: Action): Promise<Admission> {
  const { authenticators, allowedOrigins } = options
  const facts = requestFacts(request)
  if (facts === undefined) return { ok: false, code: 'bad_request' }
  if (isForeignPage(facts, allowedOrigins)) return { ok: false, code: 'bad_origin' }
  const authentication = await authenticate(authenticators, facts)
  if (authentication.outcome === 'refused') return { ok: false, code: authentication.code }
  if (authentication.outcome === 'unknown') {
    const decision = decide({ principal: undefined, access: 'none' }, action)
    return { ok: false, code: decision === 'malformed' ? 'bad_request' : 'not_signed_in' }
  }
  const { principal, source } = authentication
  if (isForeignRequest(facts, source, allowedOrigins)) return { ok: false, code: 'bad_origin' }
  const access = accessIn(options, principal)
  const code = refusalCode(principal, access, action)
  return code === undefined ? { ok: true, principal, access, source } : { ok: false, code }
}

function accessIn({ resource, groups, visitorAccess = 'none' }: GateOptions, principal: Principal): Access {
  return principal.isAuthenticated ? accessOf(principal, resource, groups) : visitorAccess
}

const CODES: Record<Exclude<Decision, 'allow' | 'forbid'>, ErrorCode> = {
  'sign-in': 'not_signed_in',
  hide: 'not_found',
  'owner-immutable': 'owner_immutable',
  malformed: 'bad_request',
}

/** A reader is told `read_only` where an editor would be let through. */
function refusalCode(principal: Principal, access: Access, action: Action): ErrorCode | undefined {
  const decision = decide({ principal, access }, action)
  if (decision === 'allow') return undefined
  if (decision !== 'forbid') return CODES[decision]
  const isOnlyRead = access === 'read' && decide({ principal, access: 'edit' }, action) === 'allow'
  return isOnlyRead ? 'read_only' : 'forbidden'
}
