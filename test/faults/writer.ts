/** Somebody who types into a room of a real server over a real socket, as a stock y-websocket client. */
import { WebSocket } from 'ws'
import { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { Random } from '../support/random-document.ts'

export type WriterOptions = {
  readonly room: string
  readonly name: string
  readonly clientId: number
}

export class Writer {
  readonly room: string
  readonly doc = new Y.Doc()
  /** Of each edit made here, the clock behind it. */
  readonly edits: number[] = []
  readonly #name: string
  readonly #awareness: Awareness
  #provider: WebsocketProvider | undefined
  #typing: NodeJS.Timeout | undefined

  constructor({ room, name, clientId }: WriterOptions) {
    this.room = room
    this.#name = name
    this.doc.clientID = clientId
    this.#awareness = new Awareness(this.doc)
  }

  get isSynced(): boolean {
    return this.#provider?.synced === true
  }

  get isConnected(): boolean {
    return this.#provider?.wsconnected === true
  }

  /** `url`: of the server, with `ws:`. */
  connect(url: string): void {
    this.#provider = new WebsocketProvider(`${url}outrigger/rooms`, this.room, this.doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      awareness: this.#awareness,
      disableBc: true,
    })
  }

  disconnect(): void {
    this.#provider?.destroy()
    this.#provider = undefined
  }

  type(random: Random, everyMs: number): void {
    this.#typing = setInterval(() => this.#edit(random), everyMs)
  }

  stopTyping(): void {
    clearInterval(this.#typing)
  }

  close(): void {
    this.stopTyping()
    this.disconnect()
    this.#awareness.destroy()
    this.doc.destroy()
  }

  /** Inserts where everybody does, and deletes only what is its own: so whose deed it was can be told. */
  #edit(random: Random): void {
    const text = this.doc.getText('text')
    const own = this.doc.getArray<string>(this.#name)
    this.doc.transact(() => {
      text.insert(random.int(text.length + 1), random.pick(['a', 'b', 'word ', '\n']))
      own.push([`entry ${this.edits.length}`])
      if (own.length > 3 && random.chance(0.3)) own.delete(random.int(own.length), 1)
    })
    this.edits.push(Y.getState(this.doc.store, this.doc.clientID))
  }
}
