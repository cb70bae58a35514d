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

export async function* storedEntries(reader: Reader): AsyncGenerator<StoredEntry, void, undefined> {
  for (const sublevel of SUBLEVELS) {
    for await (const [key, value] of reader.entries(sublevel, {})) yield { sublevel, key, value }
  }
}

/** Two databases hold the same exactly when their facts are the same. */
export class EntryCount {
  #entries = 0
  #bytes = 0
  #checksum = 0

  add({ sublevel, key, value }: StoredEntry): void {
    this.#entries += 1
    this.#bytes += key.length + value.length
    const lengths = `${sublevel} ${key.length} ${value.length} `
    this.#checksum = crc32(value, crc32(key, crc32(lengths, this.#checksum)))
  }

  get facts(): EntryFacts {
    return { entries: this.#entries, bytes: this.#bytes, checksum: this.#checksum }
  }
}
