import type { IncomingMessage } from 'node:http'
import { decide } from '../../src/access/decide.ts'
import type { Access, Action } from '../../src/access/model.ts'
import type { Admission, CredentialSource, Gate } from '../../src/identity/gate.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'

export type FakeGateOptions = {
  readonly access?: Access | undefined
  readonly source?: CredentialSource | undefined
  /** Refuses these actions. */
  readonly refused?: Partial<Record<Action, ErrorCode>> | undefined
  /** Refuses everything. */
  readonly refuseAll?: ErrorCode | undefined
  /** The answer waits for it. */
  readonly held?: Promise<void> | undefined
}

/** A gate that knows one person with a fixed access, and remembers what it was asked. */
export class FakeGate implements Gate {
  readonly asked: { readonly method: string; readonly url: string; readonly action: Action }[] = []
  options: FakeGateOptions

  constructor(options: FakeGateOptions = {}) {
    this.options = options
  }

  async admit(request: IncomingMessage, action: Action): Promise<Admission> {
    this.asked.push({ method: request.method ?? '', url: request.url ?? '', action })
    const { access = 'edit', source = 'header', refused = {}, refuseAll, held } = this.options
    await held
    const principal = {
      id: 'ada',
      displayName: 'Ada',
      initials: 'A',
      color: 'teal',
      groups: [],
      isAuthenticated: true,
    }
    const isAllowed = decide({ principal, access }, action) === 'allow'
    const code = refuseAll ?? refused[action] ?? (isAllowed ? undefined : 'forbidden')
    if (code !== undefined) return { ok: false, code }
    return { ok: true, principal, access, source }
  }
}
