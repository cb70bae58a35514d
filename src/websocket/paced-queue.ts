import type { Framed, Outbound } from '../protocol/outbound.ts'

/**
 * Slices of one connection that wait for their turns, first in, first out. The slices belong to all
 * who are sent the same. Bounded by its user: a peer that has one is sent nothing but small answers,
 * and those only up to its budget.
 */
export class PacedQueue {
  #messages: Outbound[] = []
  /** Of the first message: the slice that is next. */
  #next = 0
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  push(message: Outbound): void {
    if (message.length === 0) return
    this.#messages.push(message)
    for (const slice of message) this.#byteLength += slice.length
  }

  shift(): Framed | undefined {
    const slice = this.#messages[0]?.[this.#next]
    if (slice === undefined) return undefined
    this.#byteLength -= slice.length
    this.#next += 1
    if (this.#next === this.#messages[0]?.length) {
      this.#messages.shift()
      this.#next = 0
    }
    return slice
  }
}
