import { Array as YArray, Map as YMap, Text as YText } from 'yjs'
import { type Json, type JsonObject, equalJson, toJson } from './json.ts'
import { type Cell, formatCell } from './notebook.ts'
import { createOutput, updateOutputs } from './outputs-model.ts'
import { applyTextDiff } from './text-diff.ts'

/** The shared types inside a cell. Editors hold on to these, so they are changed, never replaced. */
const SHARED_KEYS = ['source', 'metadata', 'outputs']

/** A new shared cell. `executionState` is what the cell had before it was moved. */
export function createCell(cell: Cell, executionState: Json | undefined): YMap<unknown> {
  const ycell = new YMap<unknown>(Object.entries(plainKeys(cell)))
  ycell.set('source', new YText(cell.source))
  ycell.set('metadata', new YMap(Object.entries(cell.metadata)))
  if (cell.type === 'code') {
    ycell.set('outputs', YArray.from(cell.outputs.map(createOutput)))
    ycell.set('execution_state', executionState ?? 'idle')
  }
  return ycell
}

/**
 * True when `ycell` can become `cell` by changing it. An editor binds to the type of a cell and to
 * its shared types when the cell appears, so a cell that has others must be replaced.
 */
export function canUpdate(ycell: unknown, cell: Cell): ycell is YMap<unknown> {
  return (
    ycell instanceof YMap &&
    ycell.get('cell_type') === cell.type &&
    ycell.get('source') instanceof YText &&
    ycell.get('metadata') instanceof YMap &&
    (cell.type !== 'code' || ycell.get('outputs') instanceof YArray)
  )
}

/** Turns `ycell`, which reads as `current`, into `next`. Equal parts are not touched. */
export function updateCell(ycell: YMap<unknown>, current: Cell, next: Cell): void {
  const source = ycell.get('source')
  const metadata = ycell.get('metadata')
  const outputs = ycell.get('outputs')
  if (source instanceof YText) applyTextDiff(source, next.source)
  if (metadata instanceof YMap) updateMap(metadata, next.metadata)
  if (outputs instanceof YArray && next.type === 'code') updateOutputs(outputs, current.outputs, next.outputs)
  updateMap(ycell, plainKeys(next), [...SHARED_KEYS, 'execution_state'])
}

/** Makes `ymap` hold exactly `next`, key by key, but for the keys in `except`. */
export function updateMap(ymap: YMap<unknown>, next: JsonObject, except: readonly string[] = []): void {
  for (const key of ymap.keys()) {
    if (!Object.hasOwn(next, key) && !except.includes(key)) ymap.delete(key)
  }
  for (const [key, value] of Object.entries(next)) {
    if (!except.includes(key) && !(ymap.has(key) && isAlready(ymap.get(key), value))) ymap.set(key, value)
  }
}

function isAlready(stored: unknown, value: Json): boolean {
  return stored !== undefined && equalJson(toJson(stored), value)
}

function plainKeys(cell: Cell): JsonObject {
  const entries = Object.entries(formatCell(cell)).filter(([key]) => !SHARED_KEYS.includes(key))
  return Object.fromEntries(entries)
}
