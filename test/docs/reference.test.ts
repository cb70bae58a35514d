/**
 * `docs/reference.md` lists what the code's tables hold, and nothing else. After a change of a table:
 *
 *   UPDATE_DOCS=1 node --import tsx --test test/docs/reference.test.ts
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { METRICS, type MetricRow } from '../../src/observability/metric-table.ts'
import { closeFrame } from '../../src/protocol/close-frame.ts'
import { CLOSE_REASONS, type CloseReason } from '../../src/protocol/close-reason.ts'
import { ERRORS } from '../../src/protocol/errors.ts'

const FILE = join(import.meta.dirname, '../../docs/reference.md')

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function reference(): string {
  const errors = Object.entries(ERRORS).map(([code, row]) => [
    `\`${code}\``,
    row.status,
    `\`${row.close}\``,
    row.level,
    row.message,
  ])
  const reasons = Object.entries(CLOSE_REASONS).map(([reason, row]) => {
    const lab = (isSynced: boolean): number => closeFrame(reason as CloseReason, 'jupyter', isSynced).code
    return [`\`${reason}\``, row.code, row.retry, lab(false), lab(true), row.text]
  })
  const metrics = Object.entries<MetricRow>(METRICS).map(([name, row]) => [
    `\`${name}\``,
    row.type,
    (row.labels ?? []).map((label) => `\`${label}\``).join(' '),
    row.help,
  ])
  return `# Reference

This page is made from the tables in the code; a test keeps it so.

## Errors

HTTP answers carry the status and \`{ "message": …, "code": … }\`; below \`outrigger/api/\` they are problems of RFC 9457 with \`title\`, \`status\` and \`detail\` as well. A websocket is closed with the close reason.

${table(['code', 'status', 'close reason', 'log level', 'message'], errors)}

## Close reasons

y-websocket 3 treats 4400 to 4499 as final and reconnects after everything else. JupyterLab's client gives some codes a meaning of its own, so it gets another code before and after its first sync; 1003 shows the person a dialog.

${table(['reason', 'code', 'try again', 'JupyterLab, before sync', 'after', 'text'], reasons)}

## Metrics

At \`outrigger/metrics\`, in the Prometheus text format, beside the usual process metrics. No label holds the name of a room, a file or a person.

${table(['name', 'type', 'labels', 'meaning'], metrics)}
`
}

test('docs/reference.md lists what the tables in the code hold', () => {
  const wanted = reference()
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, wanted)
  assert.equal(readFileSync(FILE, 'utf8'), wanted)
})
