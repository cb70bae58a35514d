/**
 * Walks an update's bytes (Yjs 13, V1) without a document. Each payload that a client receives passes
 * here, so nothing is decoded that only has a length to tell.
 */
import { ByteCursor, malformed } from '../../src/protocol/byte-cursor.ts'
import type { UpdateContent } from './contract.ts'

/** Low bits of a struct's info byte; the high ones tell what precedes the content. */
const CONTENT_BITS = 0x1f
const HAS_PARENT_KEY = 0x20
const HAS_RIGHT_ORIGIN = 0x40
const HAS_ORIGIN = 0x80

const Content = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
} as const

/** Shared types that write a name: YXmlElement and YXmlHook. */
const NAMED_TYPES: readonly number[] = [3, 5]

const Any = {
  bytes: 116,
  array: 117,
  object: 118,
  string: 119,
  bigint: 122,
  float64: 123,
  float32: 124,
  integer: 125,
} as const

type OpenRange = { client: number; clock: number; length: number }

/**
 * Ranges are in the order of the bytes, adjacent ones of a client as one. What was removed but still
 * has identifiers (GC, Deleted) counts as a struct; Skip is a gap. Throws `SyncError` on nonsense.
 */
export function readUpdate(update: Uint8Array): UpdateContent {
  const cursor = new ByteCursor(update)
  const structs: OpenRange[] = []
  for (let clients = cursor.varUint(); clients > 0; clients -= 1) readClient(cursor, structs)
  const deletes: OpenRange[] = []
  for (let clients = cursor.varUint(); clients > 0; clients -= 1) {
    const client = cursor.varUint()
    for (let ranges = cursor.varUint(); ranges > 0; ranges -= 1) {
      const clock = cursor.varUint()
      append(deletes, client, clock, cursor.varUint())
    }
  }
  return { structs, deletes }
}

function readClient(cursor: ByteCursor, structs: OpenRange[]): void {
  let count = cursor.varUint()
  const client = cursor.varUint()
  let clock = cursor.varUint()
  for (; count > 0; count -= 1) {
    const info = cursor.byte()
    const content = info & CONTENT_BITS
    if (content === Content.skip) {
      clock += cursor.varUint()
      continue
    }
    if (content !== Content.gc) skipOrigins(cursor, info)
    const length = skipContent(cursor, content)
    append(structs, client, clock, length)
    clock += length
  }
}

function append(ranges: OpenRange[], client: number, clock: number, length: number): void {
  const last = ranges.length > 0 ? ranges[ranges.length - 1] : undefined
  if (last !== undefined && last.client === client && last.clock + last.length === clock)
    last.length += length
  else ranges.push({ client, clock, length })
}

/** The parent is written only where no neighbor tells it. */
function skipOrigins(cursor: ByteCursor, info: number): void {
  if ((info & HAS_ORIGIN) !== 0) skipId(cursor)
  if ((info & HAS_RIGHT_ORIGIN) !== 0) skipId(cursor)
  if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) !== 0) return
  if (cursor.varUint() === 1) skipBytes(cursor)
  else skipId(cursor)
  if ((info & HAS_PARENT_KEY) !== 0) skipBytes(cursor)
}

function skipId(cursor: ByteCursor): void {
  cursor.varUint()
  cursor.varUint()
}

function skipBytes(cursor: ByteCursor): void {
  cursor.skip(cursor.varUint())
}

/** Returns the content's length in identifiers: characters are counted in UTF-16 units. */
function skipContent(cursor: ByteCursor, content: number): number {
  switch (content) {
    case Content.string:
      return cursor.skipText(cursor.varUint())
    case Content.gc:
    case Content.deleted:
      return cursor.varUint()
    case Content.json: {
      const count = cursor.varUint()
      for (let i = 0; i < count; i += 1) skipBytes(cursor)
      return count
    }
    case Content.any: {
      const count = cursor.varUint()
      for (let i = 0; i < count; i += 1) skipAny(cursor)
      return count
    }
    default:
      skipSingle(cursor, content)
      return 1
  }
}

function skipSingle(cursor: ByteCursor, content: number): void {
  switch (content) {
    case Content.type:
      if (NAMED_TYPES.includes(cursor.varUint())) skipBytes(cursor)
      return
    case Content.binary:
    case Content.embed:
      skipBytes(cursor)
      return
    case Content.format:
      skipBytes(cursor)
      skipBytes(cursor)
      return
    case Content.doc:
      skipBytes(cursor)
      skipAny(cursor)
      return
    default:
      throw malformed('unknown content', cursor.position - 1)
  }
}

/** A value in lib0's "any" encoding. */
function skipAny(cursor: ByteCursor): void {
  switch (cursor.byte()) {
    case Any.integer:
      cursor.varInt()
      return
    case Any.string:
    case Any.bytes:
      skipBytes(cursor)
      return
    case Any.float32:
      cursor.skip(4)
      return
    case Any.float64:
    case Any.bigint:
      cursor.skip(8)
      return
    case Any.array:
      for (let left = cursor.varUint(); left > 0; left -= 1) skipAny(cursor)
      return
    case Any.object:
      for (let left = cursor.varUint(); left > 0; left -= 1) {
        skipBytes(cursor)
        skipAny(cursor)
      }
      return
    default:
      // true, false, null and undefined have no more than their kind.
      return
  }
}
