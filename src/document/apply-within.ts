/** Applies an update that was inspected and is applicable, as far as a budget goes. */
import { createEncoder, toUint8Array, writeUint8Array, writeVarUint } from 'lib0/encoding'
import { type Doc, applyUpdate, findIndexSS, getState } from 'yjs'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import { type IntegrationBudget, withIntegrationBudget } from './update-cost.ts'
import { readDeletes } from './update-deletes.ts'
import type { UpdateFacts } from './update-inspect.ts'
import { tooLarge } from './update-values.ts'

/** With so few ranges it is not worth looking; a keystroke deletes one. */
const FEW_RANGES = 64
/** What deleting one range costs beside the splits, in moves. */
const MOVES_PER_RANGE = 1000
/** The inspection that gave the facts has kept the limits already. */
const UNLIMITED = { maxClients: Number.POSITIVE_INFINITY, maxDeleteRanges: Number.POSITIVE_INFINITY }

/**
 * Throws `SyncError('too_large')` where the budget ends, and whatever Yjs throws. What was applied until
 * then stays: some of each client's structs in the order of their clocks, and of the deletes
 * only those that could be paid for. The update's author still has all of it and may send it again.
 */
export function applyWithin(
  budget: IntegrationBudget,
  doc: Doc,
  edit: { readonly update: Uint8Array; readonly facts: UpdateFacts; readonly origin: unknown },
): void {
  const { update, facts, origin } = edit
  withIntegrationBudget(budget, doc, () => {
    if (facts.deleteRanges <= FEW_RANGES) {
      applyUpdate(doc, update, origin)
      return
    }
    if (facts.structs.size > 0) applyUpdate(doc, withoutDeletes(update, facts), origin)
    const { ranges, isWhole } = affordableRanges(budget, doc, { update, facts })
    if (ranges.size > 0) applyUpdate(doc, deletesOnly(ranges), origin)
    if (!isWhole) throw tooLarge('the number of deletes')
  })
}

/** Client -> start, length, start, length and so on. */
type Ranges = Map<number, number[]>

/**
 * The ranges in the order of the update, up to the end of the budget. What is deleted already costs nothing
 * and is left out: a client that comes back repeats every delete of its document.
 */
function affordableRanges(
  budget: IntegrationBudget,
  doc: Doc,
  { update, facts }: { readonly update: Uint8Array; readonly facts: UpdateFacts },
): { readonly ranges: Ranges; readonly isWhole: boolean } {
  const ranges: Ranges = new Map()
  let isWhole = true
  readDeletes(new ByteCursor(update, facts.deleteSetStart), UNLIMITED, (client, start, end) => {
    const moves = movesToDelete(doc, client, { start, end })
    if (moves === 0 || !isWhole) return
    isWhole = budget.hasMoves(moves)
    if (!isWhole) return
    budget.spendMoves(moves)
    const own = ranges.get(client)
    if (own === undefined) ranges.set(client, [start, end - start])
    else own.push(start, end - start)
  })
  return { ranges, isWhole }
}

/** 0 when nothing is left to delete there. The clocks are known, as `isApplicable` has found. */
function movesToDelete(doc: Doc, client: number, range: { start: number; end: number }): number {
  const structs = doc.store.clients.get(client)
  const end = Math.min(range.end, getState(doc.store, client))
  if (structs === undefined || range.start >= end) return 0
  let moves = 0
  for (let i = findIndexSS(structs, range.start); i < structs.length; i += 1) {
    const struct = structs[i]
    if (struct === undefined || struct.id.clock >= end) break
    if (struct.deleted) continue
    moves = Math.max(moves, MOVES_PER_RANGE)
    if (struct.id.clock < range.start) moves += structs.length - i
    if (struct.id.clock + struct.length > end) moves += structs.length - i
  }
  return moves
}

function withoutDeletes(update: Uint8Array, { deleteSetStart }: UpdateFacts): Uint8Array {
  const structs = new Uint8Array(deleteSetStart + 1)
  structs.set(update.subarray(0, deleteSetStart))
  return structs
}

function deletesOnly(ranges: Ranges): Uint8Array {
  const encoder = createEncoder()
  // No structs.
  writeUint8Array(encoder, Uint8Array.of(0))
  writeVarUint(encoder, ranges.size)
  for (const [client, numbers] of ranges) {
    writeVarUint(encoder, client)
    writeVarUint(encoder, numbers.length / 2)
    for (const number of numbers) writeVarUint(encoder, number)
  }
  return toUint8Array(encoder)
}
