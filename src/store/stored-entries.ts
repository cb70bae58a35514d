/**
 * Everything in a database, as the bytes it is: what a copy is made of and compared by. A value's
 * checksum goes with it, and whatever later versions keep is copied without anybody naming it here.
 */
import { crc32 } from 'node:zlib'
import { SUBLEVELS, type Sublevel } from './keys.ts'
import type { Reader } from './level-handle.ts'

export type StoredEntry = { readonly sublevel: Sublevel; readonly key: Buffer; readonly value: Buffer }

export type EntryFacts = {
  readonly entries: number
  /** Of keys and values. */
  readonly bytes: number
  /** Of all of them, in their order. */
  readonly checksum: number
}

/** A few hundred at a time, because there are millions of small ones and each step would cost a promise. */
export type StoredEntries = AsyncIterable<readonly StoredEntry[]>

export async function* storedEntries(
  reader: Reader,
): AsyncGenerator<readonly StoredEntry[], void, undefined> {
  for (const sublevel of SUBLEVELS) {
    for await (const portion of reader.portions(sublevel)) {
      yield portion.map(([key, value]) => ({ sublevel, key, value }))
    }
  }
}

/** Two databases hold the same when their facts are the same; chance, but no attacker, is ruled out. */
export class EntryCount {
  #entries = 0
  #bytes = 0
  #checksum = 0

  /** Gives the entry back. */
  add(entry: StoredEntry): StoredEntry {
    const { sublevel, key, value } = entry
    this.#entries += 1
    this.#bytes += key.length + value.length
    // Where a key ends and its value begins counts, too.
    const place = SUBLEVELS.indexOf(sublevel) + key.length * 31 + value.length * 1009
    this.#checksum = crc32(value, crc32(key, (this.#checksum ^ place) >>> 0))
    return entry
  }

  get facts(): EntryFacts {
    return { entries: this.#entries, bytes: this.#bytes, checksum: this.#checksum }
  }
}
