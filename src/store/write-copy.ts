/**
 * A database with the same entries in another folder, proven to be the same: it is opened again, read
 * from end to end and compared, and every document in it is put together once, as a room would do it.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DocumentId } from '../protocol/names.ts'
import { EntryStreamError } from './entry-stream.ts'
import { LevelHandle, type Operation, type Reader } from './level-handle.ts'
import { listDocuments } from './list-documents.ts'
import { readDocument } from './read-document.ts'
import { damageOf } from './record.ts'
import {
  EntryCount,
  type EntryFacts,
  type StoredEntries,
  type StoredEntry,
  storedEntries,
} from './stored-entries.ts'

export type CopyFacts = EntryFacts & {
  readonly documents: number
  /** What was damaged before it was copied, in words; the bytes are in the copy all the same. */
  readonly damaged: readonly string[]
}

/** A batch ends with the portion that reaches one of these. */
const MIN_BATCH_ENTRIES = 500
const MIN_BATCH_BYTES = 1024 * 1024
/** More are only counted. */
const MAX_TOLD = 100

/** `directory` exists and has no database. What is there after a failure is no copy. */
export async function writeCopy(directory: string, entries: StoredEntries): Promise<CopyFacts> {
  const place = join(directory, 'leveldb')
  await mkdir(place)
  const { written, brokenValues } = await write(place, entries)
  const { documents, damaged } = await check(place, written)
  const more = brokenValues > 0 ? [`${brokenValues} values do not match their checksum`] : []
  return { ...written, documents, damaged: [...damaged, ...more] }
}

async function write(
  place: string,
  entries: StoredEntries,
): Promise<{ readonly written: EntryFacts; readonly brokenValues: number }> {
  const handle = new LevelHandle(place)
  const count = new EntryCount()
  let brokenValues = 0
  try {
    await handle.open({ createIfMissing: true })
    for await (const batch of batches(entries)) {
      for (const entry of batch) {
        count.add(entry)
        // Those in `damaged` are kept because they are.
        if (entry.sublevel !== 'damaged' && damageOf(entry.key, entry.value)) brokenValues += 1
      }
      await handle.write(batch.map(asOperation), false)
    }
  } finally {
    await handle.close()
  }
  return { written: count.facts, brokenValues }
}

/** Portions are as they came over a socket; a write has its cost. */
async function* batches(entries: StoredEntries): AsyncGenerator<readonly StoredEntry[], void, undefined> {
  let batch: StoredEntry[] = []
  let bytes = 0
  for await (const portion of entries) {
    for (const entry of portion) bytes += entry.key.length + entry.value.length
    batch.push(...portion)
    if (batch.length < MIN_BATCH_ENTRIES && bytes < MIN_BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

function asOperation({ sublevel, key, value }: StoredEntry): Operation {
  return { type: 'put', sublevel, key, value }
}

async function check(
  place: string,
  written: EntryFacts,
): Promise<{ readonly documents: number; readonly damaged: readonly string[] }> {
  const handle = new LevelHandle(place)
  try {
    await handle.open({ createIfMissing: false })
    return await handle.read(async (reader) => {
      const count = new EntryCount()
      for await (const portion of storedEntries(reader)) for (const entry of portion) count.add(entry)
      if (JSON.stringify(count.facts) !== JSON.stringify(written)) {
        const facts = `${JSON.stringify(written)} was written, ${JSON.stringify(count.facts)} is read`
        throw new EntryStreamError(`The copy is not what was written to it: ${facts}. Check that disk.`)
      }
      return await checkDocuments(reader)
    })
  } finally {
    await handle.close()
  }
}

async function checkDocuments(
  reader: Reader,
): Promise<{ readonly documents: number; readonly damaged: readonly string[] }> {
  const damaged: string[] = []
  let documents = 0
  let untold = 0
  for await (const document of listDocuments(reader)) {
    documents += 1
    const fault = await faultOf(reader, document)
    if (fault === undefined) continue
    if (damaged.length < MAX_TOLD) damaged.push(`${document}: ${fault}`)
    else untold += 1
  }
  if (untold > 0) damaged.push(`and ${untold} more documents`)
  return { documents, damaged }
}

async function faultOf(reader: Reader, document: DocumentId): Promise<string | undefined> {
  const reading = await readDocument(reader, document)
  return reading.kind === 'damaged' || reading.kind === 'fell-back' ? reading.fault.fault : undefined
}
