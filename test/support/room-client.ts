/**
 * A Yjs client on a room without a socket: the room's `Peer` on one side, a real `Y.Doc` on the
 * other, speaking the wire protocol with y-protocols' own encoder and decoder.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import * as Y from 'yjs'
import type { Access, Principal } from '../../src/access/model.ts'
import type { CloseReason } from '../../src/protocol/close-reason.ts'
import type { Outbound } from '../../src/protocol/outbound.ts'
import type { Peer } from '../../src/room/ports.ts'
import type { Session } from '../../src/room/session.ts'
import { readMessages } from './read-messages.ts'

export function person(id: string, isAuthenticated = true): Principal {
  return {
    id,
    displayName: id.toUpperCase(),
    initials: id.slice(0, 2),
    color: '#123456',
    groups: [],
    isAuthenticated,
  }
}

export class RoomClient implements Peer {
  readonly doc: Y.Doc
  readonly awareness: awarenessProtocol.Awareness
  readonly principal: Principal
  readonly access: Access
  readonly frames: Uint8Array[] = []
  readonly rawMessages: unknown[] = []
  closedWith: CloseReason | undefined
  isSynced = false
  isPaused = false
  /** Set by tests of slow peers. */
  bufferedBytes = 0
  session: Session | undefined

  constructor(id = 'ann', access: Access = 'edit', doc = new Y.Doc(), isAuthenticated = true) {
    this.principal = person(id, isAuthenticated)
    this.access = access
    this.doc = doc
    this.awareness = new awarenessProtocol.Awareness(doc)
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#say(0, (encoder) => syncProtocol.writeUpdate(encoder, update))
    })
  }

  get peer(): Peer {
    return this
  }

  get isOpen(): boolean {
    return this.closedWith === undefined
  }

  get text(): Y.Text {
    return this.doc.getText('source')
  }

  /** After the room joined us: step 1, as a stock client sends it on open. */
  start(session: Session): this {
    this.session = session
    this.sayStep1()
    return this
  }

  send(message: Outbound): void {
    for (const frame of readMessages(message)) this.#take(frame)
  }

  sayStep1(): void {
    this.#say(0, (encoder) => syncProtocol.writeSyncStep1(encoder, this.doc))
  }

  #take(frame: Uint8Array): void {
    this.frames.push(frame)
    const decoder = decoding.createDecoder(frame)
    const type = decoding.readVarUint(decoder)
    if (type === 0) {
      const encoder = encoding.createEncoder()
      encoding.writeVarUint(encoder, 0)
      const kind = syncProtocol.readSyncMessage(decoder, encoder, this.doc, this)
      if (kind === syncProtocol.messageYjsSyncStep2) this.isSynced = true
      // Replies go out in a later turn, as over a socket.
      if (encoding.length(encoder) > 1)
        setImmediate(() => this.session?.receive(encoding.toUint8Array(encoder)))
    } else if (type === 1) {
      awarenessProtocol.applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this)
    } else if (type === 2) {
      this.rawMessages.push(JSON.parse(decoding.readVarString(decoder)))
    }
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(reason: CloseReason): void {
    this.closedWith = reason
  }

  setUser(user: Record<string, unknown>): void {
    this.awareness.setLocalStateField('user', user)
    this.sayAwareness([this.doc.clientID])
  }

  sayAwareness(clientIds: number[], awareness = this.awareness): void {
    const update = awarenessProtocol.encodeAwarenessUpdate(awareness, clientIds)
    this.#say(1, (encoder) => encoding.writeVarUint8Array(encoder, update))
  }

  sayUpdate(update: Uint8Array): void {
    this.#say(0, (encoder) => syncProtocol.writeUpdate(encoder, update))
  }

  sayStep2(update: Uint8Array): void {
    this.#say(0, (encoder) => {
      encoding.writeVarUint(encoder, syncProtocol.messageYjsSyncStep2)
      encoding.writeVarUint8Array(encoder, update)
    })
  }

  saySave(saveId: number): void {
    this.#say(2, (encoder) => {
      encoding.writeVarString(encoder, 'save')
      encoding.writeVarUint(encoder, saveId)
    })
  }

  dispose(): void {
    this.session?.leave()
    this.awareness.destroy()
    this.doc.destroy()
  }

  #say(type: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, type)
    write(encoder)
    this.session?.receive(encoding.toUint8Array(encoder))
  }
}
