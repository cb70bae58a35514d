/**
 * Decides about one client's edit and applies it. The room is not to be trusted to its editors: what
 * would harm the document, or block everybody for long, is refused or cut off.
 */
import { type Doc, getState } from 'yjs'
import { applyWithin } from '../document/apply-within.ts'
import { isApplicable } from '../document/update-applicable.ts'
import { IntegrationBudget } from '../document/update-cost.ts'
import { UPDATE_LIMITS, type UpdateFacts } from '../document/update-inspect.ts'
import { isTooDeep } from '../document/update-nesting.ts'
import { isTooManyRoots } from '../document/update-roots.ts'
import { type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { ClientOwners } from './client-owners.ts'
import type { Author, ClientEdit } from './edit-queue.ts'

/**
 * Steps of Yjs's conflict resolution that one edit may take, some 25 ms. Two people who each put
 * 300 lines above each other at the same place, unseen by each other, come to 90,000.
 */
const MAX_STEPS_PER_EDIT = 100_000
/** The same for splitting what others wrote, some 150 ms: 1000 places in a document of 90,000 pieces. */
const MAX_MOVES_PER_EDIT = 100_000_000
/** So many cost as much as one step. */
const MOVES_PER_STEP = 200
/**
 * Characters that a document's edits may pass on the way to places that nobody ever saw, which each
 * load may pass again. What people do comes to none.
 */
const MAX_UNSEEN_PER_DOCUMENT = 1_000_000

export type EditApplierOptions = {
  /** Without it everybody may go on with everybody's client ids. */
  readonly owners?: ClientOwners | undefined
  /** What loading the document came to; see `IntegrationBudget`. */
  readonly unseen?: number | undefined
}

/** `waits`: it refers to something unknown, and nothing of it was applied. */
export type Outcome = 'applied' | 'waits' | { readonly refused: ErrorCode }

export class EditApplier {
  readonly #owners: ClientOwners | undefined
  #unseen: number

  constructor({ owners, unseen = 0 }: EditApplierOptions) {
    this.#owners = owners
    this.#unseen = unseen
  }

  /** Who owns which client id, when that has changed since the last call. */
  takeOwners(): Uint8Array | undefined {
    return this.#owners?.takeRecord()
  }

  /** `steps` says what it cost, beside what any edit costs. */
  apply(doc: Doc, edit: ClientEdit, author: Author): { readonly outcome: Outcome; readonly steps: number } {
    const { facts, isStep2 } = edit
    if (!isApplicable(facts, (client) => getState(doc.store, client))) return WAITS
    const refused = refusalOf(doc, facts)
    if (refused !== undefined) return { outcome: { refused }, steps: 0 }
    const clients = this.#owners?.admit({ owner: author.owner, facts, isStep2 })
    if (this.#owners !== undefined && clients === undefined) return FOREIGN
    const result = this.#integrate(doc, edit, author)
    if (clients !== undefined && clients.length > 0) this.#owners?.learn(clients, author.owner)
    return result
  }

  /**
   * Yjs may have applied a part when it fails; that part is in the transaction and will be logged
   * like any other, so log and document stay equal.
   */
  #integrate(
    doc: Doc,
    { update, facts }: ClientEdit,
    origin: Author,
  ): { readonly outcome: Outcome; readonly steps: number } {
    const budget = new IntegrationBudget({
      maxSteps: MAX_STEPS_PER_EDIT,
      maxUnseen: MAX_UNSEEN_PER_DOCUMENT - this.#unseen,
      maxMoves: MAX_MOVES_PER_EDIT,
      isStored: false,
    })
    let refused: ErrorCode | undefined
    try {
      applyWithin(budget, doc, { update, facts, origin })
    } catch (error) {
      refused = error instanceof SyncError ? error.code : 'malformed_message'
    }
    if (dropPending(doc)) refused ??= 'malformed_message'
    this.#unseen += budget.unseen
    const steps = budget.steps + Math.floor(budget.moves / MOVES_PER_STEP)
    return { outcome: refused === undefined ? 'applied' : { refused }, steps }
  }
}

const WAITS = { outcome: 'waits', steps: 0 } as const
const FOREIGN = { outcome: { refused: 'foreign_client_id' }, steps: 0 } as const

/** What the update would make of the document, which its inspection alone could not see. */
function refusalOf(doc: Doc, { nesting, roots }: UpdateFacts): ErrorCode | undefined {
  if (nesting !== undefined && isTooDeep(nesting, doc, UPDATE_LIMITS.maxTypeDepth)) return 'malformed_message'
  return isTooManyRoots(roots, doc, UPDATE_LIMITS.maxRoots) ? 'too_large' : undefined
}

/**
 * True when there was something. Pending state in the document would be re-merged at every message
 * and handed to every joiner; asked after each edit, so that it is known whose it was.
 */
function dropPending(doc: Doc): boolean {
  if (doc.store.pendingStructs === null && doc.store.pendingDs === null) return false
  doc.store.pendingStructs = null
  doc.store.pendingDs = null
  return true
}
