import type { ServerState } from '../../src/jupyter/drivers/driver.ts'
import type { ServerDesk } from '../../src/jupyter/drivers/server-desk.ts'
import { SyncError } from '../../src/protocol/errors.ts'

/** A server that is in whatever state a test puts it into, and remembers what it was asked. */
export class FakeDesk implements ServerDesk {
  readonly asked: string[] = []
  current: ServerState = { phase: 'running', since: Date.UTC(2026, 0, 2) }
  isControllable = true

  get kind(): ServerDesk['kind'] {
    return this.isControllable ? 'process' : 'external'
  }

  readonly state = (): ServerState => this.current

  async start(): Promise<void> {
    this.#control('start')
    this.current = { phase: 'starting', since: Date.UTC(2026, 0, 3), progress: { sentence: 'Soon.' } }
  }

  readonly stop = async (by: string): Promise<void> => {
    this.#control(`stop by ${by}`)
    this.current = { phase: 'stopping', since: Date.UTC(2026, 0, 3) }
  }

  async logTail(maxLines: number): Promise<readonly string[] | undefined> {
    return this.isControllable
      ? Array.from({ length: Math.min(maxLines, 3) }, (_, at) => `line ${at}`)
      : undefined
  }

  #control(what: string): void {
    if (!this.isControllable) throw new SyncError('server_not_controlled')
    this.asked.push(what)
  }
}
