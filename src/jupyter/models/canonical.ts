import { type Json, type JsonObject, canonicalJson, equalJson, omit, sha256 } from './json.ts'
import {
  type Cell,
  type Notebook,
  formatCell,
  formatNotebook,
  hasIdsInFile,
  parseNotebook,
} from './notebook.ts'

/**
 * Text that is equal for two notebooks exactly when nothing in them differs that a person or a tool
 * wrote. Left out is what Jupyter's Contents API and JupyterLab change by themselves: nbformat strips
 * `signature`, `orig_nbformat` and `orig_nbformat_minor`, and marks code cells `trusted`; JupyterLab
 * adds an empty `kernelspec` and `language_info`, and one empty cell to a notebook without any.
 */
export function canonicalNotebook(content: unknown): string {
  return canonicalJson(canonicalForm(content))
}

/** Whether the canonical texts are equal, without building them. */
export function areEqualNotebooks(a: unknown, b: unknown): boolean {
  return a === b || equalJson(canonicalForm(a), canonicalForm(b))
}

function canonicalForm(content: unknown): Json {
  const notebook = withoutDefaultCell(parseNotebook(content))
  const cells = notebook.cells.map((cell) =>
    canonicalCell(hasIdsInFile(notebook) ? cell : { ...cell, id: '' }),
  )
  return {
    ...formatNotebook({ ...notebook, cells: [], metadata: writtenMetadata(notebook.metadata) }),
    cells,
  }
}

/** SHA-256 of a canonical text, for records that need not hold the content itself. */
export function canonicalHash(canonical: string): string {
  return sha256(canonical)
}

/** True when nothing but `trusted` differs, ids included. */
export function isSameCell(a: Cell, b: Cell): boolean {
  return a === b || equalJson(canonicalCell(a), canonicalCell(b))
}

/** The notebook's metadata without what nbformat strips and without JupyterLab's empty defaults. */
export function writtenMetadata(metadata: JsonObject): JsonObject {
  const stripped = omit(metadata, ['signature', 'orig_nbformat', 'orig_nbformat_minor'])
  const defaults = Object.keys(EMPTY_METADATA).filter((key) => equalJson(stripped[key], EMPTY_METADATA[key]))
  return omit(stripped, defaults)
}

/** True for the cell that stands for "no cells": editors need a place to type. */
export function isDefaultCell(cell: Cell): boolean {
  return (
    cell.type === 'code' &&
    cell.source === '' &&
    cell.outputs.length === 0 &&
    cell.executionCount === null &&
    [omit(cell.metadata, ['trusted']), cell.attachments, cell.unknown].every(isEmpty)
  )
}

/** A notebook whose only cell is an untouched empty one, as a notebook without cells. */
export function withoutDefaultCell(notebook: Notebook): Notebook {
  const [first, ...others] = notebook.cells
  const isEmptyNotebook = first !== undefined && others.length === 0 && isDefaultCell(first)
  return isEmptyNotebook ? { ...notebook, cells: [] } : notebook
}

const EMPTY_METADATA: JsonObject = {
  kernelspec: { name: '', display_name: '' },
  language_info: { name: '' },
}

function canonicalCell(cell: Cell): Json {
  return formatCell({ ...cell, metadata: omit(cell.metadata, ['trusted']) })
}

function isEmpty(object: JsonObject): boolean {
  return Object.keys(object).length === 0
}
