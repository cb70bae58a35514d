/**
 * One simulated connection: what lies between the room's `Peer` and a client. Frames wait on both
 * ways until somebody delivers them; the reader may stall, the line may be cut, and the two ends
 * notice that each in its own time.
 */
import type { Access } from '../../src/access/model.ts'
import type { CloseReason } from '../../src/protocol/close-reason.ts'
import type { Peer } from '../../src/room/ports.ts'
import type { Receiver } from '../../src/websocket/connection.ts'
import { messagesOf } from './messages-of.ts'

export type SocketWatch = {
  /** The room hands over a frame; `isOver`: the unsent bytes were above the budget when this turn began. */
  readonly sent: (socket: SimSocket, frame: Uint8Array, isOver: boolean) => void
  readonly closed: (socket: SimSocket, reason: CloseReason) => void
  readonly received: (socket: SimSocket, frame: Uint8Array) => void
  readonly turn: () => number
  readonly maxBufferedBytes: number
}

/** The client's end. */
export type SocketOwner = {
  receive(frame: Uint8Array): void
  disconnected(socket: SimSocket): void
}

export class SimSocket implements Peer {
  readonly owner: SocketOwner
  readonly #watch: SocketWatch
  /** What the kernel takes although the client does not read. */
  readonly #kernelBytes: number
  readonly #toServer: Uint8Array[] = []
  readonly #toClient: Uint8Array[] = []
  #queuedBytes = 0
  #receiver: Receiver | undefined
  #turn = -1
  #isOver = false
  #isClosing = false
  /** The server's end is open, as far as the server knows. */
  isOpen = true
  /** The same of the client's end. */
  isClientOpen = true
  isCut = false
  isStalled = false
  /** What the server lets it do at this moment. */
  access: Access = 'none'
  /** The connection is over, as far as the server knows. */
  onGone: () => void = () => {}

  constructor(options: { owner: SocketOwner; watch: SocketWatch; kernelBytes: number }) {
    this.owner = options.owner
    this.#watch = options.watch
    this.#kernelBytes = options.kernelBytes
  }

  get hasEnded(): boolean {
    return this.access === 'none'
  }

  get bufferedBytes(): number {
    return Math.max(0, this.#queuedBytes - this.#kernelBytes)
  }

  get waitingForServer(): number {
    return this.#toServer.length
  }

  /** The end of the connection counts as something to deliver. */
  #sends = 0

  get waitingForClient(): number {
    return this.#toClient.length + (this.#isClosing ? 1 : 0)
  }

  /** Counts calls of `send`: one batch may be several messages. */
  get sends(): number {
    return this.#sends
  }

  send(sent: Parameters<Peer['send']>[0]): void {
    // Closed while the room was loading: `Connection` drops what a joiner is greeted with.
    if (!this.isOpen && this.#receiver === undefined) return
    this.#sends += 1
    for (const message of messagesOf(sent)) this.#take(message)
  }

  #take(frame: Uint8Array): void {
    if (this.#turn !== this.#watch.turn()) {
      this.#turn = this.#watch.turn()
      this.#isOver = this.bufferedBytes > this.#watch.maxBufferedBytes
    }
    this.#watch.sent(this, frame, this.#isOver)
    this.#toClient.push(frame)
    this.#queuedBytes += frame.length
  }

  pause(): void {}

  resume(): void {}

  close(reason: CloseReason): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#isClosing = true
    this.#watch.closed(this, reason)
  }

  /** The room is ready: as `Connection.attach`. */
  attach(receiver: Receiver): void {
    this.#receiver = receiver
    if (!this.isOpen) receiver.leave()
  }

  say(frame: Uint8Array): void {
    if (this.isClientOpen && !this.isCut) this.#toServer.push(frame)
  }

  /** Frames that arrive before the room is ready wait. */
  deliverToServer(count: number): void {
    if (this.isCut || this.#receiver === undefined) return
    for (const frame of this.#toServer.splice(0, count)) {
      if (!this.isOpen) return
      this.#watch.received(this, frame)
      this.#receiver.receive(frame)
    }
  }

  deliverToClient(count: number): void {
    if (this.isCut || this.isStalled) return
    const wasBuffered = this.bufferedBytes > 0
    this.#turn = -1
    for (const frame of this.#toClient.splice(0, count)) {
      this.#queuedBytes -= frame.length
      if (this.isClientOpen) this.owner.receive(frame)
    }
    if (this.#toClient.length === 0 && this.#isClosing) this.clientNotices()
    if (wasBuffered && this.bufferedBytes === 0 && this.isOpen) this.#receiver?.drained()
  }

  /** Nothing passes any more; what was under way is lost. */
  cut(): void {
    this.isCut = true
    this.#toServer.length = 0
  }

  clientNotices(): void {
    if (!this.isClientOpen) return
    this.isClientOpen = false
    this.isCut = true
    this.owner.disconnected(this)
  }

  /** The connection's `close` event. */
  serverNotices(): void {
    this.isOpen = false
    this.isCut = true
    this.onGone()
    const receiver = this.#receiver
    this.#receiver = undefined
    receiver?.leave()
  }

  get isServerDone(): boolean {
    return !this.isOpen && this.#receiver === undefined
  }
}
