import { type Pass, alignCells } from './align-cells.ts'
import { isSameCell, withoutDefaultCell, writtenMetadata } from './canonical.ts'
import { withUniqueIds } from './cell-ids.ts'
import { type JsonObject, omit } from './json.ts'
import { mergeCell } from './merge-cell.ts'
import { mergeOrder } from './merge-order.ts'
import { mergeObject, mergeValue } from './merge-values.ts'
import { type Cell, type Notebook, formatNotebook, hasIdsInFile, parseNotebook } from './notebook.ts'

export type NotebookMerge = {
  readonly content: JsonObject
  /** The disk's text of every cell that now has a conflict cell below it. */
  readonly conflicts: readonly string[]
}

/**
 * Three-way merge of notebook JSON: what only one side changed is taken, nothing either side wrote
 * is lost, and merging the result again with the same base and disk changes nothing.
 */
export function mergeNotebook(
  baseContent: unknown,
  liveContent: unknown,
  diskContent: unknown,
): NotebookMerge {
  const { base, live, disk } = align({
    base: withoutDefaultCell(parseNotebook(baseContent)),
    live: withoutDefaultCell(parseNotebook(liveContent)),
    disk: withoutDefaultCell(parseNotebook(diskContent)),
  })
  const merged = mergeCells({ base: base.cells, live: live.cells, disk: disk.cells })
  const content = formatNotebook({
    ...live,
    minor: mergeValue(base.minor, live.minor, disk.minor),
    metadata: mergeMetadata(base.metadata, live.metadata, disk.metadata),
    unknown: mergeObject(base.unknown, live.unknown, disk.unknown),
    cells: withUniqueIds(merged.cells),
  })
  return { content, conflicts: merged.conflicts }
}

type Sides<T> = { readonly base: T; readonly live: T; readonly disk: T }

/**
 * Gives the cells of all sides the ids of the live document. Below nbformat 4.5 a file has no ids,
 * so its cells are recognized by what they say; from 4.5 on that is only the second try, for tools
 * (and for nbformat itself, when a cell lacks one) that make new ids on every write.
 */
function align({ base, live, disk }: Sides<Notebook>): Sides<Notebook> {
  const hasIds = hasIdsInFile(base) && hasIdsInFile(disk)
  const passes: readonly Pass[] = base.areIdsGiven ? ['id'] : ['source', 'id', 'similar']
  const alignedBase = alignCells(live.cells, base.cells, passes)
  const baseIds = new Set(alignedBase.map((cell) => cell.id))
  const again = alignCells(alignedBase, disk.cells, hasIds ? ['id', 'source'] : ['source', 'similar'])
  const isInBase = (cell: Cell): boolean => baseIds.has(cell.id)
  const liveOnly = live.cells.filter((cell) => !isInBase(cell))
  const diskOnly = again.filter((cell) => !isInBase(cell))
  const added = alignCells(liveOnly, diskOnly, hasIds ? ['id', 'source'] : ['source'])
  const renamed = new Map(diskOnly.map((cell, index) => [cell, added[index] ?? cell]))
  return {
    base: { ...base, cells: alignedBase },
    live,
    disk: { ...disk, cells: withUniqueIds(again.map((cell) => renamed.get(cell) ?? cell)) },
  }
}

function mergeCells(sides: Sides<readonly Cell[]>): {
  readonly cells: readonly Cell[]
  readonly conflicts: readonly string[]
} {
  const base = byId(sides.base)
  const live = byId(sides.live)
  const disk = byId(sides.disk)
  const survivors = new Map<string, readonly Cell[]>()
  const conflicts: string[] = []
  for (const id of new Set([...live.keys(), ...disk.keys()])) {
    const [ofBase, ofLive, ofDisk] = [base.get(id), live.get(id), disk.get(id)]
    if (ofLive === undefined || ofDisk === undefined) {
      const only = ofLive ?? ofDisk
      const isDeleted = only === undefined || (ofBase !== undefined && isSameCell(only, ofBase))
      if (!isDeleted) survivors.set(id, [only])
      continue
    }
    const { cell, conflict } = mergeCell(ofBase, ofLive, ofDisk)
    const isNew = conflict !== undefined && !live.has(conflict.id) && !disk.has(conflict.id)
    survivors.set(id, isNew ? [cell, conflict] : [cell])
    if (isNew) conflicts.push(conflict.source)
  }
  const orders = { base: [...base.keys()], live: [...live.keys()], disk: [...disk.keys()] }
  const order = mergeOrder(orders, new Set(survivors.keys()))
  return { cells: order.flatMap((id) => survivors.get(id) ?? []), conflicts }
}

function byId(cells: readonly Cell[]): ReadonlyMap<string, Cell> {
  return new Map(cells.map((cell) => [cell.id, cell]))
}

/** An empty default that an editor added stays, but does not win over what the disk says. */
function mergeMetadata(base: JsonObject, live: JsonObject, disk: JsonObject): JsonObject {
  const written = writtenMetadata(live)
  const added = omit(live, Object.keys(written))
  return { ...added, ...mergeObject(writtenMetadata(base), written, writtenMetadata(disk)) }
}
