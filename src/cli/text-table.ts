import { cellWidth, printable } from '../lib/terminal-text.ts'

const GAP = '  '

/** Columns as wide as what stands in them; names from elsewhere cannot change the terminal. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = [head, ...rows.map((row) => row.map(printable))]
  const widths = head.map((_, column) => Math.max(...shown.map((row) => cellWidth(row[column] ?? ''))))
  const lines = shown.map((row) =>
    row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cellWidth(cell))).join(GAP),
  )
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}
