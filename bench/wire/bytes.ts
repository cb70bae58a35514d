/** Reading and writing lib0's variable-length numbers, without objects on the hot path. */

/** A place in bytes; reading moves it on. */
export type Cursor = { readonly bytes: Uint8Array; at: number }

/** Of the eighth byte: 8 times 7 bits hold any safe integer. */
const MAX_FACTOR = 2 ** 49

/** Throws a RangeError at the end of the bytes, and for numbers from 2^53 on. */
export function readVarUint(cursor: Cursor): number {
  let number = 0
  let factor = 1
  for (;;) {
    const byte = cursor.bytes[cursor.at]
    if (byte === undefined) throw new RangeError('the message ends in the middle of a number')
    cursor.at += 1
    number += (byte & 0x7f) * factor
    if (number > Number.MAX_SAFE_INTEGER || factor > MAX_FACTOR) throw new RangeError('a number is too long')
    if (byte < 0x80) return number
    factor *= 128
  }
}

/** A view, as long as the number before it says. */
export function readVarBytes(cursor: Cursor): Uint8Array {
  const length = readVarUint(cursor)
  const from = cursor.at
  if (from + length > cursor.bytes.length) throw new RangeError('the message is shorter than it says')
  cursor.at += length
  return cursor.bytes.subarray(from, cursor.at)
}

export function readVarText(cursor: Cursor): string {
  return Buffer.from(readVarBytes(cursor)).toString('utf8')
}
