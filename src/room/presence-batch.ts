import type { AwarenessRow } from '../document/awareness-table.ts'
import type { Clock } from './clock.ts'

/** By client id: of each client only the latest is sent. */
export type Rows<Owner> = ReadonlyMap<number, AwarenessRow<Owner>>

/**
 * Rows that wait to be sent together. At rest it holds nothing: neither a map nor a timer.
 * `flush` is to call `take`.
 */
export class PresenceBatch<Owner> {
  readonly #clock: Clock
  readonly #flush: () => void
  #rows: Map<number, AwarenessRow<Owner>> | undefined
  #cancel: (() => void) | undefined

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock
    this.#flush = flush
  }

  get isEmpty(): boolean {
    return this.#rows === undefined
  }

  get isScheduled(): boolean {
    return this.#cancel !== undefined
  }

  has(clientId: number): boolean {
    return this.#rows?.has(clientId) === true
  }

  add(row: AwarenessRow<Owner>): void {
    this.#rows ??= new Map()
    this.#rows.set(row.clientId, row)
  }

  delete(clientId: number): void {
    this.#rows?.delete(clientId)
    if (this.#rows?.size === 0) this.clear()
  }

  /** Flushes after `ms`, unless that is to happen already. */
  schedule(ms: number): void {
    this.#cancel ??= this.#clock.after(ms, () => {
      this.#cancel = undefined
      this.#flush()
    })
  }

  take(): Rows<Owner> | undefined {
    const rows = this.#rows
    this.clear()
    return rows
  }

  clear(): void {
    this.#rows = undefined
    this.#cancel?.()
    this.#cancel = undefined
  }
}
