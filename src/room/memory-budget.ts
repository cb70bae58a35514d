/**
 * Memory of all rooms together. It is added up from each room's own estimate, once a second and when
 * rooms come and go, so that asking costs nothing.
 */
import type { DocumentId } from '../protocol/names.ts'

/** Estimated bytes of one room, by what they are for. */
export type RoomMemory = { readonly documents: number; readonly caches: number; readonly queues: number }

export function memoryBytes({ documents, caches, queues }: RoomMemory): number {
  return documents + caches + queues
}

/** V8's heap, as `node:v8` reports it. */
export type HeapUse = { readonly usedBytes: number; readonly limitBytes: number }

/** Above this share of its limit V8 collects garbage more and more, and at the limit the process ends. */
const MAX_HEAP_SHARE = 0.85
/** Documents that had no space, with what they would need. */
const MAX_REFUSED = 1000

type Entry = { bytes: number; isLeaving: boolean }

export class MemoryBudget {
  readonly maxBytes: number
  readonly #heap: (() => HeapUse) | undefined
  readonly #entries = new Map<DocumentId, Entry>()
  readonly #refused = new Map<DocumentId, number>()
  #usedBytes = 0
  #leavingBytes = 0

  constructor(maxBytes: number, heap: (() => HeapUse) | undefined) {
    this.maxBytes = maxBytes
    this.#heap = heap
  }

  /** Rooms that are being unloaded included. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** What has to go for all that stays, and `extraBytes` more, to fit; 0 when nothing has to. */
  excessBytes(extraBytes: number): number {
    const overBudget = this.#usedBytes - this.#leavingBytes + extraBytes - this.maxBytes
    return Math.max(0, overBudget, this.#heapExcessBytes())
  }

  set(document: DocumentId, bytes: number): void {
    const entry = this.#entries.get(document) ?? { bytes: 0, isLeaving: false }
    this.#usedBytes += bytes - entry.bytes
    if (entry.isLeaving) this.#leavingBytes += bytes - entry.bytes
    entry.bytes = bytes
    this.#entries.set(document, entry)
  }

  /** The room is being unloaded: it still uses its memory, but counts as gone for whoever needs space. */
  leave(document: DocumentId): void {
    const entry = this.#entries.get(document)
    if (entry === undefined || entry.isLeaving) return
    entry.isLeaving = true
    this.#leavingBytes += entry.bytes
  }

  delete(document: DocumentId): void {
    const entry = this.#entries.get(document)
    if (entry === undefined) return
    this.#usedBytes -= entry.bytes
    if (entry.isLeaving) this.#leavingBytes -= entry.bytes
    this.#entries.delete(document)
  }

  /** Remembered, so that the next one who asks is refused before the document is read from the disk. */
  refuse(document: DocumentId, neededBytes: number): void {
    this.#refused.delete(document)
    this.#refused.set(document, neededBytes)
    // Insertion order is age: the oldest goes first.
    const oldest = this.#refused.keys().next()
    if (this.#refused.size > MAX_REFUSED && oldest.done !== true) this.#refused.delete(oldest.value)
  }

  /** What the document was known to need when it was refused; 0 for any other. */
  knownNeedOf(document: DocumentId): number {
    return this.#refused.get(document) ?? 0
  }

  forgetNeedOf(document: DocumentId): void {
    this.#refused.delete(document)
  }

  #heapExcessBytes(): number {
    const heap = this.#heap?.()
    return heap === undefined ? 0 : heap.usedBytes - heap.limitBytes * MAX_HEAP_SHARE
  }
}
