/**
 * Stops reading from whoever sends edits faster than their room can store them.
 *
 * What is not read waits in the sender's socket and at last in the sender: nothing is lost, nothing is
 * refused, and nobody in another room waits behind it.
 */
import type { Peer } from './ports.ts'

/** Waiting edits above which nothing more is read, until a batch has been stored. A batch of so many takes milliseconds. */
const MAX_EDITS = 2000
const MAX_BYTES = 512 * 1024

export class FloodGate {
  #paused: Set<Peer> | undefined

  /** `waiting`: edits of the room in no batch yet, those of this peer included. */
  received(peer: Peer, waiting: { readonly length: number; readonly bytes: number }): void {
    if (waiting.length <= MAX_EDITS && waiting.bytes <= MAX_BYTES) return
    this.#paused ??= new Set()
    if (this.#paused.has(peer)) return
    this.#paused.add(peer)
    peer.pause()
  }

  /** A batch was stored, or none will be any more. */
  open(): void {
    const paused = this.#paused
    this.#paused = undefined
    for (const peer of paused ?? []) peer.resume()
  }
}
