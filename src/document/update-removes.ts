import { type Doc, Item, UpdateEncoderV1, findIndexSS, getState } from 'yjs'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import { readDeletes } from './update-deletes.ts'
import type { UpdateFacts } from './update-inspect.ts'

/** The inspection that gave the facts has kept the limits already. */
const UNLIMITED = { maxClients: Number.POSITIVE_INFINITY, maxDeleteRanges: Number.POSITIVE_INFINITY }

/**
 * Encoded bytes of the content that the update takes out of the document, about: what is deleted
 * already counts nothing, and of a run that is deleted in part its share counts. Costs what Yjs's own
 * deleting costs.
 */
export function removedBytes(update: Uint8Array, facts: UpdateFacts, doc: Doc): number {
  let bytes = 0
  readDeletes(new ByteCursor(update, facts.deleteSetStart), UNLIMITED, (client, start, end) => {
    bytes += liveBytes(doc, client, start, end)
  })
  return bytes
}

function liveBytes(doc: Doc, client: number, start: number, end: number): number {
  const structs = doc.store.clients.get(client) ?? []
  if (start >= getState(doc.store, client)) return 0
  let bytes = 0
  for (let i = findIndexSS(structs, start); i < structs.length; i += 1) {
    const struct = structs[i]
    if (struct === undefined || struct.id.clock >= end) break
    if (!(struct instanceof Item) || struct.deleted) continue
    const from = Math.max(start, struct.id.clock)
    const to = Math.min(end, struct.id.clock + struct.length)
    bytes += contentBytes(struct) * ((to - from) / struct.length)
  }
  return bytes
}

function contentBytes(item: Item): number {
  const encoder = new UpdateEncoderV1()
  item.content.write(encoder, 0)
  return encoder.toUint8Array().length
}
