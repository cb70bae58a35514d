import type { IncomingMessage } from 'node:http'
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

/** A gate with a fixed answer, which remembers what it was asked. */
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
    const code = refuseAll ?? refused[action]
    if (code !== undefined) return { ok: false, code }
    const principal = {
      id: 'ada',
      displayName: 'Ada',
      initials: 'A',
      color: 'teal',
      groups: [],
      isAuthenticated: true,
    }
    return { ok: true, principal, access, source }
  }
}
