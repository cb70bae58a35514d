/** Where in a room's document an author works. */
import * as Y from 'yjs'
import { outputsOf, sourceOf } from './notebook-types.ts'

export type Place = {
  readonly text: Y.Text
  /** The author's first character goes here. */
  readonly index: number
  /** The cell around it; undefined in text. */
  readonly cell: Y.Map<unknown> | undefined
}

export type Desk = {
  /** Number of the author, from 0. */
  readonly author: number
  /** How many authors the room is shared by. */
  readonly authors: number
}

/**
 * In a notebook each author has a code cell, and a line of it where there are more authors than cells.
 * In text each has a line. In an empty document all begin at the same place of the root `source`.
 * Throws for a notebook without code cells.
 */
export function placeOf(doc: Y.Doc, desk: Desk): Place {
  const cells = codeCells(doc)
  if (cells.length === 0) {
    if (doc.share.has('cells')) throw new Error('the notebook has no code cell to type in: give it one')
    const text = doc.getText('source')
    return { text, index: endOfLine(text.toJSON(), desk.author, desk.authors), cell: undefined }
  }
  const cell = cells[desk.author % cells.length]
  const text = cell === undefined ? undefined : sourceOf(cell)
  if (text === undefined) throw new Error('a code cell without a source')
  const inCell = Math.floor(desk.author / cells.length)
  const share = Math.ceil(desk.authors / cells.length)
  return { text, index: endOfLine(text.toJSON(), inCell, share), cell }
}

/** Those JupyterLab could show: with a text for their source and a list of outputs. */
export function codeCells(doc: Y.Doc): Y.Map<unknown>[] {
  if (!doc.share.has('cells')) return []
  return doc
    .getArray('cells')
    .toArray()
    .filter((cell): cell is Y.Map<unknown> => cell instanceof Y.Map && cell.get('cell_type') === 'code')
    .filter((cell) => sourceOf(cell) !== undefined && outputsOf(cell) !== undefined)
}

/** Spreads `count` people over the lines and returns the index at the end of the line of `person`. */
function endOfLine(text: string, person: number, count: number): number {
  if (text === '') return 0
  const lines = text.split('\n')
  // A last line without characters is only the end of the one before it.
  if (lines.length > 1 && lines.at(-1) === '') lines.pop()
  const line = Math.min(
    lines.length - 1,
    Math.floor(((person + 0.5) * lines.length) / Math.max(count, person + 1)),
  )
  return lines.slice(0, line + 1).reduce((sum, { length }) => sum + length + 1, -1)
}
