import { type Doc, type Array as YArray, Map as YMap } from 'yjs'
import { alignCells } from './align-cells.ts'
import { canUpdate, createCell, updateCell, updateMap } from './cell-model.ts'
import { isDefaultCell, isSameCell } from './canonical.ts'
import { derivedId, withUniqueIds } from './cell-ids.ts'
import { type Json, type JsonObject, isJsonObject, toJson } from './json.ts'
import { longestIncreasing } from './longest-increasing.ts'
import {
  type Cell,
  NBFORMAT,
  type Notebook,
  formatNotebook,
  hasIdsInFile,
  parseCell,
  parseNotebook,
} from './notebook.ts'

/** One cell of the shared list as it reads, with where it lies. */
type Entry = {
  readonly index: number
  readonly ycell: unknown
  readonly cell: Cell
  /** Not part of the content. Read early: a deleted Y.Map has no keys. */
  readonly executionState: Json | undefined
}

/**
 * The shared notebook as nbformat JSON, every cell with its id. Total: whatever clients wrote, it
 * gives a notebook. The layout (roots `meta` and `cells`) is that of @jupyter/ydoc 4, version 2.0.0.
 *
 * Two clients that move one cell at the same time leave two cells with one id. A second one that is
 * the same is left out; one that differs gets an id of its own. `writeNotebook(doc,
 * readNotebook(doc))` makes that so in the document, and changes nothing otherwise.
 */
export function readNotebook(doc: Doc): JsonObject {
  const meta = toJson(doc.getMap('meta'))
  const notebook = parseNotebook(isJsonObject(meta) ? { ...meta, cells: [] } : {})
  const cells = readEntries(doc.getArray('cells')).map((entry) => entry.cell)
  return formatNotebook({ ...notebook, cells })
}

/**
 * Makes the shared notebook say `content` (nbformat JSON) with few changes: cells are matched by id,
 * text is edited in place, what is equal is not touched. Joins the caller's transaction. Never
 * touches the `state` root. A notebook without cells gets one empty code cell to type into.
 */
export function writeNotebook(doc: Doc, content: unknown): void {
  const notebook = parseNotebook(content)
  doc.transact(() => {
    writeMeta(doc.getMap('meta'), notebook)
    writeCells(doc.getArray('cells'), notebook)
  })
}

function writeMeta(meta: YMap<unknown>, { minor, metadata, unknown }: Notebook): void {
  const shared = meta.get('metadata')
  if (shared instanceof YMap) updateMap(shared, metadata)
  else meta.set('metadata', new YMap(Object.entries(metadata)))
  updateMap(meta, { ...unknown, nbformat: NBFORMAT, nbformat_minor: minor }, ['metadata'])
}

function writeCells(ycells: YArray<unknown>, notebook: Notebook): void {
  const entries = readEntries(ycells)
  const wanted = wantedCells(entries, notebook)
  const byId = new Map(entries.map((entry) => [entry.cell.id, entry]))
  const matches = wanted.map((cell) => {
    const entry = byId.get(cell.id)
    return entry !== undefined && canUpdate(entry.ycell, cell) ? entry : undefined
  })
  // Yjs cannot move an item: what is out of order is deleted and made anew, so keep the most.
  const kept = new Set(longestIncreasing(matches.map((entry) => entry?.index)))
  const keptIndexes = new Set([...kept].map((position) => matches[position]?.index))
  deleteOthers(ycells, keptIndexes)
  let position = 0
  while (position < wanted.length) {
    const entry = kept.has(position) ? matches[position] : undefined
    const cell = wanted[position]
    if (entry !== undefined && cell !== undefined && entry.ycell instanceof YMap) {
      updateCell(entry.ycell, entry.cell, cell)
      position++
      continue
    }
    let end = position
    while (end < wanted.length && !kept.has(end)) end++
    const inserted = wanted
      .slice(position, end)
      .map((next) => createCell(next, byId.get(next.id)?.executionState))
    ycells.insert(position, inserted)
    position = end
  }
}

function wantedCells(entries: readonly Entry[], notebook: Notebook): readonly Cell[] {
  const present = entries.map((entry) => entry.cell)
  if (notebook.cells.length === 0) {
    const [first, ...others] = present
    if (first !== undefined && others.length === 0 && isDefaultCell(first)) return [first]
    return [DEFAULT_CELL]
  }
  // Without ids in the file, the ids in `content` say nothing: what reads the same is the same cell.
  return hasIdsInFile(notebook)
    ? notebook.cells
    : alignCells(present, notebook.cells, ['id', 'source', 'similar'])
}

const DEFAULT_CELL: Cell = {
  id: derivedId(['default cell']),
  type: 'code',
  source: '',
  metadata: { trusted: true },
  outputs: [],
  executionCount: null,
  attachments: {},
  unknown: {},
}

/** The cells in order with unique ids, without exact copies and without what is no cell at all. */
function readEntries(ycells: YArray<unknown>): readonly Entry[] {
  const found: Entry[] = []
  const firsts = new Map<string, Cell>()
  for (const [index, ycell] of ycells.toArray().entries()) {
    const json = toJson(ycell)
    if (!isJsonObject(json)) continue
    const cell = parseCell(json)
    const first = firsts.get(cell.id)
    if (cell.id !== '' && first !== undefined && isSameCell(first, cell)) continue
    if (first === undefined) firsts.set(cell.id, cell)
    found.push({ index, ycell, cell, executionState: json['execution_state'] })
  }
  const cells = withUniqueIds(found.map((entry) => entry.cell))
  return found.map((entry, position) => ({ ...entry, cell: cells[position] ?? entry.cell }))
}

/** Deletes every cell that is not kept, in runs, from the end so that indexes stay right. */
function deleteOthers(ycells: YArray<unknown>, kept: ReadonlySet<number | undefined>): void {
  let end = ycells.length
  while (end > 0) {
    if (kept.has(end - 1)) {
      end--
      continue
    }
    let start = end - 1
    while (start > 0 && !kept.has(start - 1)) start--
    ycells.delete(start, end - start)
    end = start
  }
}
