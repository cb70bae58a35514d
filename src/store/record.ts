/**
 * How values look on disk. Each one carries a version and a checksum that also covers its key, so a
 * flipped bit, a cut value and a value that ended up under another key are all found when read.
 * LevelDB's own checksums would only drop what they reject, and say nothing.
 */
import { crc32 } from 'node:zlib'
import type { LogRecord, RecordKind, Token } from '../room/ports.ts'

/** A log record with the ownership token it was written under. */
export type StoredRecord = LogRecord & { readonly token: Token }

/** What is wrong with some bytes, in words. */
export type Damage = { readonly damage: string }

const FORMAT = 1
const CRC_BYTES = 4
/** format 1, kind 1, seq 8, at 8, token 8, author length 4, payload length 4 */
const HEADER_BYTES = 34

const KIND_CODES: Readonly<Record<RecordKind, number>> = { created: 1, update: 2, binding: 3, owners: 4 }
const KINDS = new Map<number, RecordKind>(
  Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as RecordKind]),
)

/** `key` is where the value will lie. */
export function encodeRecord(key: Uint8Array, record: StoredRecord): Buffer {
  const authorBytes = Buffer.byteLength(record.author)
  const value = Buffer.allocUnsafe(HEADER_BYTES + authorBytes + record.bytes.length + CRC_BYTES)
  value[0] = FORMAT
  value[1] = KIND_CODES[record.kind]
  value.writeDoubleBE(record.seq, 2)
  value.writeDoubleBE(record.at, 10)
  value.writeDoubleBE(record.token, 18)
  value.writeUInt32BE(authorBytes, 26)
  value.writeUInt32BE(record.bytes.length, 30)
  value.write(record.author, HEADER_BYTES)
  value.set(record.bytes, HEADER_BYTES + authorBytes)
  return finish(key, value)
}

export function decodeRecord(key: Uint8Array, value: Uint8Array): StoredRecord | Damage {
  const body = check(key, value)
  if ('damage' in body) return body
  if (body.length < HEADER_BYTES) return { damage: 'shorter than a record' }
  const kind = KINDS.get(body.readUInt8(1))
  if (kind === undefined) return { damage: `record kind ${body.readUInt8(1)} is unknown` }
  const payloadAt = HEADER_BYTES + body.readUInt32BE(26)
  if (payloadAt + body.readUInt32BE(30) !== body.length) return { damage: 'lengths do not add up' }
  return {
    kind,
    seq: body.readDoubleBE(2),
    at: body.readDoubleBE(10),
    token: body.readDoubleBE(18),
    author: body.toString('utf8', HEADER_BYTES, payloadAt),
    bytes: plainBytes(body, payloadAt),
  }
}

/** Any other value: the payload between version and checksum. */
export function seal(key: Uint8Array, payload: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(1 + payload.length + CRC_BYTES)
  value[0] = FORMAT
  value.set(payload, 1)
  return finish(key, value)
}

export function unseal(key: Uint8Array, value: Uint8Array): Uint8Array | Damage {
  const body = check(key, value)
  return 'damage' in body ? body : plainBytes(body, 1)
}

/** Undefined when the value is as it was written, of whatever kind it is. */
export function damageOf(key: Uint8Array, value: Uint8Array): Damage | undefined {
  const body = check(key, value)
  return 'damage' in body ? body : undefined
}

function finish(key: Uint8Array, value: Buffer): Buffer {
  const end = value.length - CRC_BYTES
  value.writeUInt32BE(checksum(key, value.subarray(0, end)), end)
  return value
}

/** The value without its checksum, once that is proven right. */
function check(key: Uint8Array, value: Uint8Array): Buffer | Damage {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const end = bytes.length - CRC_BYTES
  if (end < 1) return { damage: 'too short for a checksum' }
  const body = bytes.subarray(0, end)
  if (bytes.readUInt32BE(end) !== checksum(key, body)) return { damage: 'the checksum does not match' }
  if (body[0] !== FORMAT) return { damage: `value format ${body[0]} is unknown to this version` }
  return body
}

function checksum(key: Uint8Array, body: Uint8Array): number {
  return crc32(body, crc32(key))
}

/** A view that is no Buffer, whose `slice` and `toString` differ from what callers expect. */
function plainBytes(buffer: Buffer, from: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + from, buffer.length - from)
}
