/** A Yjs client on a real websocket that does nothing by itself: no reconnects, no timers. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocket } from 'ws'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import * as Y from 'yjs'

export class SocketClient {
  readonly doc = new Y.Doc()
  readonly awareness = new awarenessProtocol.Awareness(this.doc)
  readonly websocket: WebSocket
  readonly rawMessages: unknown[] = []
  isSynced = false
  /** The close frame's code and text. */
  closedWith: readonly [number, string] | undefined
  /** Of a handshake that failed. */
  status: number | undefined

  constructor(t: TestContext, url: string, headers: Readonly<Record<string, string>> = {}) {
    this.websocket = new WebSocket(url, { headers })
    this.websocket.on('error', () => {})
    this.websocket.on('open', () => this.#say(0, (to) => syncProtocol.writeSyncStep1(to, this.doc)))
    this.websocket.on('message', (data: Buffer) => this.#take(data))
    this.websocket.on('close', (code, text) => (this.closedWith ??= [code, text.toString()]))
    this.websocket.on('unexpected-response', (_request, response: IncomingMessage) => {
      this.status = response.statusCode
      response.resume()
      this.websocket.terminate()
    })
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#say(0, (to) => syncProtocol.writeUpdate(to, update))
    })
    t.after(() => {
      this.awareness.destroy()
      this.websocket.terminate()
    })
  }

  get text(): Y.Text {
    return this.doc.getText('source')
  }

  /** Shows a cursor to the others. */
  appear(): void {
    this.awareness.setLocalStateField('cursor', 1)
    const update = awarenessProtocol.encodeAwarenessUpdate(this.awareness, [this.doc.clientID])
    this.#say(1, (to) => encoding.writeVarUint8Array(to, update))
  }

  sees(other: SocketClient): boolean {
    return this.awareness.getStates().has(other.doc.clientID)
  }

  /** Waits until the server has read everything that was sent. */
  async flushed(): Promise<void> {
    if (this.websocket.readyState !== WebSocket.OPEN) return
    this.websocket.ping()
    await Promise.race([once(this.websocket, 'pong'), once(this.websocket, 'close')])
  }

  #take(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame)
    const type = decoding.readVarUint(decoder)
    if (type === 0) {
      const answer = encoding.createEncoder()
      encoding.writeVarUint(answer, 0)
      const kind = syncProtocol.readSyncMessage(decoder, answer, this.doc, this)
      if (kind === syncProtocol.messageYjsSyncStep2) this.isSynced = true
      if (encoding.length(answer) > 1) this.websocket.send(encoding.toUint8Array(answer))
    } else if (type === 1) {
      awarenessProtocol.applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this)
    } else if (type === 2) {
      this.rawMessages.push(JSON.parse(decoding.readVarString(decoder)))
    }
  }

  #say(type: number, write: (to: encoding.Encoder) => void): void {
    if (this.websocket.readyState !== WebSocket.OPEN) return
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, type)
    write(encoder)
    this.websocket.send(encoding.toUint8Array(encoder))
  }
}
