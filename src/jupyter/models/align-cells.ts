import { withUniqueIds } from './cell-ids.ts'
import type { Cell } from './notebook.ts'
import { commonRuns, intern } from './sequence-diff.ts'

/** How two cells may be recognized as one: the same id, the same type and text, or nearly. */
export type Pass = 'id' | 'source' | 'similar'

/** How many cells further down a similar one is looked for, and how unlike two texts may get. */
const SIMILAR_WINDOW = 16
const MAX_CELL_DISTANCE = 2000
const MAX_WORD_DISTANCE = 400

/**
 * `cells` with the ids of those cells of `reference` that they are versions of, found by the passes
 * in order; each pass looks only at what the ones before left over. A cell that is nobody's version
 * keeps its id, unless `reference` uses it for another cell.
 */
export function alignCells(
  reference: readonly Cell[],
  cells: readonly Cell[],
  passes: readonly Pass[],
): readonly Cell[] {
  const adopted = new Map<Cell, string>()
  let freeReference = reference
  let freeCells = cells
  for (const pass of passes) {
    const pairs = pairsBy(pass, freeReference, freeCells)
    for (const [referenceCell, cell] of pairs) adopted.set(cell, referenceCell.id)
    const used = new Set(pairs.map(([referenceCell]) => referenceCell))
    freeReference = freeReference.filter((cell) => !used.has(cell))
    freeCells = freeCells.filter((cell) => !adopted.has(cell))
  }
  const referenceIds = new Set(reference.map((cell) => cell.id))
  const others = withUniqueIds(freeCells, referenceIds)
  const renamed = new Map(freeCells.map((cell, index) => [cell, others[index] ?? cell]))
  return cells.map((cell) => {
    const id = adopted.get(cell)
    if (id === undefined) return renamed.get(cell) ?? cell
    return id === cell.id ? cell : { ...cell, id }
  })
}

type Pair = readonly [reference: Cell, cell: Cell]

function pairsBy(pass: Pass, reference: readonly Cell[], cells: readonly Cell[]): readonly Pair[] {
  switch (pass) {
    case 'id':
      return sameId(reference, cells)
    case 'source':
      return sameSource(reference, cells)
    case 'similar':
      return similarSource(reference, cells)
  }
}

function sameId(reference: readonly Cell[], cells: readonly Cell[]): readonly Pair[] {
  const byId = new Map(reference.map((cell) => [cell.id, cell]))
  return cells.flatMap((cell) => {
    const match = byId.get(cell.id)
    return match === undefined ? [] : [[match, cell] as const]
  })
}

/** In order first, so that of two alike cells the right one is found; then wherever it has moved to. */
function sameSource(reference: readonly Cell[], cells: readonly Cell[]): readonly Pair[] {
  const [a, b] = intern([reference.map(contentOf), cells.map(contentOf)])
  const runs = a !== undefined && b !== undefined ? commonRuns(a, b, MAX_CELL_DISTANCE) : undefined
  const inOrder = (runs ?? []).flatMap((run) =>
    pairUp(reference.slice(run.a, run.a + run.length), cells.slice(run.b, run.b + run.length)),
  )
  const paired = new Set(inOrder.flat())
  const left = new Map<string, Cell[]>()
  for (const cell of reference) {
    if (paired.has(cell)) continue
    const alike = left.get(contentOf(cell)) ?? []
    left.set(contentOf(cell), alike)
    alike.push(cell)
  }
  const moved = cells
    .filter((cell) => !paired.has(cell))
    .flatMap((cell) => pairUp(left.get(contentOf(cell))?.splice(0, 1) ?? [], [cell]))
  return [...inOrder, ...moved]
}

function contentOf(cell: Cell): string {
  return `${cell.type}\n${cell.source}`
}

function pairUp(reference: readonly Cell[], cells: readonly Cell[]): readonly Pair[] {
  return cells.flatMap((cell, index) => {
    const match = reference[index]
    return match === undefined ? [] : [[match, cell] as const]
  })
}

function similarSource(reference: readonly Cell[], cells: readonly Cell[]): readonly Pair[] {
  const pairs: Pair[] = []
  let from = 0
  for (const cell of cells) {
    const window = reference.slice(from, from + SIMILAR_WINDOW)
    const offset = window.findIndex(
      (other) => other.type === cell.type && isSimilar(other.source, cell.source),
    )
    const match = window[offset]
    if (match === undefined) continue
    pairs.push([match, cell])
    from += offset + 1
  }
  return pairs
}

/** True when at least half of the words of both are shared, in order. */
function isSimilar(a: string, b: string): boolean {
  const words = (text: string): readonly string[] => text.match(/\w+|[^\w\s]/g) ?? []
  const [aIds, bIds] = intern([words(a), words(b)])
  if (aIds === undefined || bIds === undefined || aIds.length === 0) return false
  const maxDistance = Math.min(Math.floor((aIds.length + bIds.length) / 2), MAX_WORD_DISTANCE)
  return commonRuns(aIds, bIds, maxDistance) !== undefined
}
