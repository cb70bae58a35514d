/** The summary that is printed at the end. */
import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import type { RunResult } from '../result.ts'
import { describeGroup, describeScenario } from './describe.ts'
import { formatBytes } from './format.ts'
import { type Section, sectionsOf, verdictOf } from './sections.ts'

const LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Ends with a line feed. */
export function renderSummary(result: RunResult): string {
  const { scenario } = result
  return [
    describeScenario(scenario),
    ...scenario.groups.map((group) => `  ${describeGroup(group)}`),
    machineLine(result),
    '',
    ...sectionsOf(result).map(renderSection),
    verdictOf(result),
    '',
  ].join('\n')
}

export function machineLine({ node, machine }: Pick<RunResult, 'node' | 'machine'>): string {
  const { cpus, model, memoryBytes, platform } = machine
  return `Node ${node.replace(/^v/, '')} · ${cpus} × ${model || 'unknown CPU'} · ${formatBytes(memoryBytes)} · ${platform}`
}

export function renderSection({ title, head, rows, notes }: Section): string {
  const table = rows.length === 0 ? [] : [renderTable(head, rows)]
  return [title, ...table, ...notes.map((note) => `  ${printable(note)}`), ''].join('\n')
}

/** Names to the left, figures to the right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  })
  for (const row of rows) table.push(row.map(printable))
  return table.toString().replace(/[ \t]+$/gm, '')
}

/** Texts from the server (reasons of refusals) must not steer the terminal. */
function printable(text: string): string {
  return Array.from(stripVTControlCharacters(text), (char) => (isControl(char) ? ' ' : char)).join('')
}

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}
