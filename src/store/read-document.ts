/**
 * Puts one document together from the log, its snapshots and its entry, and trusts nothing: every
 * value's checksum, the number of every record, and that they fit together.
 */
import type { DocumentId } from '../protocol/names.ts'
import type { KeptKind, LogRecord, Seq, StoredDocument } from '../room/ports.ts'
import { type DocumentEntry, type Generation, decodeEntry } from './document-entry.ts'
import { chunkRange, decodeLogKey, documentKey, logRange, snapshotKey } from './keys.ts'
import type { Sublevel } from './keys.ts'
import type { Reader } from './level-handle.ts'
import { type StoredRecord, decodeRecord, unseal } from './record.ts'

/** Something missing or broken, and the bytes concerned where there are any. */
export type Fault = {
  readonly fault: string
  readonly found?: { readonly sublevel: Sublevel; readonly key: Buffer; readonly value: Buffer } | undefined
}

export type DocumentReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'whole'; readonly stored: StoredDocument }
  /** Whole, but only thanks to the generation before; the newest snapshot has a fault. */
  | {
      readonly kind: 'fell-back'
      readonly stored: StoredDocument
      readonly fault: Fault
      readonly damaged: Generation
    }
  | { readonly kind: 'damaged'; readonly fault: Fault }

type Tail = { readonly records: readonly LogRecord[]; readonly head: Seq }

export async function readDocument(reader: Reader, document: DocumentId): Promise<DocumentReading> {
  const entry = await readEntry(reader, document)
  if (entry === undefined) return { kind: 'absent' }
  if ('fault' in entry) return { kind: 'damaged', fault: entry }
  const newest = await readFrom(reader, document, { entry, start: entry.current })
  if (!('fault' in newest)) return { kind: 'whole', stored: newest }
  if (entry.previous === undefined) return { kind: 'damaged', fault: newest }
  const older = await readFrom(reader, document, { entry, start: entry.previous })
  if ('fault' in older) return { kind: 'damaged', fault: newest }
  return { kind: 'fell-back', stored: older, fault: newest, damaged: entry.current }
}

/** Undefined when the document has no history at all; remains without an entry are a fault. */
export async function readEntry(
  reader: Reader,
  document: DocumentId,
): Promise<DocumentEntry | Fault | undefined> {
  const key = documentKey(document, 'entry')
  const value = await reader.get('document', key)
  if (value === undefined) {
    const remains = await reader.keys('log', logRange(document, 0), { limit: 1 })
    return remains.length === 0 ? undefined : { fault: 'there are records, but its entry is missing' }
  }
  const entry = decodeEntry(key, value)
  if (!('damage' in entry)) return entry
  return { fault: `its entry: ${entry.damage}`, found: { sublevel: 'document', key, value } }
}

/** Number of the last record of any kind; 0 without a history, undefined when that cannot be told. */
export async function readHead(reader: Reader, document: DocumentId): Promise<Seq | undefined> {
  const entry = await readEntry(reader, document)
  if (entry === undefined) return 0
  if ('fault' in entry) return undefined
  const [last] = await reader.keys('log', logRange(document, 0), { isReversed: true, limit: 1 })
  const seq = last === undefined ? 0 : decodeLogKey(last)?.seq
  return seq === undefined ? undefined : Math.max(seq, entry.current.seq)
}

/** At most `limit` records right after `after`; stops at the first that is missing or broken. */
export async function readRecords(
  reader: Reader,
  document: DocumentId,
  { after, limit }: { readonly after: Seq; readonly limit?: number },
): Promise<LogRecord[] | Fault> {
  const records: LogRecord[] = []
  const options = limit === undefined ? {} : { limit }
  for await (const [key, value] of reader.entries('log', logRange(document, after + 1), options)) {
    const seq = after + records.length + 1
    const found = { sublevel: 'log', key, value } as const
    const keySeq = decodeLogKey(key)?.seq
    if (keySeq !== seq) return { fault: `records from ${seq} on are missing, the next is ${keySeq}` }
    const record = decodeRecord(key, value)
    if ('damage' in record) return { fault: `record ${seq}: ${record.damage}`, found }
    if (record.seq !== seq) return { fault: `record ${seq} says it is number ${record.seq}`, found }
    records.push(withoutToken(record))
  }
  return records
}

async function readFrom(
  reader: Reader,
  document: DocumentId,
  { entry, start }: { readonly entry: DocumentEntry; readonly start: Generation },
): Promise<StoredDocument | Fault> {
  const snapshot = start.generation === 0 ? undefined : await readSnapshot(reader, document, start)
  if (snapshot !== undefined && 'fault' in snapshot) return snapshot
  const tail = await readTail(reader, document, start.seq)
  if ('fault' in tail) return tail
  // An older snapshot must be followed by everything that the newer one held, too.
  if (tail.head < Math.max(entry.current.seq, 1)) {
    return { fault: `records from ${tail.head + 1} on are missing` }
  }
  const binding = await readKept(reader, document, { kind: 'binding', tail })
  if (binding !== undefined && 'fault' in binding) return binding
  const owners = await readKept(reader, document, { kind: 'owners', tail })
  return {
    lineage: entry.lineage,
    snapshotSeq: start.seq,
    snapshot,
    tail: tail.records.filter((record) => record.kind === 'update'),
    binding: binding?.bytes,
    // Without it nobody owns anything, which is no reason to keep people from their document.
    owners: owners === undefined || 'fault' in owners ? undefined : owners.bytes,
    head: tail.head,
  }
}

async function readSnapshot(
  reader: Reader,
  document: DocumentId,
  { generation, chunks, bytes }: Generation,
): Promise<Uint8Array | Fault> {
  const whole = new Uint8Array(bytes)
  let chunk = 0
  let offset = 0
  const range = chunkRange(document, generation, chunks)
  for await (const [key, value] of reader.entries('snapshot', range)) {
    const name = `snapshot ${generation}, chunk ${chunk}`
    if (!key.equals(snapshotKey(document, generation, chunk))) return { fault: `${name} is missing` }
    const payload = unseal(key, value)
    const found = { sublevel: 'snapshot', key, value } as const
    if ('damage' in payload) return { fault: `${name}: ${payload.damage}`, found }
    if (offset + payload.length > bytes) return { fault: `${name} is too long`, found }
    whole.set(payload, offset)
    offset += payload.length
    chunk += 1
  }
  if (chunk === chunks && offset === bytes) return whole
  return { fault: `snapshot ${generation} ends after ${chunk} of ${chunks} chunks` }
}

async function readTail(reader: Reader, document: DocumentId, after: Seq): Promise<Tail | Fault> {
  const records = await readRecords(reader, document, { after })
  return 'fault' in records ? records : { records, head: after + records.length }
}

/** Kept beside the log, because compaction may take the record itself away. */
async function readKept(
  reader: Reader,
  document: DocumentId,
  { kind, tail }: { readonly kind: KeptKind; readonly tail: Tail },
): Promise<StoredRecord | Fault | undefined> {
  const key = documentKey(document, kind)
  const value = await reader.get('document', key)
  const newestInTail = tail.records.findLast((record) => record.kind === kind)
  if (value === undefined) return newestInTail === undefined ? undefined : { fault: `its ${kind} is missing` }
  const record = decodeRecord(key, value)
  const found = { sublevel: 'document', key, value } as const
  if ('damage' in record) return { fault: `its ${kind}: ${record.damage}`, found }
  if (newestInTail === undefined || newestInTail.seq === record.seq) return record
  return { fault: `its ${kind} is of record ${record.seq}, not of ${newestInTail.seq}`, found }
}

function withoutToken({ seq, at, kind, author, bytes }: StoredRecord): LogRecord {
  return { seq, at, kind, author, bytes }
}
