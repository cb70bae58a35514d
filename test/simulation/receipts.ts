/**
 * What the server has taken from each client, to hold it to its word: a step 2 that answers a step 1
 * says that everything sent before is in the log. And nothing is in the log that was not taken while
 * its author might write.
 */
import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import { MessageType, SyncType } from '../../src/protocol/message.ts'
import type { SimClient } from './client.ts'
import type { SimSocket } from './socket.ts'

type Conversation = {
  readonly client: SimClient
  /** The client answered our step 1 on this connection: from now on its edits lack nothing. */
  isComplete: boolean
  /** Behind its last edit that was received. */
  ownClock: number
  /** Of each step 1 that has no answer yet, what was received before it. */
  readonly asked: number[]
}

export class Receipts {
  #conversations = new Map<SimSocket, Conversation>()
  readonly #behind = new WeakSet<SimSocket>()
  /** Behind the last edit that was received while its author might write. */
  readonly #taken = new WeakMap<SimClient, number>()

  received(client: SimClient, socket: SimSocket, frame: Uint8Array): void {
    if (socket.access === 'none') return
    const conversation = this.#of(client, socket)
    const decoder = decoding.createDecoder(frame)
    if (decoding.readVarUint(decoder) !== MessageType.sync) return
    const kind = decoding.readVarUint(decoder)
    if (kind === SyncType.step1) {
      conversation.asked.push(conversation.ownClock)
      return
    }
    if (socket.access !== 'edit') {
      // What it says next builds on this, until it has said all again.
      conversation.isComplete = false
      return
    }
    const clock = endOf(client, decoding.readVarUint8Array(decoder))
    this.#taken.set(client, Math.max(this.taken(client), clock))
    conversation.isComplete ||= kind === SyncType.step2
    // Before that an edit may lack what an earlier connection lost, and wait.
    if (conversation.isComplete) conversation.ownClock = Math.max(conversation.ownClock, clock)
  }

  /** No more of the client's edits may ever be in the log. */
  taken(client: SimClient): number {
    return this.#taken.get(client) ?? 0
  }

  /** A step 2 goes out; returns whether it may. */
  answered(socket: SimSocket, written: Y.Doc): boolean {
    const conversation = this.#conversations.get(socket)
    const clock = conversation?.asked.shift()
    if (conversation === undefined || clock === undefined || this.#behind.has(socket)) return true
    return Y.getState(written.store, conversation.client.doc.clientID) >= clock
  }

  areDurable(client: SimClient, written: Y.Doc): boolean {
    const clock = Y.getState(written.store, client.doc.clientID)
    for (const one of this.#conversations.values())
      if (one.client === client && one.ownClock > clock) return false
    return true
  }

  /**
   * It gets diffs that it did not ask for once it has caught up: which step 2 answers which step 1
   * cannot be told any more.
   */
  fellBehind(socket: SimSocket): void {
    this.#behind.add(socket)
  }

  /** The server hung up: what it did not take the client still has. */
  refused(socket: SimSocket): void {
    this.#conversations.delete(socket)
  }

  /** The process is gone, and with it what it had only received. */
  forget(): void {
    this.#conversations = new Map()
  }

  #of(client: SimClient, socket: SimSocket): Conversation {
    const conversation = this.#conversations.get(socket) ?? {
      client,
      isComplete: false,
      ownClock: 0,
      asked: [],
    }
    this.#conversations.set(socket, conversation)
    return conversation
  }
}

/** Behind the last of the client's own edits in an update. */
function endOf({ doc }: SimClient, update: Uint8Array): number {
  let end = 0
  for (const { id, length } of Y.decodeUpdate(update).structs)
    if (id.client === doc.clientID) end = Math.max(end, id.clock + length)
  return end
}
