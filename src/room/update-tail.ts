/**
 * The updates that a room showed lately, as the bytes that went on the wire.
 *
 * Whoever has been sent everything up to a mark is brought up to date by the bytes after it: nothing
 * is encoded, and nothing is kept per peer. Kept only while it is asked for, and up to a bound; the
 * oldest go first.
 */
import { type Framed, type Outbound, byteLength } from '../protocol/outbound.ts'

/** How much a room had shown at one moment. */
export type TailMark = { readonly bytes: number; readonly messages: number }

type Chunk = { readonly startsAt: number; bytes: Buffer; used: number }

/** So that a quiet room costs little, the first chunk is small and each further one twice as large. */
const FIRST_CHUNK_BYTES = 1024
const MAX_CHUNK_BYTES = 16 * 1024

export class UpdateTail {
  #chunks: Chunk[] = []
  #mark: TailMark = { bytes: 0, messages: 0 }
  #startsAt = 0
  #maxBytes = 0
  #retainedBytes = 0

  /** The present moment. */
  get mark(): TailMark {
    return this.#mark
  }

  /** What it holds in memory. */
  get retainedBytes(): number {
    return this.#retainedBytes
  }

  /** From now on up to `maxBytes` of what is appended are kept. Bytes already kept may go. */
  keep(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#trim()
  }

  /** Lets go of everything and keeps nothing more. */
  release(): void {
    this.keep(0)
  }

  /** `updates` holds `messages` whole messages. */
  append(updates: Outbound, messages: number): void {
    if (this.#maxBytes > 0) for (const slice of updates) this.#store(slice)
    const bytes = this.#mark.bytes + byteLength(updates)
    this.#mark = { bytes, messages: this.#mark.messages + messages }
    if (this.#maxBytes === 0) this.#startsAt = bytes
    else this.#trim()
  }

  /** Everything after the mark is still there. */
  has(mark: TailMark): boolean {
    return mark.bytes >= this.#startsAt
  }

  /** Everything after the mark; undefined when not all of it is there any more. */
  since(mark: TailMark): Outbound | undefined {
    if (!this.has(mark)) return undefined
    const slices: Framed[] = []
    for (const { startsAt, bytes, used } of this.#chunks) {
      if (startsAt + used <= mark.bytes) continue
      slices.push(bytes.subarray(Math.max(0, mark.bytes - startsAt), used) as Framed)
    }
    return slices
  }

  #store(slice: Framed): void {
    const startsAt = this.#endOfChunks
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.used + slice.length <= last.bytes.length) {
      // Nobody holds a view of what lies behind `used`.
      slice.copy(last.bytes, last.used)
      last.used += slice.length
      return
    }
    if (slice.length >= MAX_CHUNK_BYTES) {
      this.#add({ startsAt, bytes: slice, used: slice.length })
      return
    }
    const size = Math.min(MAX_CHUNK_BYTES, Math.max(FIRST_CHUNK_BYTES, 2 * (last?.bytes.length ?? 0)))
    const bytes = Buffer.allocUnsafeSlow(Math.max(size, slice.length))
    slice.copy(bytes)
    this.#add({ startsAt, bytes, used: slice.length })
  }

  get #endOfChunks(): number {
    const last = this.#chunks.at(-1)
    return last === undefined ? this.#mark.bytes : last.startsAt + last.used
  }

  #add(chunk: Chunk): void {
    this.#chunks.push(chunk)
    this.#retainedBytes += chunk.bytes.length
  }

  #trim(): void {
    while (this.#retainedBytes > this.#maxBytes) {
      const oldest = this.#chunks.shift()
      if (oldest === undefined) break
      this.#retainedBytes -= oldest.bytes.length
      this.#startsAt = oldest.startsAt + oldest.used
    }
  }
}
