/** The gate of one resource. */
import type { IncomingMessage } from 'node:http'
import { decide } from '../access/decide.ts'
import type {
  Access,
  Action,
  Decision,
  Grant,
  Identified,
  Principal,
  Resource,
  Subject,
} from '../access/model.ts'
import { type ErrorCode, SyncError } from '../protocol/errors.ts'
import { type Authenticator, authenticate } from './authenticate.ts'
import { FormerGuests } from './former-guests.ts'
import type { Admission, Gate, Judge } from './gate.ts'
import { isForeignPage, isForeignRequest } from './origin.ts'
import type { LiveResource } from './live-resource.ts'
import { requestFacts } from './request-facts.ts'

export type GateOptions = {
  /** Asked in this order. */
  readonly authenticators: readonly Authenticator[]
  readonly resource: LiveResource
  readonly allowedOrigins: readonly string[]
  /** What somebody may do who did not sign in; such people exist only in open mode. */
  readonly visitorAccess?: Access | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  /** Told about faults of our own, e.g. an identity provider that does not answer. Must not throw. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Told of everybody who was turned away, but for those who showed nothing. Must not throw or wait. */
  readonly onDenied?: ((denial: Denial) => void) | undefined
}

export type Denial = {
  readonly code: ErrorCode
  readonly action: Action
  /** Undefined for somebody who showed a wrong credential. */
  readonly principal: Principal | undefined
  readonly address: string
}

export type ResourceConfig = {
  readonly name: string
  readonly owner: Subject
  readonly viewers: readonly {
    readonly user?: string | undefined
    readonly group?: string | undefined
    readonly access?: Grant['access'] | undefined
    /** A day or a time, as `Date` reads it. */
    readonly expires?: string | undefined
  }[]
}

/** The resource as configured; a viewer without `access` gets `defaultViewerAccess`. */
export function declaredResource(config: ResourceConfig, defaultViewerAccess: 'read' | 'edit'): Resource {
  const grants = config.viewers.flatMap(
    ({ user, group, access = defaultViewerAccess, expires }): readonly Grant[] => {
      const terms = { access, ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }) }
      return [
        ...(user === undefined ? [] : [{ subject: `user:${user}` as const, ...terms }]),
        ...(group === undefined ? [] : [{ subject: `group:${group}` as const, ...terms }]),
      ]
    },
  )
  return { name: config.name, owner: config.owner, viewers: grants }
}

export function createGate(options: GateOptions): Gate & Judge {
  const guests = new FormerGuests()
  return {
    admit: async (request, action) => {
      try {
        return await admit({ ...options, guests }, request, action)
      } catch (error) {
        options.onError?.(error)
        return { ok: false, code: error instanceof SyncError ? error.code : 'internal' }
      }
    },
    accessOf: (person) => accessIn(options, person),
    changesAt: () => options.resource.changesAt((options.now ?? Date.now)()),
  }
}

async function admit(
  options: GateOptions & { readonly guests: FormerGuests },
  request: IncomingMessage,
  action: Action,
): Promise<Admission> {
  const { authenticators, allowedOrigins, guests } = options
  const facts = requestFacts(request)
  if (facts === undefined) return { ok: false, code: 'bad_request' }
  if (isForeignPage(facts, allowedOrigins)) return { ok: false, code: 'bad_origin' }
  const authentication = await authenticate(authenticators, facts)
  const { address } = facts
  if (authentication.outcome === 'refused') {
    const { code } = authentication
    options.onDenied?.({ code, action, principal: undefined, address })
    return { ok: false, code }
  }
  if (authentication.outcome === 'unknown') {
    const decision = decide({ principal: undefined, access: 'none' }, action)
    return { ok: false, code: decision === 'malformed' ? 'bad_request' : 'not_signed_in' }
  }
  const { principal, granted, source, lease, isKnownToJupyter } = authentication
  if (isForeignRequest(facts, source, allowedOrigins)) return { ok: false, code: 'bad_origin' }
  const access = accessIn(options, { principal, granted })
  const code = refusalCode(principal, access, action)
  if (code === undefined) {
    guests.saw(principal.id)
    return { ok: true, principal, granted, access, source, lease, isKnownToJupyter }
  }
  options.onDenied?.({ code, action, principal, address })
  const isRemoved = code === 'not_found' && action !== 'request.unrouted' && guests.has(principal.id)
  return { ok: false, code: isRemoved ? 'access_revoked' : code }
}

function accessIn(
  { resource, visitorAccess = 'none', now = Date.now }: GateOptions,
  { principal, granted = principal.isAuthenticated ? 'none' : visitorAccess }: Identified,
): Access {
  return resource.accessOf({ principal, granted }, now())
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
