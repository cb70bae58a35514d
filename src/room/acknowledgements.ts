/**
 * Which of a client's edits are stored, for a client that asked to be told.
 *
 * Edits are counted per connection, so one number says it: "the first so many are stored". Flushes
 * merge edits, and acknowledgements with them. An edit that waits for what it builds on holds the number
 * back; a step 2 of the client brings everything that it has, and so covers all before it.
 */
import type { ClientEdit } from './edit-queue.ts'

/** Edits in the document before an earlier one is; beyond it they are told with the next step 2. */
const MAX_AHEAD = 1024

export class Acknowledgements {
  /** The numbers of those that are not in the document yet. */
  readonly #ordinals = new WeakMap<ClientEdit, number>()
  readonly #ahead = new Set<number>()
  #received = 0
  /** The first so many are in the document. */
  #applied = 0
  #told = 0

  /** An edit that has to be applied yet. */
  received(edit: ClientEdit): void {
    this.#received += 1
    this.#ordinals.set(edit, this.#received)
  }

  /** An edit that the document had already. */
  receivedKnown(isStep2: boolean): void {
    this.#received += 1
    this.#count(this.#received, isStep2)
  }

  /** An edit that was kept out: the client still has it, and it holds the number back. */
  receivedRefused(): void {
    this.#received += 1
  }

  applied(edit: ClientEdit): void {
    const ordinal = this.#ordinals.get(edit)
    if (ordinal !== undefined) this.#count(ordinal, edit.isStep2)
  }

  /** What there is to tell once all of the document is stored; undefined when nothing is new. */
  tell(): number | undefined {
    if (this.#told === this.#applied) return undefined
    this.#told = this.#applied
    return this.#told
  }

  #count(ordinal: number, isStep2: boolean): void {
    if (isStep2) {
      this.#applied = Math.max(this.#applied, ordinal)
      for (const known of this.#ahead) if (known <= this.#applied) this.#ahead.delete(known)
    } else if (ordinal > this.#applied && this.#ahead.size < MAX_AHEAD) this.#ahead.add(ordinal)
    while (this.#ahead.delete(this.#applied + 1)) this.#applied += 1
  }
}
