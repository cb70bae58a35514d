import { type Doc, applyUpdate } from 'yjs'
import { createServerDoc } from '../document/server-doc.ts'
import { IntegrationBudget, UNLIMITED, withIntegrationBudget } from '../document/update-cost.ts'
import { SyncError } from '../protocol/errors.ts'
import type { StoredDocument } from './ports.ts'

/**
 * The live document of a stored history; an empty one for none. `unseen` tells what loading it came to;
 * see `IntegrationBudget`. Throws `load_failed` when the history does not fit together: an
 * incomplete document would be served, edited and saved.
 */
export function restoreDoc(stored: StoredDocument | undefined): {
  readonly doc: Doc
  readonly unseen: number
} {
  const doc = createServerDoc()
  const cost = new IntegrationBudget(UNLIMITED)
  if (stored === undefined) return { doc, unseen: 0 }
  const apply = (): void => {
    if (stored.snapshot !== undefined) applyUpdate(doc, stored.snapshot)
    for (const record of stored.tail) applyUpdate(doc, record.bytes)
  }
  doc.transact(() => withIntegrationBudget(cost, doc, apply))
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    throw new SyncError('load_failed', 'The stored history has a hole; it was left untouched.')
  }
  return { doc, unseen: cost.unseen }
}
