/**
 * Where everything lies in LevelDB: the sublevels, and the keys inside them.
 *
 * Names of documents and files come first and carry their length, so no name can reach into another
 * one's keys, whatever characters it holds. Numbers have a fixed width and are big-endian, so that
 * byte order is numeric order and each document's log is one contiguous range.
 */
import type { DocumentId } from '../protocol/names.ts'
import type { Seq } from '../room/ports.ts'

/**
 * - `meta`: what the database knows about itself (instance, generation).
 * - `log`: document, sequence number -> record.
 * - `snapshot`: document, generation, chunk number -> bytes.
 * - `document`: document, part -> entry, or the newest record of a kept kind.
 * - `file`: the file index.
 * - `grant`: resource, subject -> a grant that was added while running.
 * - `resource`: resource -> what about it never changes: its owner.
 * - `audit`: the audit trail.
 * - `link`: guest links.
 * - `damaged`: sublevel, key -> bytes that failed their check, kept for a person to look at.
 */
export const SUBLEVELS = [
  'meta',
  'log',
  'snapshot',
  'document',
  'file',
  'grant',
  'resource',
  'audit',
  'link',
  'damaged',
] as const
export type Sublevel = (typeof SUBLEVELS)[number]

/** Inclusive at both ends. */
export type KeyRange = { readonly gte: Buffer; readonly lte: Buffer }

const MAX_NAME_BYTES = 0xffff
const SEQ_BYTES = 8
const CHUNK_BYTES = 4
const MAX_CHUNK = 0xffff_ffff

const PART = { entry: 0, binding: 1, owners: 2 } as const

export function logKey(document: DocumentId, seq: Seq): Buffer {
  return withSeq(document, seq)
}

/** The records from `first` to `last`, both included. */
export function logRange(document: DocumentId, first: Seq, last: Seq = Number.MAX_SAFE_INTEGER): KeyRange {
  return { gte: withSeq(document, first), lte: withSeq(document, last) }
}

/** Undefined when the bytes are no log key. */
export function decodeLogKey(key: Uint8Array): { document: DocumentId; seq: Seq } | undefined {
  const bytes = bufferOver(key)
  const nameEnd = endOfName(bytes)
  if (nameEnd === undefined || bytes.length !== nameEnd + SEQ_BYTES) return undefined
  const seq = bytes.readUInt32BE(nameEnd) * 2 ** 32 + bytes.readUInt32BE(nameEnd + 4)
  if (!Number.isSafeInteger(seq)) return undefined
  return { document: bytes.toString('utf8', 2, nameEnd) as DocumentId, seq }
}

export function snapshotKey(document: DocumentId, generation: number, chunk: number): Buffer {
  const key = withSeq(document, generation, CHUNK_BYTES)
  key.writeUInt32BE(chunk, key.length - CHUNK_BYTES)
  return key
}

/** The first `chunks` chunks of one generation. */
export function chunkRange(document: DocumentId, generation: number, chunks: number): KeyRange {
  const last = Math.max(chunks, 1) - 1
  return { gte: snapshotKey(document, generation, 0), lte: snapshotKey(document, generation, last) }
}

/** Every chunk of the generations from `first` to `last`, both included. */
export function snapshotRange(document: DocumentId, first: number, last: number): KeyRange {
  return { gte: snapshotKey(document, first, 0), lte: snapshotKey(document, last, MAX_CHUNK) }
}

export function documentKey(document: DocumentId, part: keyof typeof PART): Buffer {
  const key = named(document, 1)
  key[key.length - 1] = PART[part]
  return key
}

/** Undefined when the bytes are no key of a document. */
export function decodeDocumentKey(key: Uint8Array): { document: DocumentId; isEntry: boolean } | undefined {
  const bytes = bufferOver(key)
  const nameEnd = endOfName(bytes)
  if (nameEnd === undefined || bytes.length !== nameEnd + 1) return undefined
  const document = bytes.toString('utf8', 2, nameEnd) as DocumentId
  return { document, isEntry: bytes[nameEnd] === PART.entry }
}

/** Where damaged bytes are kept: the place they were found in, spelled out. */
export function damagedKey(sublevel: Sublevel, key: Uint8Array): Buffer {
  return Buffer.concat([named(sublevel, 0), key])
}

/**
 * A path as its segments, each with its length: everything below a folder is then one range, and
 * `a.b` is not below `a`.
 */
export function pathKey(segments: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from('p'), ...segments.map((segment) => named(segment, 0))])
}

/** The path itself and everything below it. A segment is at most 65,535 bytes, so 0xffff ends it. */
export function subtreeRange(segments: readonly string[]): KeyRange {
  const gte = pathKey(segments)
  return { gte, lte: Buffer.concat([gte, Buffer.alloc(3, 0xff)]) }
}

/** Undefined when the bytes are no path key. */
export function decodePathKey(key: Uint8Array): string[] | undefined {
  let bytes = bufferOver(key)
  if (bytes.toString('latin1', 0, 1) !== 'p') return undefined
  bytes = bytes.subarray(1)
  const segments: string[] = []
  while (bytes.length > 0) {
    const end = endOfName(bytes)
    if (end === undefined) return undefined
    segments.push(bytes.toString('utf8', 2, end))
    bytes = bytes.subarray(end)
  }
  return segments
}

export function fileIdKey(fileId: string): Buffer {
  return Buffer.concat([Buffer.from('i'), named(fileId, 0)])
}

/** The subject is part of the key: it is known also when the grant itself is damaged. */
export function grantKey(resource: string, subject: string): Buffer {
  return Buffer.concat([named(resource, 0), named(subject, 0)])
}

/** All grants of one resource. A subject is at most 65,535 bytes, so 0xffff ends it. */
export function grantRange(resource: string): KeyRange {
  const gte = named(resource, 0)
  return { gte, lte: Buffer.concat([gte, Buffer.alloc(3, 0xff)]) }
}

/** The subject; undefined when the bytes are no grant's key. */
export function decodeGrantKey(key: Uint8Array): string | undefined {
  const bytes = bufferOver(key)
  const nameEnd = endOfName(bytes)
  if (nameEnd === undefined) return undefined
  const subject = bytes.subarray(nameEnd)
  return endOfName(subject) === subject.length ? subject.toString('utf8', 2) : undefined
}

export function resourceKey(resource: string): Buffer {
  return named(resource, 0)
}

function withSeq(name: string, seq: number, extraBytes = 0): Buffer {
  const key = named(name, SEQ_BYTES + extraBytes)
  const at = key.length - SEQ_BYTES - extraBytes
  key.writeUInt32BE(Math.floor(seq / 2 ** 32), at)
  key.writeUInt32BE(seq % 2 ** 32, at + 4)
  return key
}

/** The name with its length before it, and room for what follows. */
function named(name: string, extraBytes: number): Buffer {
  const nameBytes = Buffer.byteLength(name)
  if (nameBytes > MAX_NAME_BYTES) throw new RangeError(`a name of ${nameBytes} bytes is too long for a key`)
  const key = Buffer.alloc(2 + nameBytes + extraBytes)
  key.writeUInt16BE(nameBytes, 0)
  key.write(name, 2)
  return key
}

function endOfName(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined
  const end = 2 + bytes.readUInt16BE(0)
  return end <= bytes.length ? end : undefined
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
