/**
 * Replaces a log prefix by a snapshot. A crash between any two steps leaves a document that loads
 * to the same content:
 *
 * 1. Stage the chunks under the next generation. Nothing names them yet. What an interrupted
 *    compaction left under that number is overwritten, or lies beyond the last chunk and is not read.
 * 2. Flip: the entry names the new generation, and the one before it as the one to fall back to.
 * 3. Delete what neither of the two needs, in small batches. It is ignored already.
 */
import type { DocumentId } from '../protocol/names.ts'
import type { Seq } from '../room/ports.ts'
import { type DocumentEntry, type Generation, encodeEntry } from './document-entry.ts'
import { type KeyRange, type Sublevel, documentKey, logRange, snapshotKey, snapshotRange } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import { readEntry, readHead } from './read-document.ts'
import { seal } from './record.ts'

/** One value holds no more than this, so that one large document does not hold up everybody's writes. */
const CHUNK_BYTES = 1024 * 1024
const DELETES_PER_WRITE = 500

export type CompactionRequest = {
  readonly document: DocumentId
  readonly upTo: Seq
  readonly snapshot: Uint8Array
}

/** `stale`: there is no such history, it does not reach `upTo`, or a newer snapshot exists. */
export async function writeSnapshot(
  database: LevelDatabase,
  { document, upTo, snapshot }: CompactionRequest,
): Promise<'done' | 'stale'> {
  const state = await database.read(async (reader) => ({
    entry: await readEntry(reader, document),
    head: await readHead(reader, document),
  }))
  const { entry, head } = state
  if (entry === undefined || 'fault' in entry || head === undefined) return 'stale'
  if (upTo < 1 || upTo > head || upTo < entry.current.seq) return 'stale'
  if (upTo === entry.current.seq) return 'done'
  const next = entry.current.generation + 1
  const current = await stage(database, { document, upTo, snapshot }, next)
  await flip(database, document, { lineage: entry.lineage, current, previous: entry.current })
  return 'done'
}

/** Step 3. Whatever is left over, the next call finds. */
export async function deleteCovered(
  database: LevelDatabase,
  document: DocumentId,
  isStopping: () => boolean,
): Promise<void> {
  const entry = await database.read(async (reader) => readEntry(reader, document))
  if (entry === undefined || 'fault' in entry || entry.previous === undefined) return
  const { generation, seq } = entry.previous
  if (generation > 1) {
    await deleteRange(database, 'snapshot', snapshotRange(document, 1, generation - 1), isStopping)
  }
  if (seq > 0) await deleteRange(database, 'log', logRange(document, 0, seq), isStopping)
}

async function stage(
  database: LevelDatabase,
  { document, upTo, snapshot }: CompactionRequest,
  generation: number,
): Promise<Generation> {
  const chunks = Math.ceil(snapshot.length / CHUNK_BYTES)
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const key = snapshotKey(document, generation, chunk)
    const value = seal(key, snapshot.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES))
    // Synced in every mode. An fsync of LevelDB's log does not reach back into the log file before
    // it, so the flip's fsync alone would not carry chunks that lie there.
    await database.write([{ type: 'put', sublevel: 'snapshot', key, value }], { durability: 'synced' })
  }
  return { generation, seq: upTo, chunks, bytes: snapshot.length }
}

async function flip(database: LevelDatabase, document: DocumentId, entry: DocumentEntry): Promise<void> {
  const key = documentKey(document, 'entry')
  const value = encodeEntry(key, entry)
  await database.write([{ type: 'put', sublevel: 'document', key, value }], { durability: 'synced' })
}

async function deleteRange(
  database: LevelDatabase,
  sublevel: Sublevel,
  range: KeyRange,
  isStopping: () => boolean,
): Promise<void> {
  let { gte } = range
  while (!isStopping()) {
    const from = gte
    const keys = await database.read(async (reader) =>
      reader.keys(sublevel, { gte: from, lte: range.lte }, { limit: DELETES_PER_WRITE }),
    )
    const last = keys.at(-1)
    if (last === undefined) return
    await database.write(
      keys.map((key) => ({ type: 'del', sublevel, key })),
      { durability: 'lazy' },
    )
    gte = last
  }
}
