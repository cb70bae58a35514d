/**
 * How large one live document is: encoded, for its limit, and in memory, for the budget of the
 * process.
 *
 * Encoding it to know would cost 7 ms a megabyte for every edit. So the size is what was last known
 * exactly plus the updates since, which is never too little for what is typed but knows nothing of
 * deleting; only when the answer matters is it measured, and for a share of the time that is bounded.
 */
import { type Doc, encodeStateAsUpdate } from 'yjs'
import { countStructs, documentMemory } from '../document/memory-estimate.ts'
import type { Clock } from './clock.ts'
import type { StoredDocument } from './ports.ts'

/** Of the time that passes, for measuring a document that stays at its limit … */
const MEASURING_SHARE = 0.05
/** … and what may be saved up of it. */
const MAX_ALLOWANCE_MS = 2000

export class DocumentSize {
  readonly #doc: Doc
  readonly #clock: Pick<Clock, 'elapsed'>
  #encodedBytes: number
  /** Nothing was applied since the size was known exactly. */
  #isExact = false
  #allowanceMs = MAX_ALLOWANCE_MS
  #allowedAt: number
  #structs: number | undefined

  constructor(doc: Doc, clock: Pick<Clock, 'elapsed'>, storedBytes: number) {
    this.#doc = doc
    this.#clock = clock
    this.#encodedBytes = storedBytes
    this.#allowedAt = clock.elapsed()
  }

  /** As one Yjs update, about. */
  get encodedBytes(): number {
    return this.#encodedBytes
  }

  /** Estimated heap. Costs one step per client id after a change, nothing otherwise. */
  get memoryBytes(): number {
    this.#structs ??= countStructs(this.#doc)
    return documentMemory({ encodedBytes: this.#encodedBytes, structs: this.#structs })
  }

  /** An update of so many bytes was applied. */
  grew(bytes: number): void {
    this.#encodedBytes += bytes
    this.#isExact = false
    this.#structs = undefined
  }

  /** The document as it is now was encoded, by whomever, and has so many bytes. */
  measured(bytes: number): void {
    this.#encodedBytes = bytes
    this.#isExact = true
  }

  /** Whether `extraBytes` more would fit. Measures before it says no, unless it did so too often. */
  hasSpaceFor(extraBytes: number, maxBytes: number): boolean {
    if (this.#encodedBytes + extraBytes <= maxBytes) return true
    this.#measureIfAllowed()
    return this.#encodedBytes + extraBytes <= maxBytes
  }

  #measureIfAllowed(): void {
    if (this.#isExact) return
    const startedAt = this.#clock.elapsed()
    const earnedMs = (startedAt - this.#allowedAt) * MEASURING_SHARE
    this.#allowanceMs = Math.min(MAX_ALLOWANCE_MS, this.#allowanceMs + earnedMs)
    this.#allowedAt = startedAt
    if (this.#allowanceMs <= 0) return
    this.measured(encodeStateAsUpdate(this.#doc).length)
    this.#allowanceMs -= this.#clock.elapsed() - startedAt
  }
}

/** Of snapshot and log together: an upper bound of the document's encoded size, save for framing. */
export function storedBytes(stored: StoredDocument | undefined): number {
  if (stored === undefined) return 0
  return stored.tail.reduce((sum, record) => sum + record.bytes.length, stored.snapshot?.length ?? 0)
}
