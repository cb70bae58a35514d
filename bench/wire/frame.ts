/** Websocket frames as clients send them (RFC 6455, 5.2): masked, with the mask of all zeros. */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

const FIN = 0x80
const MASKED = 0x80
const MASK_BYTES = 4

/** One whole binary message. The zero mask is legal and saves a pass over the bytes. */
export function frame(message: Uint8Array, opcode: number = OPCODE.binary): Uint8Array {
  const { length } = message
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const headerBytes = 2 + lengthBytes + MASK_BYTES
  const bytes = Buffer.allocUnsafe(headerBytes + length)
  bytes[0] = FIN | opcode
  if (lengthBytes === 0) bytes[1] = MASKED | length
  else if (lengthBytes === 2) {
    bytes[1] = MASKED | 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = MASKED | 127
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), 2)
    bytes.writeUInt32BE(length >>> 0, 6)
  }
  bytes.fill(0, headerBytes - MASK_BYTES, headerBytes)
  bytes.set(message, headerBytes)
  return bytes
}
