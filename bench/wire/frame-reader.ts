/** Takes the stream of a server apart into messages, whatever pieces it comes in. */
import { OPCODE } from './frame.ts'

export type FrameEvents = {
  /** A whole data message; valid during the call only. */
  message(bytes: Uint8Array): void
  ping(payload: Uint8Array): void
  close(code: number, reason: string): void
}

/** The stream cannot be understood any more; `code` is what to close with. */
export class FrameError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** From here a view keeps little more alive than itself. */
const LARGE_BYTES = 16 * 1024
/** A close frame without a code (RFC 6455, 7.1.5). */
const NO_CODE = 1005
/** Of the opcode: close, ping, pong (RFC 6455, 5.5). */
const CONTROL_BIT = 0x08
const MAX_CONTROL_BYTES = 125

export class FrameReader {
  readonly #events: FrameEvents
  readonly #maxMessageBytes: number
  /** The beginning of a frame whose end has not come yet, in the pieces it came in. */
  #pieces: Buffer[] = []
  #pendingBytes = 0
  /** Nothing can be read before this many bytes are there. */
  #neededBytes = 2
  #fragments: Buffer[] = []
  #fragmentBytes = 0
  #isFragmented = false
  /** Of a large data frame whose beginning is among the fragments: what has not come yet. */
  #missingBytes = 0
  #isMissingLast = false

  constructor(events: FrameEvents, maxMessageBytes: number) {
    this.#events = events
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Throws FrameError. */
  push(chunk: Buffer): void {
    let bytes = chunk
    if (this.#missingBytes > 0) bytes = this.#fill(chunk)
    else if (this.#pendingBytes > 0) {
      this.#pieces.push(chunk)
      this.#pendingBytes += chunk.length
      // A large frame is joined once, not once for each piece.
      if (this.#pendingBytes < this.#neededBytes) return
      bytes = Buffer.concat(this.#pieces, this.#pendingBytes)
      this.#pieces = []
      this.#pendingBytes = 0
    }
    let offset = 0
    for (;;) {
      const next = this.#readFrame(bytes, offset)
      if (next < 0) break
      offset = next
    }
    if (offset >= bytes.length) return
    // A small rest must not keep its large chunk alive.
    this.#pieces = [Buffer.from(bytes.subarray(offset))]
    this.#pendingBytes = bytes.length - offset
  }

  /** Where the next frame begins; -1 when this one is not complete. */
  #readFrame(bytes: Buffer, start: number): number {
    const available = bytes.length - start
    if (available < 2) return this.#need(2)
    const first = bytes[start] ?? 0
    const second = bytes[start + 1] ?? 0
    if ((first & 0x70) !== 0) throw new FrameError(1002, 'reserved bits are set')
    if ((second & 0x80) !== 0) throw new FrameError(1002, 'a server must not mask')
    let length = second & 0x7f
    let header = 2
    if (length === 126) {
      if (available < 4) return this.#need(4)
      length = bytes.readUInt16BE(start + 2)
      header = 4
    } else if (length === 127) {
      if (available < 10) return this.#need(10)
      length = bytes.readUInt32BE(start + 2) * 2 ** 32 + bytes.readUInt32BE(start + 6)
      header = 10
    }
    this.#checkLength(first, length)
    if (available < header + length) {
      if ((first & CONTROL_BIT) !== 0 || length < LARGE_BYTES) return this.#need(header + length)
      this.#open(first, length)
      this.#fill(bytes.subarray(start + header))
      return bytes.length
    }
    const end = start + header + length
    this.#frame(first, bytes.subarray(start + header, end))
    return end
  }

  /** By the header alone: nothing that will be refused is waited for. */
  #checkLength(first: number, length: number): void {
    // A ping between fragments is no part of their message.
    if ((first & CONTROL_BIT) !== 0) {
      if (length > MAX_CONTROL_BYTES) throw new FrameError(1002, 'a control frame above 125 bytes')
    } else if (length + this.#fragmentBytes > this.#maxMessageBytes) {
      throw new FrameError(1009, `a message above ${this.#maxMessageBytes} bytes`)
    }
  }

  #need(bytes: number): number {
    this.#neededBytes = bytes
    return -1
  }

  #frame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    const isLast = (first & 0x80) !== 0
    if (opcode >= OPCODE.close) this.#control(opcode, isLast, payload)
    else if (opcode === OPCODE.binary || opcode === OPCODE.text) this.#begin(isLast, payload)
    else if (opcode === OPCODE.continuation) this.#continue(isLast, payload)
    else throw new FrameError(1002, `unknown opcode ${opcode}`)
  }

  #control(opcode: number, isLast: boolean, payload: Buffer): void {
    if (!isLast) throw new FrameError(1002, 'a control frame in parts')
    if (opcode === OPCODE.ping) this.#events.ping(payload)
    else if (opcode === OPCODE.close)
      this.#events.close(payload.length >= 2 ? payload.readUInt16BE(0) : NO_CODE, payload.toString('utf8', 2))
    else if (opcode !== OPCODE.pong) throw new FrameError(1002, `unknown opcode ${opcode}`)
  }

  #begin(isLast: boolean, payload: Buffer): void {
    if (this.#isFragmented) throw new FrameError(1002, 'a message inside another')
    if (isLast) {
      this.#events.message(payload)
      return
    }
    this.#isFragmented = true
    this.#fragments = [kept(payload)]
    this.#fragmentBytes = payload.length
  }

  #continue(isLast: boolean, payload: Buffer): void {
    if (!this.#isFragmented) throw new FrameError(1002, 'a continuation of nothing')
    this.#fragments.push(kept(payload))
    this.#fragmentBytes += payload.length
    if (isLast) this.#finish()
  }

  /** A large data frame has begun: its pieces are kept as fragments, and joined once with all others. */
  #open(first: number, length: number): void {
    const opcode = first & 0x0f
    if (opcode === OPCODE.continuation) {
      if (!this.#isFragmented) throw new FrameError(1002, 'a continuation of nothing')
    } else if (opcode !== OPCODE.binary && opcode !== OPCODE.text) {
      throw new FrameError(1002, `unknown opcode ${opcode}`)
    } else if (this.#isFragmented) throw new FrameError(1002, 'a message inside another')
    this.#isFragmented = true
    this.#fragmentBytes += length
    this.#missingBytes = length
    this.#isMissingLast = (first & 0x80) !== 0
  }

  /** Returns what lies behind the frame. */
  #fill(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#missingBytes)
    if (part.length > 0) this.#fragments.push(kept(part))
    this.#missingBytes -= part.length
    if (this.#missingBytes === 0 && this.#isMissingLast) this.#finish()
    return bytes.subarray(part.length)
  }

  #finish(): void {
    const whole = Buffer.concat(this.#fragments)
    this.#isFragmented = false
    this.#fragments = []
    this.#fragmentBytes = 0
    this.#events.message(whole)
  }
}

/** Of a payload that is needed longer than its call. Chunks are never written to again. */
function kept(payload: Buffer): Buffer {
  return payload.length >= LARGE_BYTES ? payload : Buffer.from(payload)
}
