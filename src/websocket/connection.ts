/**
 * One websocket as a room's `Peer`. Knows frames, liveness and limits; knows no Yjs.
 *
 * Every listener is installed in the constructor: a socket without an `error` listener, or an
 * exception in a `message` listener, would take the process down.
 */
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { closeFrame } from '../protocol/close-frame.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import type { Dialect } from '../protocol/message.ts'
import type { Peer } from '../room/ports.ts'

/** What the connection hands its frames to, once the room is ready. */
export type Receiver = {
  receive(frame: Uint8Array): void
  drained(): void
  leave(): void
  readonly isSynced: boolean
}

export type ConnectionOptions = {
  readonly websocket: WebSocket
  /** The TCP socket below, for its `drain` event. */
  readonly socket: Duplex
  readonly dialect: Dialect
  /** Frames that arrive while the room loads; more than this closes the connection. */
  readonly maxEarlyFrames: number
  readonly maxEarlyBytes: number
  readonly onClosed: (connection: Connection) => void
}

export class Connection implements Peer {
  readonly #options: ConnectionOptions
  readonly #websocket: WebSocket
  #receiver: Receiver | undefined
  #earlyFrames: Uint8Array[] = []
  #earlyBytes = 0
  #isAlive = true

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#websocket = options.websocket
    const { websocket, socket } = options
    const onDrain = (): void => this.#receiver?.drained()
    websocket.on('error', () => websocket.terminate())
    websocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    websocket.on('pong', () => (this.#isAlive = true))
    websocket.on('close', () => {
      socket.off('drain', onDrain)
      this.#earlyFrames = []
      this.#receiver?.leave()
      options.onClosed(this)
    })
    socket.on('drain', onDrain)
  }

  get isOpen(): boolean {
    return this.#websocket.readyState === this.#websocket.OPEN
  }

  get bufferedBytes(): number {
    return this.#websocket.bufferedAmount
  }

  /** The room is ready: hands over what arrived early, in order. */
  attach(receiver: Receiver): void {
    this.#receiver = receiver
    for (const frame of this.#earlyFrames.splice(0)) receiver.receive(frame)
    this.#earlyBytes = 0
    if (!this.isOpen) receiver.leave()
  }

  send(frame: Uint8Array): void {
    if (this.isOpen) this.#websocket.send(frame, { binary: true })
  }

  close(reason: CloseReason, text?: string): void {
    if (!this.isOpen) return
    const frame = closeFrame(reason, this.#options.dialect, this.#receiver?.isSynced ?? false)
    this.#websocket.close(frame.code, text ?? frame.text)
  }

  /** Ends connections that did not answer the last ping; returns false when it did so. */
  checkAlive(): boolean {
    if (!this.#isAlive) {
      this.terminate()
      return false
    }
    this.#isAlive = false
    if (this.isOpen) this.#websocket.ping()
    return true
  }

  terminate(): void {
    this.#websocket.terminate()
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return
    this.#isAlive = true
    if (!isBinary || !(data instanceof Buffer)) {
      this.close('bad_request')
      return
    }
    if (this.#receiver !== undefined) {
      this.#receiver.receive(data)
      return
    }
    this.#earlyBytes += data.length
    this.#earlyFrames.push(data)
    const { maxEarlyFrames, maxEarlyBytes } = this.#options
    if (this.#earlyFrames.length > maxEarlyFrames || this.#earlyBytes > maxEarlyBytes) this.close('too_fast')
  }
}
