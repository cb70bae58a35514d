/** The load tool's wire code with a real document behind it: what a light client would send and see. */
import type { TestContext } from 'node:test'
import { Awareness, applyAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { LoadSocket } from '../../../bench/wire/contract.ts'
import type { Dialect, Endpoint } from '../../../bench/wire/dialect.ts'
import { encodePresence } from '../../../bench/wire/messages.ts'
import { openSocket } from '../../../bench/wire/socket.ts'
import { until } from '../../support/until.ts'

export class LightMember {
  readonly doc = new Y.Doc()
  /** What it was told of others; of a document of its own, so that it has no state of its own. */
  readonly others = new Awareness(new Y.Doc())
  readonly closes: string[] = []
  denied: string | undefined
  isSynced = false
  isAsked = false
  readonly #dialect: Dialect
  readonly #endpoint: Endpoint
  readonly #socket: LoadSocket
  #clock = 0

  constructor(dialect: Dialect, endpoint: Endpoint) {
    this.#dialect = dialect
    this.#endpoint = endpoint
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#socket.send(dialect.encodeUpdate(endpoint.room, update))
    })
    this.#socket = openSocket(endpoint, {
      opened: () => this.#hello(),
      message: (bytes) => this.#receive(bytes),
      closed: (code, reason) => this.closes.push(`${code} ${reason}`),
    })
  }

  /** Connects; it may not be synced yet. */
  static async join(t: TestContext, dialect: Dialect, room: string): Promise<LightMember> {
    const member = new LightMember(dialect, await dialect.locate(room))
    t.after(() => {
      member.#socket.terminate()
      member.others.destroy()
    })
    return member
  }

  get text(): Y.Text {
    return this.doc.getText('source')
  }

  async synced(): Promise<this> {
    await until(() => this.isSynced, 5000, `the document (${this.denied ?? this.closes.join()})`)
    return this
  }

  announce(state: unknown): void {
    this.#clock += 1
    const update = encodePresence(this.doc.clientID, this.#clock, JSON.stringify(state))
    this.#socket.send(this.#dialect.encodePresence(this.#endpoint.room, update))
  }

  leave(): void {
    this.#socket.close()
  }

  #hello(): void {
    const stateVector = Y.encodeStateVector(this.doc)
    for (const message of this.#dialect.hello(this.#endpoint.room, stateVector)) this.#socket.send(message)
  }

  #receive(bytes: Uint8Array): void {
    const incoming = this.#dialect.decode(bytes)
    if (incoming.kind === 'update' || incoming.kind === 'state') {
      Y.applyUpdate(this.doc, incoming.update, this)
      if (incoming.kind === 'state') this.isSynced = true
    } else if (incoming.kind === 'ask') {
      this.isAsked = true
      const missing = Y.encodeStateAsUpdate(this.doc, incoming.stateVector)
      this.#socket.send(this.#dialect.encodeState(this.#endpoint.room, missing))
    } else if (incoming.kind === 'presence') {
      applyAwarenessUpdate(this.others, incoming.update, this)
    } else if (incoming.kind === 'denied') {
      this.denied = incoming.reason
    }
  }
}
