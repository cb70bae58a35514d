import type { Doc } from 'yjs'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import { tooLarge } from './update-values.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NONE: ReadonlySet<string> = new Set()

/** True when a document would have more than `maxRoots` root types with these as well. */
export function isTooManyRoots(names: ReadonlySet<string>, doc: Doc, maxRoots: number): boolean {
  if (doc.share.size + names.size <= maxRoots) return false
  let added = 0
  for (const name of names) if (!doc.share.has(name)) added += 1
  return added > 0 && doc.share.size + added > maxRoots
}

/**
 * The names of root types in an update. Each name costs the document a root type for ever. Most
 * structs repeat the name before them, so only a change is decoded.
 */
export class RootNames {
  readonly #bytes: Uint8Array
  readonly #limit: number
  #names: Set<string> | undefined
  #lastStart = 0
  #lastEnd = 0

  constructor(bytes: Uint8Array, limit: number) {
    this.#bytes = bytes
    this.#limit = limit
  }

  get names(): ReadonlySet<string> {
    return this.#names ?? NONE
  }

  /** A checked name, its length first, starts at `start`. */
  add(start: number): void {
    if (this.#names !== undefined && this.#repeatsLast(start)) return
    const cursor = new ByteCursor(this.#bytes, start)
    const name = DECODER.decode(cursor.varBytes())
    this.#lastStart = start
    this.#lastEnd = cursor.position
    this.#names ??= new Set()
    this.#names.add(name)
    if (this.#names.size > this.#limit) throw tooLarge('number of root types')
  }

  #repeatsLast(start: number): boolean {
    // The length comes first, so an equal prefix of equal length is the whole name.
    for (let i = 0; i < this.#lastEnd - this.#lastStart; i += 1) {
      if (this.#bytes[this.#lastStart + i] !== this.#bytes[start + i]) return false
    }
    return true
  }
}
