import type { DocumentId } from '../protocol/names.ts'
import { decodeDocumentKey } from './keys.ts'
import type { Reader } from './level-handle.ts'

const KEYS_PER_READ = 500

/** Every document that has an entry, in the order of the names' bytes, shorter names first. */
export async function* listDocuments(reader: Reader): AsyncGenerator<DocumentId, void, undefined> {
  let range: { readonly gte?: Buffer } = {}
  for (;;) {
    const keys = await reader.keys('document', range, { limit: KEYS_PER_READ })
    for (const key of keys) {
      const found = decodeDocumentKey(key)
      if (found?.isEntry === true) yield found.document
    }
    const last = keys.at(-1)
    if (last === undefined) return
    // The smallest key after it.
    range = { gte: Buffer.concat([last, Buffer.from([0])]) }
  }
}
