/**
 * A stock client: a Yjs document and y-protocols' own sync and awareness, put together as y-websocket 3
 * does, down to its habit of repeating every awareness change that it hears.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as awareness from 'y-protocols/awareness'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'
import type { Access, Principal } from '../../src/access/model.ts'
import { MessageType, SyncType } from '../../src/protocol/message.ts'
import { person as principalOf } from '../support/room-client.ts'
import { type Person, REMOTE } from '../support/random-document.ts'
import type { Place } from './place.ts'
import type { SimSocket, SocketOwner } from './socket.ts'

export type ClientOptions = {
  readonly name: string
  /** Two tabs of one person have the same. */
  readonly personId: string
  /** When nothing is taken away. */
  readonly access: 'read' | 'edit'
  readonly place: Place
  readonly clientId: number
}

export class SimClient implements SocketOwner {
  readonly name: string
  readonly principal: Principal
  readonly fullAccess: 'read' | 'edit'
  /** At this moment. */
  access: Access
  readonly place: Place
  readonly person: Person
  readonly awareness: awareness.Awareness
  socket: SimSocket | undefined
  isSynced = false
  /** Counts up, so that each cursor is another one. */
  #moves = 0

  constructor({ name, personId, access, place, clientId }: ClientOptions) {
    this.name = name
    this.principal = principalOf(personId)
    this.fullAccess = access
    this.access = access
    this.place = place
    const doc = new Y.Doc()
    doc.clientID = clientId
    const undo = new Y.UndoManager([doc.getText('text'), doc.getArray('cells'), doc.getMap('meta')], {
      captureTimeout: 0,
    })
    this.person = { doc, undo, sent: [] }
    this.awareness = new awareness.Awareness(doc)
    // Its renewals and time-outs follow the real clock; here `renew` and `forgetOthers` are told when.
    clearInterval(this.awareness._checkInterval as NodeJS.Timeout)
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== REMOTE) this.#say(MessageType.sync, (to) => sync.writeUpdate(to, update))
    })
    this.awareness.on('update', (change: Record<'added' | 'updated' | 'removed', number[]>) =>
      this.#sayAwareness([...change.added, ...change.updated, ...change.removed]),
    )
  }

  get doc(): Y.Doc {
    return this.person.doc
  }

  get isConnected(): boolean {
    return this.socket?.isClientOpen === true
  }

  /** What a stock client says as soon as the socket is open. */
  connected(socket: SimSocket): void {
    this.socket = socket
    this.isSynced = false
    this.askForState()
    if (this.awareness.getLocalState() !== null) this.#sayAwareness([this.doc.clientID])
  }

  receive(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame)
    const type = decoding.readVarUint(decoder)
    if (type === MessageType.sync) {
      const answer = encoding.createEncoder()
      encoding.writeVarUint(answer, MessageType.sync)
      const kind = sync.readSyncMessage(decoder, answer, this.doc, REMOTE)
      if (kind === SyncType.step2) this.isSynced = true
      if (encoding.length(answer) > 1) this.socket?.say(encoding.toUint8Array(answer))
    } else if (type === MessageType.awareness) {
      awareness.applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), REMOTE)
    }
  }

  /** A stock client takes everybody else for gone while it has no connection. */
  disconnected(socket: SimSocket): void {
    if (this.socket !== socket) return
    this.socket = undefined
    this.isSynced = false
    this.forgetOthers()
  }

  askForState(): void {
    this.#say(MessageType.sync, (to) => sync.writeSyncStep1(to, this.doc))
  }

  askForPresence(): void {
    this.#say(MessageType.queryAwareness, () => {})
  }

  move(): void {
    this.#moves += 1
    this.awareness.setLocalState({ cursor: this.#moves, user: { name: 'somebody else' } })
  }

  hide(): void {
    this.awareness.setLocalState(null)
  }

  renew(): void {
    const state = this.awareness.getLocalState()
    if (state !== null) this.awareness.setLocalState(state)
  }

  forgetOthers(): void {
    this.#forget([...this.awareness.getStates().keys()])
  }

  /** Whom this client shows, and each one's clock. */
  clocks(): Map<number, number> {
    const shown = [...this.awareness.getStates().keys()]
    return new Map(shown.map((id) => [id, this.awareness.meta.get(id)?.clock ?? 0]))
  }

  /** As a stock client does with those whose clock has not risen for 30 s. */
  forgetOutdated(before: ReadonlyMap<number, number>): void {
    this.#forget([...this.clocks()].filter(([id, clock]) => before.get(id) === clock).map(([id]) => id))
  }

  #forget(clientIds: readonly number[]): void {
    const others = clientIds.filter((id) => id !== this.doc.clientID)
    awareness.removeAwarenessStates(this.awareness, others, REMOTE)
  }

  #sayAwareness(clientIds: readonly number[]): void {
    const update = awareness.encodeAwarenessUpdate(this.awareness, [...clientIds])
    this.#say(MessageType.awareness, (to) => encoding.writeVarUint8Array(to, update))
  }

  #say(type: number, write: (to: encoding.Encoder) => void): void {
    if (this.socket === undefined) return
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, type)
    write(encoder)
    this.socket.say(encoding.toUint8Array(encoder))
  }
}
