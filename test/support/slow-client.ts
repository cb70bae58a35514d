import { type Outbound, byteLength } from '../../src/protocol/outbound.ts'
import { RoomClient } from './room-client.ts'

/** A client whose socket takes what it is sent only when the test says so, slice by slice. */
export class SlowClient extends RoomClient {
  readonly #slices: { readonly slice: Outbound; readonly isLast: boolean; readonly message: Outbound }[] = []
  /** Everything goes through at once. */
  isReading = true
  /** Of each message that was handed over, in order. */
  readonly sent: Outbound[] = []
  mostBufferedBytes = 0

  override send(message: Outbound): void {
    this.sent.push(message)
    if (this.isReading && this.#slices.length === 0) {
      super.send(message)
      return
    }
    for (const [index, slice] of message.entries())
      this.#slices.push({ slice: [slice], isLast: index === message.length - 1, message })
    this.bufferedBytes += byteLength(message)
    this.mostBufferedBytes = Math.max(this.mostBufferedBytes, this.bufferedBytes)
  }

  /** The socket takes this many slices. Returns how many were left to take. */
  take(count = Number.POSITIVE_INFINITY): number {
    for (let i = 0; i < count; i += 1) {
      const next = this.#slices.shift()
      if (next === undefined) break
      this.bufferedBytes -= byteLength(next.slice)
      if (next.isLast) super.send(next.message)
    }
    if (this.#slices.length === 0) this.session?.drained()
    return this.#slices.length
  }
}
