import type { CloseReason } from '../protocol/close-reason.ts'
import { type Connection, LOOKS_PER_PING } from './connection.ts'

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

/** Connections are looked at in so many parts of each round, or all pings would go out in one turn. */
const TICKS_PER_ROUND = 16

/** All room connections of the process, and the one timer that looks whether they are alive. */
export class ConnectionRegistry {
  /** With the person; without one for a connection that is only told why it is refused. */
  readonly #connections = new Map<Connection, Person | undefined>()
  /** Person -> open connections; nobody with none. */
  readonly #countOf = new Map<string, number>()
  readonly #tickMs: number
  /** Runs while there are connections. */
  #timer: NodeJS.Timeout | undefined
  /** Of this round: who is next, how many were looked at, and in how many ticks. */
  #round: Iterator<Connection> | undefined
  #lookedAt = 0
  #ticks = 0
  readonly #maxConnections: number
  readonly #maxConnectionsPerPerson: number
  #onEmpty: (() => void) | undefined

  constructor(options: ConnectionRegistryOptions) {
    this.#maxConnections = options.maxConnections
    this.#maxConnectionsPerPerson = options.maxConnectionsPerPerson
    this.#tickMs = options.pingMs / LOOKS_PER_PING / TICKS_PER_ROUND
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
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref()
    if (person !== undefined) this.#countUp(person.personId)
  }

  delete(connection: Connection): void {
    const person = this.#connections.get(connection)
    if (!this.#connections.delete(connection)) return
    person?.forget?.()
    if (person !== undefined) this.#countDown(person.personId)
    if (this.#connections.size > 0) return
    this.#stop()
    this.#onEmpty?.()
  }

  /** Says goodbye to everyone; whoever does not answer within `graceMs` is cut off. */
  async closeAll(reason: CloseReason, graceMs: number): Promise<void> {
    this.#stop()
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

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#round = undefined
  }

  /** The iterator of a map that changes passes over those who left and goes on to those who came. */
  #tick(): void {
    if (this.#round === undefined) {
      this.#round = this.#connections.keys()
      this.#lookedAt = 0
      this.#ticks = 0
    }
    this.#ticks += 1
    const isLast = this.#ticks === TICKS_PER_ROUND
    const end = isLast ? Infinity : (this.#connections.size * this.#ticks) / TICKS_PER_ROUND
    for (; this.#lookedAt < end; this.#lookedAt += 1) {
      const next = this.#round.next()
      if (next.done === true) break
      next.value.checkAlive()
      // It was the last one.
      if (this.#round === undefined) return
    }
    if (isLast) this.#round = undefined
  }
}
