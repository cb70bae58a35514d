/**
 * A limit on what integrating somebody's edits may cost.
 *
 * Yjs puts a new item between the neighbors that its author saw. Where others have inserted at the same
 * place meanwhile, it walks over what they inserted to find the order that everybody else finds. Between
 * honest people these walks are a few steps. Items that claim neighbors far apart make each of them
 * walk over everything between: 48 KB of them block Yjs 13 for 17 s, and again at every load.
 *
 * What a walk will cost depends on the document at the moment when the item is integrated, so it can
 * neither be seen in the bytes of an update nor be told before the items ahead of it are in place.
 * Yjs has no hook there; hence the wrapper around `Item.integrate` below, the one method that all
 * inserting goes through. It counts the steps that Yjs is about to take, with Yjs's own rules, refuses
 * places that cannot be, and does nothing at all outside of `withIntegrationBudget`.
 */
import { AbstractType, type Doc, type ID, Item, compareIDs, createID, getItem, getState } from 'yjs'
import { SyncError } from '../protocol/errors.ts'
import { tooLarge } from './update-values.ts'

/** Yjs's undo claims unseen places too, a few characters off, where it restores what lay in a deleted type. */
const FEW_CHARACTERS = 64

type Type = AbstractType<unknown>
type Transaction = Parameters<Item['integrate']>[0]

export type IntegrationLimits = {
  readonly maxSteps: number
  /** Characters passed on the way to places that nobody ever saw; see `walk`. */
  readonly maxUnseen: number
  /**
   * Entries that are moved up in a client's list of structs to make place for one, because an item had to
   * be split; about a nanosecond each. A client id with 90,000 structs makes a split take 0.1 ms.
   */
  readonly maxMoves: number
  /** Was taken long ago, so that it is only counted, not judged. */
  readonly isStored: boolean
}

/** For loading a document. */
export const STORED: IntegrationLimits = {
  maxSteps: Number.POSITIVE_INFINITY,
  maxUnseen: Number.POSITIVE_INFINITY,
  maxMoves: Number.POSITIVE_INFINITY,
  isStored: true,
}

/** What updates have cost and may still cost, for `withIntegrationBudget`. */
export class IntegrationBudget {
  readonly #limits: IntegrationLimits
  #steps = 0
  #unseen = 0
  #moves = 0

  constructor(limits: IntegrationLimits) {
    this.#limits = limits
  }

  get isStored(): boolean {
    return this.#limits.isStored
  }

  get steps(): number {
    return this.#steps
  }

  get unseen(): number {
    return this.#unseen
  }

  get moves(): number {
    return this.#moves
  }

  /** This and the other two throw `SyncError('too_large')` when there is not enough left. */
  spend(steps: number): void {
    this.#steps += steps
    if (this.#steps > this.#limits.maxSteps) throw tooLarge('the number of edits in the same place')
  }

  spendUnseen(characters: number): void {
    this.#unseen += characters
    if (this.#unseen > this.#limits.maxUnseen) throw tooLarge('the number of impossible places')
    this.spend(characters)
  }

  spendMoves(moves: number): void {
    if (!this.hasMoves(moves)) throw tooLarge('the number of places in an edit')
    this.#moves += moves
  }

  /** True when so many more may be spent. */
  hasMoves(moves: number): boolean {
    return this.#moves + moves <= this.#limits.maxMoves
  }
}

/** The run at hand. `noted`: how much of the transaction's list of pieces was looked at. */
type Run = { readonly budget: IntegrationBudget; noted: number }

let active: Run | undefined

/**
 * Runs `apply`, which calls `Y.applyUpdate` on `doc`, and throws `SyncError('too_large')` before the item
 * that would exceed the budget. What was integrated until then stays: some of each client's structs,
 * in the order of their clocks, as if the rest had not arrived yet.
 */
export function withIntegrationBudget(budget: IntegrationBudget, doc: Doc, apply: () => void): void {
  const outer = active
  active = { budget, noted: doc._transaction?._mergeStructs.length ?? 0 }
  try {
    apply()
  } finally {
    active = outer
  }
}

const original = Object.getOwnPropertyDescriptor(Item.prototype, 'integrate')?.value as Item['integrate']

Item.prototype.integrate = function integrate(this: Item, transaction: Transaction, offset: number): void {
  const run = active
  if (run === undefined) {
    original.call(this, transaction, offset)
    return
  }
  const { doc } = transaction
  const { isStored } = run.budget
  // Of an item that the document has a part of, the rest goes on from there.
  const left = offset > 0 ? lastOf(doc, this.id.client) : this.left
  if (!isStored) checkPlace(this, left)
  chargeSplits(this, transaction, run)
  charge(this, doc, { left, budget: run.budget })
  original.call(this, transaction, offset)
  if (!isStored && isSeveralValues(this)) this.delete(transaction)
}

/** The last struct of a client. */
function lastOf(doc: Doc, client: number): Item | null {
  return (doc.store.clients.get(client)?.at(-1) as Item | undefined) ?? null
}

/**
 * What no editor of Yjs writes: neighbors in another place than the item, or a value of a map in front of
 * another. Collecting what such an item lies in fails later, in the middle of a transaction.
 */
function checkPlace({ right, parent, parentSub }: Item, left: Item | null): void {
  // A neighbor that was collected has no place any more, and takes the item with it.
  if (!(parent instanceof AbstractType)) return
  const isBeside = (item: Item | null): boolean =>
    item === null || (item.parent === parent && item.parentSub === parentSub)
  if (isBeside(left) && isBeside(right) && (parentSub === null || right === null)) return
  throw new SyncError('malformed_message', 'item in an impossible place')
}

/**
 * Values of one key in one item. Yjs writes that for values that are deleted, all of them, when an undo
 * manager has kept them; a part that stays would be a second value of the key, and break it.
 */
function isSeveralValues({ parent, parentSub, length }: Item): boolean {
  return parentSub !== null && length > 1 && (parent as unknown) instanceof AbstractType
}

/** Yjs has just split the neighbors where it had to, and notes each piece for the end of the transaction. */
function chargeSplits({ left, right }: Item, { doc, _mergeStructs: pieces }: Transaction, run: Run): void {
  const added = pieces.length - run.noted
  if (added === 0) return
  run.noted = pieces.length
  const last = pieces.at(-1)
  // Other things are noted there, too: what lies in types that were deleted.
  const isSplit =
    last !== undefined && (last === right || (left !== null && compareIDs(nextId(left), last.id)))
  if (!isSplit) return
  run.budget.spendMoves(Math.min(added, 2) * (doc.store.clients.get(last.id.client)?.length ?? 0))
}

function nextId({ id, length }: Item): ID {
  return createID(id.client, id.clock + length)
}

function charge(
  item: Item,
  doc: Doc,
  { left, budget }: { readonly left: Item | null; readonly budget: IntegrationBudget },
): void {
  const parent: unknown = item.parent
  // An item whose parent was deleted is thrown away.
  if (!(parent instanceof AbstractType)) return
  const { right } = item
  if (left === null ? right !== null && right.left === null : left.right === right) return
  if (left === null && item.parentSub !== null) budget.spend(lengthOfKey(parent, item.parentSub) >> 4)
  walk(item, doc, { left, parent, budget })
}

/** Values that a key of a map has had. Yjs goes back to the first, twice, some 30 times faster than it walks. */
function lengthOfKey(parent: Type, key: string): number {
  let steps = 0
  for (let item = parent._map.get(key) ?? null; item !== null; item = item.left) steps += 1
  return steps
}

/**
 * Goes where Yjs will go and pays for it.
 *
 * An author who saw two neighbors side by side has nothing of its own between them, nor what its
 * right neighbor was once inserted after. Who meets either of these on the way claims a place that
 * nobody ever saw. It pays for each character it passes as well, because later edits can break a long
 * item into as many items, and then each load takes as many steps.
 */
function walk(
  item: Item,
  doc: Doc,
  place: { readonly left: Item | null; readonly parent: Type; readonly budget: IntegrationBudget },
): void {
  const { left, parent, budget } = place
  const { right } = item
  const origin = left === null ? null : left.lastId
  const beforeRight = right === null || right.origin === null ? undefined : itemAt(doc, right.origin)
  const passed = new Set<unknown>()
  let next = left === null ? firstOf(parent, item.parentSub) : left.right
  let characters = 0
  let isUnseen = false
  while (next !== null && next !== right) {
    budget.spend(1)
    passed.add(next)
    characters += next.length
    isUnseen ||= next.id.client === item.id.client || next === beforeRight
    if (compareIDs(origin, next.origin)) {
      if (next.id.client >= item.id.client && compareIDs(item.rightOrigin, next.rightOrigin)) break
    } else if (next.origin === null || !passed.has(itemAt(doc, next.origin))) break
    next = next.right
  }
  if (isUnseen && characters > FEW_CHARACTERS) budget.spendUnseen(characters)
}

function firstOf(parent: Type, key: string | null): Item | null {
  if (key === null) return parent._start
  let first = parent._map.get(key) ?? null
  while (first !== null && first.left !== null) first = first.left
  return first
}

function itemAt(doc: Doc, id: { readonly client: number; readonly clock: number }): unknown {
  return id.clock < getState(doc.store, id.client) ? getItem(doc.store, id) : undefined
}
