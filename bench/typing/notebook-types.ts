/** Shared types of a notebook, shaped as those of JupyterLab 4 (@jupyter/ydoc 4). */
import { Array as YArray, Map as YMap, Text as YText } from 'yjs'
import { base64OfLength, logOfLength } from './code-text.ts'
import { between, type Random } from './random.ts'

export type CellContent = {
  readonly id: string
  readonly type: 'code' | 'markdown'
  readonly source: string
  readonly executionCount: number | null
}

export type OutputKind = 'stream' | 'table' | 'plot'

/** What an output takes in an encoded state beside its text, in bytes, about. */
export const OUTPUT_OVERHEAD_BYTES: Readonly<Record<OutputKind, number>> = {
  stream: 120,
  table: 170,
  plot: 200,
}

export const NOTEBOOK_METADATA = {
  kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' },
  language_info: { file_extension: '.py', mimetype: 'text/x-python', name: 'python', version: '3.13.2' },
} as const

/** A cell that holds everything but its text and outputs: those are written later, as people do. */
export function createCell(cell: CellContent): YMap<unknown> {
  const entries: [string, unknown][] = [
    ['source', new YText()],
    ['metadata', new YMap(cell.type === 'code' ? [['trusted', true]] : [])],
    ['cell_type', cell.type],
    ['id', cell.id],
  ]
  if (cell.type === 'code')
    entries.push(
      ['outputs', new YArray()],
      ['execution_count', cell.executionCount],
      ['execution_state', 'idle'],
    )
  return new YMap(entries)
}

/** JupyterLab appends to the text of a stream in place, so that is a Y.Text. */
export function createStream(text: string, name: 'stdout' | 'stderr' = 'stdout'): YMap<unknown> {
  return new YMap<unknown>([
    ['output_type', 'stream'],
    ['name', name],
    ['text', new YText(text)],
  ])
}

/** `length` is that of its text: lines, table or picture. */
export function createOutput(random: Random, kind: OutputKind, length: number): YMap<unknown> {
  switch (kind) {
    case 'stream':
      return createStream(logOfLength(random, length))
    case 'table':
      return new YMap<unknown>([
        ['output_type', 'execute_result'],
        ['data', { 'text/html': tableOfLength(random, length), 'text/plain': '[rows x columns]' }],
        ['metadata', {}],
        ['execution_count', between(random, 1, 99)],
      ])
    case 'plot':
      return new YMap<unknown>([
        ['output_type', 'display_data'],
        [
          'data',
          { 'image/png': base64OfLength(random, length), 'text/plain': '<Figure size 640x480 with 1 Axes>' },
        ],
        ['metadata', { needs_background: 'light' }],
      ])
  }
}

export function outputsOf(ycell: YMap<unknown>): YArray<unknown> | undefined {
  const outputs = ycell.get('outputs')
  return outputs instanceof YArray ? outputs : undefined
}

export function sourceOf(ycell: YMap<unknown>): YText | undefined {
  const source = ycell.get('source')
  return source instanceof YText ? source : undefined
}

function tableOfLength(random: Random, length: number): string {
  const rows = ['<table>']
  for (let left = length - 15; left > 0;) {
    const row = `<tr><td>${between(random, 0, 9999)}</td><td>${random.next().toFixed(4)}</td></tr>`
    rows.push(row)
    left -= row.length
  }
  rows.push('</table>')
  return rows.join('')
}
