/**
 * One websocket as a room's `Peer`. Knows frames, liveness and limits; knows no Yjs.
 *
 * Every listener is installed in the constructor: a socket without an `error` listener, or an
 * exception in a `message` listener, would take the process down.
 *
 * Messages come framed and go to the TCP socket directly, one write each, and so do pings. ws reads
 * and closes; what it sends is whole frames too, and without compression it sends them at once, so all
 * keep their order.
 */
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { closeFrame } from '../protocol/close-frame.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import { withSentence } from '../protocol/close-sentence.ts'
import type { Dialect } from '../protocol/message.ts'
import type { Outbound } from '../protocol/outbound.ts'
import { PING_FRAME } from '../protocol/websocket-frame.ts'
import type { Peer } from '../room/ports.ts'
import { PacedQueue } from './paced-queue.ts'
import type { PacedSender, SendPump } from './send-pump.ts'

/** What the connection hands its frames to, once the room is ready. */
export type Receiver = {
  receive(frame: Uint8Array): void
  drained(): void
  leave(): void
  readonly isSynced: boolean
}

/** The same for all connections of one kind. */
export type ConnectionOptions = {
  readonly dialect: Dialect
  /** Frames that arrive while the room loads; more than this closes the connection. */
  readonly maxEarlyFrames: number
  readonly maxEarlyBytes: number
  readonly pump: SendPump
  readonly onClosed: (connection: Connection) => void
}

/** See `checkAlive`. */
export const LOOKS_PER_PING = 3
/** It may have said something right before the first of them. */
const PING_AT_LOOK = LOOKS_PER_PING + 1

export class Connection implements Peer, PacedSender {
  readonly #options: ConnectionOptions
  readonly #websocket: WebSocket
  /** The TCP socket below. */
  readonly #socket: Duplex
  #receiver: Receiver | undefined
  #earlyFrames: Uint8Array[] | undefined
  #earlyBytes = 0
  /** How often nothing was heard from it since it was last looked at. */
  #silentLooks = 0
  /** What waits for the pump: present while something large is being sent. */
  #queue: PacedQueue | undefined
  #onSliceTaken: (() => void) | undefined

  constructor(websocket: WebSocket, socket: Duplex, options: ConnectionOptions) {
    this.#options = options
    this.#websocket = websocket
    this.#socket = socket
    websocket.on('error', () => websocket.terminate())
    websocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    websocket.on('pong', () => (this.#silentLooks = 0))
    websocket.on('close', () => this.#onClose())
    socket.on('drain', () => this.#onDrain())
  }

  get isOpen(): boolean {
    return this.#websocket.readyState === this.#websocket.OPEN
  }

  get bufferedBytes(): number {
    return this.#websocket.bufferedAmount + (this.#queue?.byteLength ?? 0)
  }

  /** The room is ready: hands over what arrived early, in order. */
  attach(receiver: Receiver): void {
    this.#receiver = receiver
    const early = this.#earlyFrames
    this.#earlyFrames = undefined
    this.#earlyBytes = 0
    for (const frame of early ?? []) receiver.receive(frame)
    if (!this.isOpen) receiver.leave()
  }

  send(message: Outbound): void {
    if (!this.isOpen) return
    const [first] = message
    if (message.length === 1 && first !== undefined && this.#queue === undefined) {
      this.#socket.write(first)
      return
    }
    if (this.#queue === undefined) {
      this.#queue = new PacedQueue()
      // Not `drain`: a small last slice would make none.
      this.#onSliceTaken = () => (this.#queue === undefined ? this.#onDrain() : this.#options.pump.add(this))
      this.#options.pump.add(this)
    }
    this.#queue.push(message)
  }

  /** Called by the pump. The next slice has to wait until the socket has taken this one. */
  sendSlice(): void {
    const slice = this.#queue?.shift()
    if (this.#queue?.isEmpty === true) this.#queue = undefined
    if (slice !== undefined && this.isOpen) this.#socket.write(slice, this.#onSliceTaken)
  }

  close(reason: CloseReason, text?: string): void {
    this.#closeAs(reason, this.#receiver?.isSynced ?? false, text)
  }

  /**
   * For somebody who is not let in. `wasInside`: it has been in this room before, and its client only
   * listens to what is said to such.
   */
  refuse(reason: CloseReason, wasInside: boolean): void {
    this.#closeAs(reason, wasInside)
  }

  pause(): void {
    this.#websocket.pause()
  }

  resume(): void {
    this.#websocket.resume()
  }

  /**
   * Called `LOOKS_PER_PING` times in the time that the answer to a ping may take. Pings only whoever
   * was silent for all of that time: stock clients say every 15 to 18 s that they are there. Cuts off
   * whoever does not answer.
   */
  checkAlive(): void {
    // Of one that is not read from, nothing can be heard.
    if (this.#websocket.isPaused) return
    this.#silentLooks += 1
    if (this.#silentLooks === PING_AT_LOOK && this.isOpen) this.#socket.write(PING_FRAME)
    if (this.#silentLooks >= PING_AT_LOOK + LOOKS_PER_PING) this.terminate()
  }

  terminate(): void {
    this.#websocket.terminate()
  }

  #closeAs(reason: CloseReason, isSynced: boolean, text?: string): void {
    if (!this.isOpen) return
    // Or the client's answer would not be seen.
    this.#websocket.resume()
    const usual = closeFrame(reason, this.#options.dialect, isSynced)
    const frame = text === undefined ? usual : withSentence(usual, text)
    this.#websocket.close(frame.code, frame.text)
    // Nothing may follow a close frame.
    this.#queue = undefined
  }

  #onDrain(): void {
    if (this.#queue === undefined && this.isOpen) this.#receiver?.drained()
  }

  #onClose(): void {
    this.#queue = undefined
    this.#options.pump.delete(this)
    this.#earlyFrames = undefined
    this.#receiver?.leave()
    this.#options.onClosed(this)
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return
    this.#silentLooks = 0
    if (!isBinary || !(data instanceof Buffer)) {
      this.close('bad_request')
      return
    }
    if (this.#receiver !== undefined) {
      this.#receiver.receive(data)
      return
    }
    this.#earlyBytes += data.length
    this.#earlyFrames ??= []
    this.#earlyFrames.push(data)
    const { maxEarlyFrames, maxEarlyBytes } = this.#options
    if (this.#earlyFrames.length > maxEarlyFrames || this.#earlyBytes > maxEarlyBytes) this.close('too_fast')
  }
}
