import { Doc, type Transaction } from 'yjs'

/**
 * A document that changes only when somebody changes it.
 *
 * After each change that comes from elsewhere, Yjs goes through texts with formatting and deletes marks
 * that have no effect, in a transaction of its own. Each client does that for itself. Here it would be an
 * edit that nobody made: a second update after the one that is being stored and shown, unknown to
 * the author, who is not sent what it wrote itself; and it goes through the whole text each time.
 */
export function createServerDoc(): Doc {
  const doc = new Doc()
  doc.on('afterTransaction', (transaction: Transaction) => {
    transaction._needFormattingCleanup = false
  })
  return doc
}
