/** Who may call a route of our own is decided before anything else of the request is looked at. */
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { decide } from '../access/decide.ts'
import type { Action } from '../access/model.ts'
import type { Admitted, Gate, Judge } from '../identity/gate.ts'
import { type ErrorCode, SyncError } from '../protocol/errors.ts'

const callers = new WeakMap<FastifyRequest, Admitted>()

export type DoorOptions = {
  /** The only name that there is for the parameter `name`. */
  readonly resource?: string | undefined
  /** What somebody is told who is known here, but may not do this. */
  readonly forbidden?: ErrorCode | undefined
}

/**
 * An `onRequest` hook: refuses whoever may not, and for a name that is not `resource` says what
 * strangers hear of everything. To them both are the same, down to the byte.
 */
export function admits(
  gate: Gate,
  action: Action,
  { resource, forbidden = 'forbidden' }: DoorOptions = {},
): onRequestAsyncHookHandler {
  return async function admitted(request) {
    const admission = await gate.admit(request.raw, action)
    if (!admission.ok) throw new SyncError(admission.code === 'forbidden' ? forbidden : admission.code)
    const { name } = request.params as { readonly name?: string }
    if (resource !== undefined && name !== resource) throw new SyncError('not_found')
    callers.set(request, admission)
  }
}

/** Who was let in by `admits`. */
export function callerOf(request: FastifyRequest): Admitted {
  const caller = callers.get(request)
  if (caller === undefined) throw new SyncError('internal', 'Nobody was asked whether this is allowed.')
  return caller
}

/** What the caller may do may have changed while the body came. */
export function refuseUnlessStill(judge: Judge, caller: Admitted, action: Action): void {
  const access = judge.accessOf(caller)
  if (decide({ principal: caller.principal, access }, action) === 'allow') return
  throw new SyncError(access === 'none' ? 'not_found' : 'forbidden')
}
