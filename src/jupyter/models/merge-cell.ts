import { derivedId } from './cell-ids.ts'
import { mergeText } from './merge-text.ts'
import { type Json, type JsonObject, equalJson, omit } from './json.ts'
import { mergeObject, mergeValue } from './merge-values.ts'
import type { Cell } from './notebook.ts'

export type CellMerge = {
  readonly cell: Cell
  /** The disk's version, when its text could not be merged: it goes right below. */
  readonly conflict: Cell | undefined
}

/** Merges three versions of one cell; without a base (both sides added it) an empty one stands in. */
export function mergeCell(base: Cell | undefined, live: Cell, disk: Cell): CellMerge {
  const from = base ?? { ...live, source: '', metadata: {}, attachments: {}, unknown: {}, ...NOT_RUN }
  const source = mergeText(from.source, live.source, disk.source)
  const type = base === undefined ? live.type : mergeValue(base.type, live.type, disk.type)
  const run = type === 'code' ? mergeRun(from, live, disk) : { ...NOT_RUN, trusted: undefined }
  const metadata = mergeObject(untrusted(from), untrusted(live), untrusted(disk))
  const cell: Cell = {
    id: live.id,
    type,
    source: source.text,
    metadata: run.trusted === undefined ? metadata : { ...metadata, trusted: run.trusted },
    outputs: run.outputs,
    executionCount: run.executionCount,
    attachments: mergeObject(from.attachments, live.attachments, disk.attachments),
    unknown: mergeObject(from.unknown, live.unknown, disk.unknown),
  }
  return { cell, conflict: source.conflicts.length > 0 ? conflictCell(from, live, disk) : undefined }
}

const NOT_RUN = { outputs: [], executionCount: null } as const

/**
 * Outputs, their execution count and whether Jupyter trusts them are one thing: trust given to the
 * outputs of one side says nothing about those of the other.
 */
function mergeRun(base: Cell, live: Cell, disk: Cell): ReturnType<typeof runOf> {
  return isSameRun(live, base) && !isSameRun(disk, base) ? runOf(disk) : runOf(live)
}

function runOf({ outputs, executionCount, metadata }: Cell): Pick<Cell, 'outputs' | 'executionCount'> & {
  readonly trusted: Json | undefined
} {
  return { outputs, executionCount, trusted: metadata['trusted'] }
}

function isSameRun(a: Cell, b: Cell): boolean {
  return a.executionCount === b.executionCount && equalJson(a.outputs, b.outputs)
}

/**
 * The disk's version of a cell as a cell of its own. Its id follows from the cell and the text, so
 * the same conflict met twice gives the same cell. It has outputs only when the live ones won.
 */
function conflictCell(base: Cell, live: Cell, disk: Cell): Cell {
  const areOutputsLost = !isSameRun(disk, base) && !isSameRun(disk, live)
  const outrigger: JsonObject = { conflict: { cell: live.id } }
  return {
    ...disk,
    ...(areOutputsLost ? {} : NOT_RUN),
    id: derivedId(['conflict', live.id, disk.source]),
    metadata: { ...disk.metadata, outrigger },
  }
}

function untrusted(cell: Cell): JsonObject {
  return omit(cell.metadata, ['trusted'])
}
