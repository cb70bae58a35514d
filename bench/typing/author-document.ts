/** An author's own Yjs document: the room's as it was received, and what this author adds to it. */
import * as Y from 'yjs'
import type { Edit, EditKind } from './contract.ts'

export const NO_UPDATE = new Uint8Array(0)

export type AuthorDocumentOptions = {
  readonly clientId: number
  /** The room's document: updates that hang together. */
  readonly base: readonly Uint8Array[]
  /** False: the edits' `update` stays empty, in processes that only need to recognize them. */
  readonly keepsUpdates: boolean
}

/** What remains to be said of an edit after it was made. */
export type Recorded = Pick<Edit, 'clock' | 'length' | 'update'>

export class AuthorDocument {
  readonly doc = new Y.Doc()
  readonly clientId: number
  readonly #baseVector: Uint8Array
  #clock: number
  #update: Uint8Array = NO_UPDATE

  /** Throws when updates of the base are missing. */
  constructor({ clientId, base, keepsUpdates }: AuthorDocumentOptions) {
    this.clientId = clientId
    this.doc.transact(() => {
      for (const update of base) Y.applyUpdate(this.doc, update)
    })
    if (this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null)
      throw new Error("the room's document has gaps: an update before the first join was lost")
    // Yjs would give up an id that it sees in the updates of others, so it is set behind them.
    this.doc.clientID = clientId
    this.#baseVector = Y.encodeStateVector(this.doc)
    this.#clock = Y.getState(this.doc.store, clientId)
    // Yjs encodes updates only where somebody listens.
    if (keepsUpdates) this.doc.on('update', (update: Uint8Array) => (this.#update = update))
  }

  /** The clock of the next struct. */
  get clock(): number {
    return this.#clock
  }

  /** `change` must be one transaction. */
  record(change: () => void): Recorded {
    this.#update = NO_UPDATE
    const clock = this.#clock
    change()
    this.#clock = Y.getState(this.doc.store, this.clientId)
    return { clock, length: this.#clock - clock, update: this.#update }
  }

  /** What this author has added so far; its deletions include those of the base. */
  encodeOwn(): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc, this.#baseVector)
  }

  destroy(): void {
    this.doc.destroy()
  }
}

/** An edit that is recognized by its structs. */
export function editOf(kind: EditKind, atMs: number, recorded: Recorded, cursor: unknown): Edit {
  const { clock, length, update } = recorded
  return { kind, atMs, clock, length, deletes: undefined, update, cursor }
}
