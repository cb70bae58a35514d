/** Builds a document from stored updates, in as many turns as it takes. */
import { Doc, applyUpdate, transact } from 'yjs'
import { SyncError } from '../protocol/errors.ts'
import { createServerDoc } from './server-doc.ts'
import { IntegrationBudget, STORED, withIntegrationBudget } from './update-cost.ts'
import { sliceUpdate } from './update-slices.ts'

/** Applying one takes about a millisecond (`bench/micro/cold-load.ts`). */
const SLICE = { maxStructs: 250, maxBytes: 32 * 1024 }

/**
 * The document holds exactly what the updates hold, whatever it is cut into: Yjs must not tidy up
 * formatting on the way, as it does after a remote change. Those deletes would be in no log.
 */
export class Replay {
  readonly doc = createServerDoc()
  readonly #cost = new IntegrationBudget(STORED)
  readonly #slices: Iterator<Uint8Array | undefined>

  /** In the order in which they were written. */
  constructor(updates: Iterable<Uint8Array>) {
    this.#slices = slicesOf(updates)
  }

  /** Something does not fit together: an update needs what none of those before it brought. */
  get hasHole(): boolean {
    return this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null
  }

  /** What integrating came to; see `IntegrationBudget`. */
  get unseen(): number {
    return this.#cost.unseen
  }

  /** One transaction, as long as there is time. True when everything is applied. Throws what Yjs throws. */
  run(hasTime: () => boolean): boolean {
    let isDone = false
    transact(this.doc, (transaction) => {
      withIntegrationBudget(this.#cost, this.doc, () => (isDone = this.#applyWhile(hasTime)))
      // Only now: each update that is applied makes the transaction a remote one.
      transaction.local = true
    })
    if (isDone) this.#keepOwnClientId()
    return isDone
  }

  #applyWhile(hasTime: () => boolean): boolean {
    for (;;) {
      const { done, value } = this.#slices.next()
      if (value !== undefined) applyUpdate(this.doc, value)
      if (done === true) return true
      if (!hasTime()) return false
    }
  }

  /** What Yjs does in a remote transaction: nobody may go on with the client id of an earlier run. */
  #keepOwnClientId(): void {
    while (this.doc.store.clients.has(this.doc.clientID)) this.doc.clientID = new Doc().clientID
  }
}

function* slicesOf(updates: Iterable<Uint8Array>): Generator<Uint8Array | undefined, undefined> {
  for (const update of updates) {
    if (update.length <= SLICE.maxBytes) yield update
    else yield* slicesOrWhole(update)
  }
}

/** What is stored was accepted once, so it is not refused here for how it is written. */
function* slicesOrWhole(update: Uint8Array): Generator<Uint8Array | undefined, undefined> {
  try {
    yield* sliceUpdate(update, SLICE)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    yield update
  }
}
