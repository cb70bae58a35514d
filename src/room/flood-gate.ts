/**
 * Stops reading from whoever sends edits faster than their room can store them.
 *
 * What is not read waits in the sender's socket and at last in the sender: nothing is lost, nothing is
 * refused, and nobody in another room waits behind it.
 */
import type { Peer } from './ports.ts'

/** Edits of a room that are in no batch yet. */
type Waiting = { readonly length: number; readonly bytes: number }

/** Above either, nothing more is read. A batch of so many edits takes milliseconds. */
const MAX_EDITS = 2000
const MAX_BYTES = 512 * 1024

export class FloodGate {
  #paused: Set<Peer> | undefined

  /** `waiting` holds what came from this peer. */
  received(peer: Peer, waiting: Waiting): void {
    if (!isTooMuch(waiting)) return
    this.#paused ??= new Set()
    if (this.#paused.has(peer)) return
    this.#paused.add(peer)
    peer.pause()
  }

  /** A batch was stored. What the paused have in their sockets would come on top of what still waits. */
  open(waiting: Waiting): void {
    if (isTooMuch(waiting)) return
    const paused = this.#paused
    this.#paused = undefined
    for (const peer of paused ?? []) peer.resume()
  }
}

function isTooMuch({ length, bytes }: Waiting): boolean {
  return length > MAX_EDITS || bytes > MAX_BYTES
}
