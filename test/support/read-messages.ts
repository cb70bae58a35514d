import assert from 'node:assert/strict'
import type { Outbound } from '../../src/protocol/outbound.ts'

/** The messages in what a peer was sent: takes websocket frames apart, whole or in fragments. */
export function readMessages(sent: Outbound): Uint8Array[] {
  const messages: Uint8Array[] = []
  let parts: Buffer[] | undefined
  for (const slice of sent) {
    for (let at = 0; at < slice.length;) {
      const first = slice.readUInt8(at)
      const short = slice.readUInt8(at + 1)
      assert.ok(short <= 127, 'a server does not mask')
      assert.equal(first & 0x7f, parts === undefined ? 2 : 0)
      const length =
        short < 126
          ? short
          : short === 126
            ? slice.readUInt16BE(at + 2)
            : Number(slice.readBigUInt64BE(at + 2))
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
      assert.ok(start + length <= slice.length, 'a slice ends where a frame ends')
      parts ??= []
      parts.push(slice.subarray(start, start + length))
      at = start + length
      if ((first & 0x80) === 0) continue
      messages.push(new Uint8Array(Buffer.concat(parts)))
      parts = undefined
    }
  }
  assert.equal(parts, undefined, 'a message has an end')
  return messages
}
