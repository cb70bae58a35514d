/** What somebody other than its author had been shown, and what of it a document has. */
import * as Y from 'yjs'
import type { Writer } from './writer.ts'

export type Account = {
  readonly edits: number
  /** Of them, those that any other writer had. */
  readonly seen: number
  /** Of these, those that the document does not have. */
  readonly lost: number
  /** Deletions that somebody other than who made them had, and the document has not. */
  readonly undone: number
}

/** `kept`: what is left of the room that these writers were in. */
export function account(writers: readonly Writer[], kept: Y.Doc): Account {
  let seen = 0
  let lost = 0
  for (const { doc: own, edits } of writers) {
    const others = writers.filter(({ doc }) => doc !== own).map(({ doc }) => clockOf(doc, own.clientID))
    const shown = Math.max(0, ...others)
    const keptClock = clockOf(kept, own.clientID)
    for (const end of edits) {
      if (end > shown) continue
      seen += 1
      if (end > keptClock) lost += 1
    }
  }
  const edits = writers.reduce((sum, writer) => sum + writer.edits.length, 0)
  return { edits, seen, lost, undone: undoneDeletions(writers, kept) }
}

function undoneDeletions(writers: readonly Writer[], kept: Y.Doc): number {
  let undone = 0
  for (const { doc } of writers) {
    for (const [client, structs] of doc.store.clients) {
      if (client === doc.clientID) continue
      for (const { deleted, id, length } of structs)
        if (deleted) undone += presentIn(kept, client, id.clock, id.clock + length)
    }
  }
  return undone
}

function presentIn(doc: Y.Doc, client: number, start: number, end: number): number {
  const structs = doc.store.clients.get(client) ?? []
  if (clockOf(doc, client) <= start) return 0
  let present = 0
  for (let i = Y.findIndexSS(structs, start); i < structs.length; i += 1) {
    const struct = structs[i]
    if (struct === undefined || struct.id.clock >= end) break
    if (!struct.deleted) present += 1
  }
  return present
}

function clockOf(doc: Y.Doc, client: number): number {
  return Y.getState(doc.store, client)
}
