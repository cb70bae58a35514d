/** What happens to bytes that failed their check: they are named in the log, and a copy is kept. */
import type { DocumentId } from '../protocol/names.ts'
import { type Generation, encodeEntry } from './document-entry.ts'
import { damagedKey, documentKey } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import type { Operation } from './level-handle.ts'
import { type Fault, readEntry } from './read-document.ts'

/** Never throws: the document is damaged whether or not the copy could be made. */
export async function keepDamaged(
  database: LevelDatabase,
  document: DocumentId,
  fault: Fault,
): Promise<void> {
  database.log.error({ document, fault: fault.fault }, 'a stored document is damaged and stays closed')
  const copies = copyOf(fault)
  if (copies.length === 0) return
  try {
    await database.write(copies, { durability: 'lazy' })
  } catch (error) {
    database.log.warn({ err: error, document }, 'the damaged bytes could not be copied; they stay in place')
  }
}

/**
 * Makes the older generation the current one, so that the next compaction keeps that one to fall
 * back to, and not the damaged one.
 */
export async function revertToPrevious(
  database: LevelDatabase,
  document: DocumentId,
  { damaged, fault }: { readonly damaged: Generation; readonly fault: Fault },
): Promise<void> {
  const entry = await database.read(async (reader) => readEntry(reader, document))
  if (entry === undefined || 'fault' in entry || entry.previous === undefined) return
  // A compaction may have come in between, or another load that found the same.
  if (entry.current.generation !== damaged.generation || entry.current.seq !== damaged.seq) return
  const key = documentKey(document, 'entry')
  const value = encodeEntry(key, { lineage: entry.lineage, current: entry.previous, previous: undefined })
  await database.write([...copyOf(fault), { type: 'put', sublevel: 'document', key, value }], {
    durability: 'synced',
  })
  database.log.error(
    { document, fault: fault.fault },
    'a snapshot is damaged; the document was loaded whole from the one before',
  )
}

function copyOf({ found }: Fault): Operation[] {
  if (found === undefined) return []
  const key = damagedKey(found.sublevel, found.key)
  return [{ type: 'put', sublevel: 'damaged', key, value: found.value }]
}
