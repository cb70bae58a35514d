import type { CloseReason } from '../protocol/close-reason.ts'
import type { Connection } from './connection.ts'

export type ConnectionRegistryOptions = {
  readonly maxConnections: number
  readonly maxConnectionsPerPerson: number
  readonly pingMs: number
}

/** Who is behind a connection. */
export type Person = {
  readonly personId: string
  /** Called when the connection is gone. */
  readonly forget?: (() => void) | undefined
}

/** All room connections of the process, and the one timer that pings them. */
export class ConnectionRegistry {
  /** With the person; without one for a connection that is only told why it is refused. */
  readonly #connections = new Map<Connection, Person | undefined>()
  /** Person -> open connections; nobody with none. */
  readonly #countOf = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  readonly #maxConnections: number
  readonly #maxConnectionsPerPerson: number
  #onEmpty: (() => void) | undefined

  constructor(options: ConnectionRegistryOptions) {
    this.#maxConnections = options.maxConnections
    this.#maxConnectionsPerPerson = options.maxConnectionsPerPerson
    this.#timer = setInterval(() => this.#sweep(), options.pingMs)
    this.#timer.unref()
  }

  get size(): number {
    return this.#connections.size
  }

  get isFull(): boolean {
    return this.#connections.size >= this.#maxConnections
  }

  isFullFor(personId: string): boolean {
    return (this.#countOf.get(personId) ?? 0) >= this.#maxConnectionsPerPerson
  }

  /** The person is left out for a connection that is only told why it is refused. */
  add(connection: Connection, person: Person | undefined): void {
    this.#connections.set(connection, person)
    if (person !== undefined) this.#countUp(person.personId)
  }

  delete(connection: Connection): void {
    const person = this.#connections.get(connection)
    if (!this.#connections.delete(connection)) return
    person?.forget?.()
    if (person !== undefined) this.#countDown(person.personId)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /** Says goodbye to everyone; whoever does not answer within `graceMs` is cut off. */
  async closeAll(reason: CloseReason, graceMs: number): Promise<void> {
    clearInterval(this.#timer)
    for (const connection of this.#connections.keys()) connection.close(reason)
    if (this.#connections.size > 0) await this.#emptyWithin(graceMs)
    for (const connection of this.#connections.keys()) connection.terminate()
  }

  #countUp(personId: string): void {
    this.#countOf.set(personId, (this.#countOf.get(personId) ?? 0) + 1)
  }

  #countDown(personId: string): void {
    const count = this.#countOf.get(personId) ?? 0
    if (count > 1) this.#countOf.set(personId, count - 1)
    else this.#countOf.delete(personId)
  }

  async #emptyWithin(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #sweep(): void {
    for (const connection of this.#connections.keys()) connection.checkAlive()
  }
}
