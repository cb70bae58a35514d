import { type Doc, findIndexSS, getState } from 'yjs'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import { readDeletes } from './update-deletes.ts'
import type { UpdateFacts } from './update-inspect.ts'

/** The inspection that gave the facts has kept the limits already. */
const UNLIMITED = { maxClients: Number.POSITIVE_INFINITY, maxDeleteRanges: Number.POSITIVE_INFINITY }

/**
 * True when the document has everything that the update holds. A stock client answers a step 1 with
 * the *whole* delete set of its document even when it has nothing new, so `isEmpty` is not enough.
 */
export function addsNothing(update: Uint8Array, facts: UpdateFacts, doc: Doc): boolean {
  for (const { client, end } of facts.structs.values()) {
    if (end > getState(doc.store, client)) return false
  }
  for (const [client, end] of facts.deletes) if (end > getState(doc.store, client)) return false
  let isKnown = true
  readDeletes(new ByteCursor(update, facts.deleteSetStart), UNLIMITED, (client, start, end) => {
    isKnown &&= isDeleted(doc, client, start, end)
  })
  return isKnown
}

function isDeleted(doc: Doc, client: number, start: number, end: number): boolean {
  const structs = doc.store.clients.get(client) ?? []
  for (let i = findIndexSS(structs, start); i < structs.length; i += 1) {
    const struct = structs[i]
    if (struct === undefined || struct.id.clock >= end) return true
    if (!struct.deleted) return false
  }
  return true
}
