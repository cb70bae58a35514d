import type { Doc } from 'yjs'
import { Replay } from '../document/replay.ts'
import { createServerDoc } from '../document/server-doc.ts'
import { SyncError } from '../protocol/errors.ts'
import type { BackgroundTurns } from './background-turns.ts'
import type { StoredDocument } from './ports.ts'

/** A smaller document is built at once: in a few milliseconds at most (`bench/micro/cold-load.ts`). */
const AT_ONCE_BYTES = 32 * 1024

/** `unseen` tells what loading the document came to; see `IntegrationBudget`. */
export type RestoredDoc = { readonly doc: Doc; readonly unseen: number }

/**
 * The live document of a stored history; an empty one for none. A large one is built in turns, so
 * that a room which loads stops no other room. Throws `load_failed` when the history does not fit
 * together: an incomplete document would be served, edited and saved.
 */
export async function restoreDoc(
  stored: StoredDocument | undefined,
  turns: BackgroundTurns,
): Promise<RestoredDoc> {
  if (stored === undefined) return { doc: createServerDoc(), unseen: 0 }
  const replay = new Replay(updatesOf(stored))
  try {
    if (sizeOf(stored) <= AT_ONCE_BYTES) replay.run(() => true)
    else await turns.run((hasTime) => replay.run(hasTime))
    if (replay.hasHole)
      throw new SyncError('load_failed', 'The stored history has a hole; it was left untouched.')
  } catch (error) {
    replay.doc.destroy()
    throw error
  }
  return { doc: replay.doc, unseen: replay.unseen }
}

/** What a history consists of, oldest first. */
export function updatesOf({ snapshot, tail }: StoredDocument): Uint8Array[] {
  const updates = tail.map((record) => record.bytes)
  return snapshot === undefined ? updates : [snapshot, ...updates]
}

export function sizeOf(stored: StoredDocument): number {
  return updatesOf(stored).reduce((sum, update) => sum + update.length, 0)
}
