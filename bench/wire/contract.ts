/** The light websocket the load tool uses: no events, no streams, no copies where none are needed. */

export type SocketHandler = {
  /** The upgrade was answered with 101. */
  opened(): void
  /** A whole data message. The bytes are valid during the call only. */
  message(bytes: Uint8Array): void
  /** Once, also when it never opened; `code` 1006 when there was no close frame. */
  closed(code: number, reason: string): void
}

export type LoadSocket = {
  readonly isOpen: boolean
  /** Masks and frames the message. Not open: dropped, returns false. */
  send(message: Uint8Array): boolean
  /** Bytes made by `frame()`: written as they are, so that they can be made before the run. */
  sendFramed(frame: Uint8Array): boolean
  /** Stops reading: a stalled reader. Pings stay unanswered too. */
  pause(): void
  resume(): void
  /** The closing handshake. */
  close(code?: number): void
  /** Cuts the connection without a word, as a dead network does. */
  terminate(): void
  readonly bytesReceived: number
  readonly framesReceived: number
}
