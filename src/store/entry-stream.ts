/**
 * Stored entries as a stream of bytes, from the process that has the database to one that copies it.
 *
 * Frames: one byte of kind, four of length (big-endian), the payload. A `sublevel` frame names where
 * the `entry` frames after it belong. The last frame is `end`, with what was sent, or `error`; a
 * stream without either was cut.
 */
import { SUBLEVELS, type Sublevel } from './keys.ts'
import { type EntryFacts, EntryCount, type StoredEntry } from './stored-entries.ts'

const KIND = { sublevel: 1, entry: 2, end: 3, error: 4 } as const
const HEADER_BYTES = 5
const KEY_LENGTH_BYTES = 4
/** No value is larger: a record is one frame of a client. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024
/** One write of a socket. */
const CHUNK_BYTES = 64 * 1024

/** Why a copy cannot go on, in words that a person can use. */
export class EntryStreamError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EntryStreamError'
  }
}

/** Never throws: a failure of `entries` becomes the last frame. */
export async function* encodeEntries(
  entries: AsyncIterable<StoredEntry>,
): AsyncGenerator<Buffer, void, undefined> {
  const count = new EntryCount()
  let sublevel: Sublevel | undefined
  let waiting: Buffer[] = []
  let bytes = 0
  try {
    for await (const entry of entries) {
      if (entry.sublevel !== sublevel) waiting.push(frame('sublevel', Buffer.from(entry.sublevel)))
      sublevel = entry.sublevel
      waiting.push(...entryFrame(entry))
      count.add(entry)
      bytes += entry.key.length + entry.value.length
      if (bytes < CHUNK_BYTES) continue
      yield Buffer.concat(waiting)
      waiting = []
      bytes = 0
    }
    waiting.push(frame('end', Buffer.from(JSON.stringify(count.facts))))
    yield Buffer.concat(waiting)
  } catch (error) {
    yield errorFrame(error instanceof Error ? error.message : String(error))
  }
}

export function errorFrame(message: string): Buffer {
  return frame('error', Buffer.from(message))
}

/** Throws `EntryStreamError` when not everything that was sent has arrived. */
export async function* decodeEntries(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<StoredEntry, void, undefined> {
  const count = new EntryCount()
  let sublevel: Sublevel | undefined
  for await (const { kind, payload } of framesOf(chunks)) {
    switch (kind) {
      case KIND.sublevel:
        sublevel = sublevelNamed(payload.toString())
        break
      case KIND.entry: {
        const entry = decodeEntry(payload, sublevel)
        count.add(entry)
        yield entry
        break
      }
      case KIND.end:
        compare(count.facts, payload.toString())
        return
      case KIND.error:
        throw new EntryStreamError(`The server could not go on: ${payload.toString()}`)
      default:
        throw notUnderstood()
    }
  }
  throw new EntryStreamError(
    'The server ended the connection in the middle, as it does when it stops or has to reopen its store. Try again.',
  )
}

type Frame = { readonly kind: number; readonly payload: Buffer }

async function* framesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame, void, undefined> {
  const queue = new ByteQueue()
  let header: { readonly kind: number; readonly length: number } | undefined
  for await (const chunk of chunks) {
    queue.push(chunk)
    for (;;) {
      header ??= parseHeader(queue.take(HEADER_BYTES))
      const payload = header && queue.take(header.length)
      if (header === undefined || payload === undefined) break
      yield { kind: header.kind, payload }
      header = undefined
    }
  }
}

function parseHeader(bytes: Buffer | undefined): { kind: number; length: number } | undefined {
  if (bytes === undefined) return undefined
  const length = bytes.readUInt32BE(1)
  if (length > MAX_FRAME_BYTES) throw notUnderstood()
  return { kind: bytes.readUInt8(0), length }
}

function decodeEntry(payload: Buffer, sublevel: Sublevel | undefined): StoredEntry {
  if (sublevel === undefined || payload.length < KEY_LENGTH_BYTES) throw notUnderstood()
  const keyEnd = KEY_LENGTH_BYTES + payload.readUInt32BE(0)
  if (keyEnd > payload.length) throw notUnderstood()
  return { sublevel, key: payload.subarray(KEY_LENGTH_BYTES, keyEnd), value: payload.subarray(keyEnd) }
}

function compare(arrived: EntryFacts, sent: string): void {
  if (JSON.stringify(arrived) === sent) return
  throw new EntryStreamError(`What arrived (${JSON.stringify(arrived)}) is not what was sent (${sent}).`)
}

function sublevelNamed(name: string): Sublevel {
  const found = SUBLEVELS.find((sublevel) => sublevel === name)
  if (found === undefined) throw notUnderstood()
  return found
}

function notUnderstood(): EntryStreamError {
  return new EntryStreamError('The server speaks of things that this version does not know. Use its version.')
}

function frame(kind: keyof typeof KIND, payload: Buffer): Buffer {
  return Buffer.concat([header(kind, payload.length), payload])
}

function entryFrame({ key, value }: StoredEntry): Buffer[] {
  const head = Buffer.allocUnsafe(HEADER_BYTES + KEY_LENGTH_BYTES)
  header('entry', KEY_LENGTH_BYTES + key.length + value.length).copy(head)
  head.writeUInt32BE(key.length, HEADER_BYTES)
  return [head, key, value]
}

function header(kind: keyof typeof KIND, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES)
  bytes.writeUInt8(KIND[kind], 0)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

/** Gives out what came in, in other portions; each byte is copied at most once. */
class ByteQueue {
  #parts: Buffer[] = []
  #bytes = 0

  push(part: Buffer): void {
    this.#parts.push(part)
    this.#bytes += part.length
  }

  /** Undefined while there are fewer. */
  take(bytes: number): Buffer | undefined {
    if (this.#bytes < bytes) return undefined
    this.#bytes -= bytes
    const [first] = this.#parts
    if (first === undefined || first.length < bytes) {
      const whole = Buffer.concat(this.#parts)
      this.#parts = [whole.subarray(bytes)]
      return whole.subarray(0, bytes)
    }
    if (first.length === bytes) this.#parts.shift()
    else this.#parts[0] = first.subarray(bytes)
    return first.subarray(0, bytes)
  }
}
