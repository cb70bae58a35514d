import { SyncError } from './errors.ts'

/** lib0 writes a varUint of at most 53 bits: eight groups of seven. */
const MAX_VARINT_BYTES = 8

/** A message that breaks the format. Names what is wrong and where, never what the message holds. */
export function malformed(what: string, at: number): SyncError {
  return new SyncError('malformed_message', `${what} at byte ${at}`)
}

/**
 * Reads the primitives of lib0's encoding from bytes that nobody has checked.
 *
 * Stricter than lib0: nothing is read past the end, a number has exactly one encoding (over-long
 * ones make lib0 return NaN), and text must be UTF-8. Every method throws
 * `SyncError('malformed_message')` and leaves the position where it was or behind it, so a caller
 * that loops always ends.
 */
export class ByteCursor {
  readonly bytes: Uint8Array
  #position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.#position = position
  }

  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.bytes.length - this.#position
  }

  byte(): number {
    if (this.#position >= this.bytes.length) throw malformed('message ends too early', this.#position)
    const value = this.bytes[this.#position] ?? 0
    this.#position += 1
    return value
  }

  /** An integer from 0 to 2^53 - 1. */
  varUint(): number {
    if (this.#position < this.bytes.length) {
      const first = this.bytes[this.#position] ?? 0
      if (first < 0x80) {
        this.#position += 1
        return first
      }
    }
    const start = this.#position
    return this.#varRest(start, this.byte() & 0x7f, 0x80)
  }

  /** A signed integer of lib0's "any" encoding: sign in the first byte, and a negative zero exists. */
  varInt(): number {
    const start = this.#position
    const first = this.byte()
    const magnitude = first < 0x80 ? first & 0x3f : this.#varRest(start, first & 0x3f, 0x40)
    return (first & 0x40) === 0 ? magnitude : -magnitude
  }

  /** A varUint that announces things of at least `minBytes` bytes each; no more than can follow. */
  count(minBytes: number): number {
    const start = this.#position
    const count = this.varUint()
    if (count * minBytes > this.remaining) throw malformed('count exceeds the message', start)
    return count
  }

  /** A varUint and that many bytes; a view, not a copy. */
  varBytes(): Uint8Array {
    const length = this.count(1)
    const start = this.#position
    this.#position += length
    return this.bytes.subarray(start, this.#position)
  }

  skip(length: number): void {
    if (length > this.remaining) throw malformed('length exceeds the message', this.#position)
    this.#position += length
  }

  /**
   * Checks and passes `length` bytes of UTF-8; returns the text's length in UTF-16 units, which is
   * what Yjs counts in.
   */
  skipText(length: number): number {
    if (length > this.remaining) throw malformed('length exceeds the message', this.#position)
    const { bytes } = this
    const end = this.#position + length
    let units = 0
    let at = this.#position
    while (at < end) {
      if ((bytes[at] ?? 0) < 0x80) {
        at += 1
        units += 1
        continue
      }
      const size = sequenceLength(bytes, at, end)
      if (size === 0) throw malformed('text is not UTF-8', at)
      at += size
      units += size === 4 ? 2 : 1
    }
    this.#position = end
    return units
  }

  expectEnd(): void {
    if (this.remaining > 0) throw malformed('unexpected trailing bytes', this.#position)
  }

  #varRest(start: number, low: number, scale: number): number {
    let value = low
    let factor = scale
    for (let size = 2; size <= MAX_VARINT_BYTES; size += 1) {
      const next = this.byte()
      value += (next & 0x7f) * factor
      if (next < 0x80) {
        if (next === 0) throw malformed('number is not in its shortest form', start)
        if (value > Number.MAX_SAFE_INTEGER) throw malformed('number is too large', start)
        return value
      }
      factor *= 0x80
    }
    throw malformed('number is too long', start)
  }
}

/** Bytes of the UTF-8 sequence at `at` (2 to 4), or 0 when there is none; Unicode 15, table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): 0 | 2 | 3 | 4 {
  const lead = bytes[at] ?? 0
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (lead < 0xc2 || lead > 0xf4 || at + size > end) return 0
  const second = bytes[at + 1] ?? 0
  // Overlong forms, surrogates and code points beyond U+10FFFF differ in their second byte.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  for (let i = at + 2; i < at + size; i += 1) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return 0
  return size
}
