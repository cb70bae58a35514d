/**
 * The header of a websocket frame as a server sends it: binary, unmasked (RFC 6455, 5.2).
 *
 * A message may be cut into fragments. Control frames (pings, a close) may lie between two of them,
 * other messages may not (5.4).
 */

const FINAL = 0x80
const BINARY = 0x02
const CONTINUATION = 0x00
const MAX_ONE_BYTE_LENGTH = 125
const MAX_TWO_BYTE_LENGTH = 0xffff
const TWO_BYTE_LENGTH = 126
const EIGHT_BYTE_LENGTH = 127

/** A ping without a payload, whole (5.5.2). */
export const PING_FRAME = Buffer.of(0x89, 0)

export type FramePart = {
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Of the payload, in bytes. */
  readonly length: number
}

/** Bytes that the header of a payload of this length takes. */
export function frameHeaderLength(payloadLength: number): number {
  if (payloadLength <= MAX_ONE_BYTE_LENGTH) return 2
  return payloadLength <= MAX_TWO_BYTE_LENGTH ? 4 : 10
}

/** Returns the position behind the header. */
export function writeFrameHeader(target: Buffer, at: number, part: FramePart): number {
  const { isFirst, isLast, length } = part
  target[at] = (isLast ? FINAL : 0) | (isFirst ? BINARY : CONTINUATION)
  if (length <= MAX_ONE_BYTE_LENGTH) {
    target[at + 1] = length
    return at + 2
  }
  if (length <= MAX_TWO_BYTE_LENGTH) {
    target[at + 1] = TWO_BYTE_LENGTH
    return target.writeUInt16BE(length, at + 2)
  }
  target[at + 1] = EIGHT_BYTE_LENGTH
  // A length of more than 32 bits: the upper half first.
  target.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2)
  return target.writeUInt32BE(length % 2 ** 32, at + 6)
}
