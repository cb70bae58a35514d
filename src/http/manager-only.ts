import type { IncomingMessage } from 'node:http'
import type { Admission, Gate } from '../identity/gate.ts'
import { type ErrorCode, SyncError } from '../protocol/errors.ts'
import { isLocalCaller } from './local-caller.ts'

export type Manager = Extract<Admission, { ok: true }>

export type ManagerGate = {
  readonly gate: Gate
  /**
   * Whether a program on this machine needs no credentials. Say no when a proxy on this machine may
   * pass requests on without saying so.
   */
  readonly isOpenToLocalCallers: boolean
}

/** Lets in whoever manages this server; everybody else is refused by a throw. */
export async function admitManager(gate: Gate, request: IncomingMessage): Promise<Manager> {
  const verdict = await managerOrCode(gate, request)
  if (typeof verdict === 'string') throw new SyncError(verdict)
  return verdict
}

/** The same, or `local`: a program on this machine, where such may look without credentials. */
export async function admitManagerOrLocal(
  { gate, isOpenToLocalCallers }: ManagerGate,
  request: IncomingMessage,
): Promise<Manager | 'local'> {
  const verdict = await managerOrCode(gate, request)
  if (typeof verdict !== 'string') return verdict
  if (isOpenToLocalCallers && isLocalCaller(request)) return 'local'
  throw new SyncError(verdict)
}

async function managerOrCode(gate: Gate, request: IncomingMessage): Promise<Manager | ErrorCode> {
  const admission = await gate.admit(request, 'server.observe')
  return admission.ok ? admission : admission.code
}
