import { sha256 } from './json.ts'
import type { Cell } from './notebook.ts'

/** An id within nbformat's grammar that the same seed always gives. */
export function derivedId(seed: readonly (string | number)[]): string {
  return sha256(JSON.stringify(seed)).slice(0, 16)
}

/**
 * Gives every cell an id of its own. The first cell with an id keeps it; a cell without one, or with
 * one that is taken, gets an id derived from its type and source and from how many such cells came
 * before. So two servers that import one file agree, and a cell inserted above changes no other id.
 */
export function withUniqueIds(cells: readonly Cell[], takenElsewhere?: ReadonlySet<string>): readonly Cell[] {
  const kept = firstsById(cells, takenElsewhere)
  const taken = new Set([...(takenElsewhere ?? []), ...[...kept].map((cell) => cell.id)])
  const counts = new Map<string, number>()
  return cells.map((cell) => {
    if (kept.has(cell)) return cell
    const content = JSON.stringify([cell.type, cell.source])
    let count = counts.get(content) ?? 0
    let id = derivedId([content, count])
    while (taken.has(id)) id = derivedId([content, ++count])
    counts.set(content, count + 1)
    taken.add(id)
    return { ...cell, id }
  })
}

function firstsById(cells: readonly Cell[], takenElsewhere?: ReadonlySet<string>): ReadonlySet<Cell> {
  const seen = new Set(takenElsewhere)
  return new Set(
    cells.filter((cell) => {
      if (cell.id === '' || seen.has(cell.id)) return false
      seen.add(cell.id)
      return true
    }),
  )
}
