/**
 * Stored entries as a stream of bytes, from the process that has the database to one that copies it.
 *
 * Frames: one byte of kind, four of length (big-endian), the payload. A `sublevel` frame names where
 * the `entry` frames after it belong. The last frame is `end`, with what was sent, or `error`; a
 * stream without either was cut.
 */
import { SUBLEVELS, type Sublevel } from './keys.ts'
import { EntryCount, type EntryFacts, type StoredEntries, type StoredEntry } from './stored-entries.ts'

const KIND = { sublevel: 1, entry: 2, end: 3, error: 4 } as const
const HEADER_BYTES = 5
const KEY_LENGTH_BYTES = 4
/** No value is larger: a record is one frame of a client. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024

/** Why a copy cannot go on, in words that a person can use. */
export class EntryStreamError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EntryStreamError'
  }
}

/** Never throws: a failure of `entries` becomes the last frame. */
export async function* encodeEntries(entries: StoredEntries): AsyncGenerator<Buffer, void, undefined> {
  const count = new EntryCount()
  let sublevel: Sublevel | undefined
  try {
    for await (const portion of entries) {
      const frames: Buffer[] = []
      for (const entry of portion) {
        if (entry.sublevel !== sublevel) frames.push(frame('sublevel', Buffer.from(entry.sublevel)))
        sublevel = entry.sublevel
        frames.push(entryHead(entry), entry.key, entry.value)
        count.add(entry)
      }
      if (frames.length > 0) yield Buffer.concat(frames)
    }
    yield frame('end', Buffer.from(JSON.stringify(count.facts)))
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
): AsyncGenerator<readonly StoredEntry[], void, undefined> {
  const count = new EntryCount()
  const frames = new FrameQueue()
  let sublevel: Sublevel | undefined
  for await (const chunk of chunks) {
    const portion: StoredEntry[] = []
    for (const { kind, payload } of frames.push(chunk)) {
      if (kind === KIND.entry) portion.push(count.add(decodeEntry(payload, sublevel)))
      else if (kind === KIND.sublevel) sublevel = sublevelNamed(payload.toString())
      else if (kind === KIND.error)
        throw new EntryStreamError(`The server could not go on: ${payload.toString()}`)
      else if (kind !== KIND.end) throw notUnderstood()
      else {
        compare(count.facts, payload.toString())
        yield portion
        return
      }
    }
    if (portion.length > 0) yield portion
  }
  throw new EntryStreamError(
    'The server ended the connection in the middle, as it does when it stops or has to reopen its store. Try again.',
  )
}

type Frame = { readonly kind: number; readonly payload: Buffer }

/** Finds the frames in what comes in, however it is cut. */
class FrameQueue {
  readonly #bytes = new ByteQueue()
  #header: { readonly kind: number; readonly length: number } | undefined;

  /** The frames that are whole now. */
  *push(chunk: Buffer): Generator<Frame, void, undefined> {
    this.#bytes.push(chunk)
    for (;;) {
      this.#header ??= parseHeader(this.#bytes.take(HEADER_BYTES))
      const payload = this.#header && this.#bytes.take(this.#header.length)
      if (this.#header === undefined || payload === undefined) return
      yield { kind: this.#header.kind, payload }
      this.#header = undefined
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

/** Everything of an entry's frame before the key. */
function entryHead({ key, value }: StoredEntry): Buffer {
  const head = Buffer.allocUnsafe(HEADER_BYTES + KEY_LENGTH_BYTES)
  head.writeUInt8(KIND.entry, 0)
  head.writeUInt32BE(KEY_LENGTH_BYTES + key.length + value.length, 1)
  head.writeUInt32BE(key.length, HEADER_BYTES)
  return head
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
