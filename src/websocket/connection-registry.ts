import type { CloseReason } from '../protocol/close-reason.ts'
import type { Connection } from './connection.ts'

/** All room connections of the process, and the one timer that pings them. */
export class ConnectionRegistry {
  readonly #connections = new Set<Connection>()
  readonly #timer: NodeJS.Timeout
  readonly #maxConnections: number
  #onEmpty: (() => void) | undefined

  constructor(options: { readonly maxConnections: number; readonly pingMs: number }) {
    this.#maxConnections = options.maxConnections
    this.#timer = setInterval(() => this.#sweep(), options.pingMs)
    this.#timer.unref()
  }

  get size(): number {
    return this.#connections.size
  }

  get isFull(): boolean {
    return this.#connections.size >= this.#maxConnections
  }

  add(connection: Connection): void {
    this.#connections.add(connection)
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /** Says goodbye to everyone; whoever does not answer within `graceMs` is cut off. */
  async closeAll(reason: CloseReason, graceMs: number): Promise<void> {
    clearInterval(this.#timer)
    for (const connection of this.#connections) connection.close(reason)
    if (this.#connections.size > 0) await this.#emptyWithin(graceMs)
    for (const connection of this.#connections) connection.terminate()
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
    for (const connection of this.#connections) connection.checkAlive()
  }
}
