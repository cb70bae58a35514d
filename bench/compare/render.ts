/** The report as Markdown: what was measured, on what, and nothing that was not. */
import { CPU_PER_1000, type Metric } from './metrics.ts'
import { formatFigure, formatMedian, formatRatio, formatSpread, formatVerdicts } from './figures.ts'
import type { RunRecord } from './record.ts'
import { type Row, bestOf, compareRows, tabulate } from './statistics.ts'
import type { Target } from './targets.ts'
import type { Workload } from './workloads.ts'

export type ReportInput = {
  readonly records: readonly RunRecord[]
  readonly workloads: readonly Workload[]
  readonly targets: readonly Target[]
}

/** A workload with its rows, for each of its metrics. */
export type Section = {
  readonly workload: Workload
  readonly records: readonly RunRecord[]
  readonly tables: readonly { readonly metric: Metric; readonly rows: readonly Row[] }[]
}

/** Those that were measured, in their order. */
export function sectionsOf({ records, workloads, targets }: ReportInput): Section[] {
  return workloads.flatMap((workload) => {
    const own = records.filter((record) => record.workload === workload.name)
    if (own.length === 0) return []
    const tables = workload.metrics.map((metric) => ({
      metric,
      rows: tabulate({ metric, records: own, targets }),
    }))
    return [{ workload, records: own, tables }]
  })
}

export function plotFile(workload: Workload, metric: Metric): string {
  return `${workload.name}-${metric.key}.svg`
}

export function renderReport(input: ReportInput): string {
  const sections = sectionsOf(input)
  if (sections.length === 0)
    return '# Outrigger compared\n\nNothing was measured yet. Run `npm run bench:compare`.\n'
  return `${[header(input.records), overview(sections), howToRead(), ...sections.map(renderSection)].join('\n\n')}\n`
}

function header(records: readonly RunRecord[]): string {
  const results = records.flatMap(({ outcome }) => (outcome.kind === 'measured' ? [outcome.result] : []))
  const sittings = unique(records.map(({ sitting }) => sitting)).toSorted()
  const machines = unique(
    results.map(({ machine }) => {
      const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(1)
      return `${machine.cpus} × ${machine.model.trim()}, ${gigabytes} GiB of memory, ${machine.platform}`
    }),
  )
  const repetitions = Math.max(...records.map(({ repetition }) => repetition))
  const lines = [
    `- date: ${sittings.map((sitting) => sitting.slice(0, 16).replace('T', ' ')).join(', ')} UTC`,
    `- commit: ${unique(records.map(({ commit }) => commit)).join(', ')}`,
    `- machine: ${machines.join('; ') || 'unknown, as no run was measured'}`,
    `- Node: ${unique(results.map(({ node }) => node)).join(', ') || process.version}`,
    `- command: ${unique(records.map(({ command }) => `\`${command}\``)).join(', ')}`,
    `- repetitions: ${repetitions}, the order of the servers turned from one to the next`,
    `- runs: ${records.length}, of which ${records.length - results.length} did not finish`,
  ]
  if (sittings.length > 1)
    lines.push(
      `- measured in ${sittings.length} sittings: where the servers of one repetition are not from the same, their ratio holds less`,
    )
  return `# Outrigger compared\n\nWritten by \`npm run bench:compare\`; do not edit.\n\n${lines.join('\n')}`
}

function howToRead(): string {
  return `## How to read the tables

Each run has a fresh server with an empty data folder in a process of its own, on the same machine as the clients: loopback, no network, no TLS. After each run every client's document is compared with what was sent; a run that fails this, or does not finish, gives no figure, only its verdict.

- *median* and *spread* (lowest to highest) are over the repetitions whose run counts.
- *to best peer* and *to best relay*: the figure by that of the best peer (relay) of the same repetition; the median over the repetitions. For times, CPU, memory and disk **below 1 is better**, for rates above 1.
- The *relay* is no server: it forwards frames with ws and knows no documents. It shows what Node and ws allow for one way of writing. A server that gathers edits may use less CPU than the relay that writes each by itself; the relay that writes 20 ms apart shows what gathering costs in time.
- *ahead* and *behind* are said only of at least three runs each whose spreads do not touch.
- CPU is the server's user and system time as Linux counts it.
- **†**: in at least one of the runs the load tool was at its own limit, so the figure tells of it rather than of the server. A rate with ≥ was not the server's limit.`
}

function overview(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ workload, tables }) =>
    tables.map(({ metric, rows: all }, index) => [
      index === 0 ? `[${workload.title}](#${workload.name})` : '',
      ...overviewCells(metric, all),
    ]),
  )
  const head = ['workload', 'figure', 'Outrigger', 'best peer', 'best relay', 'against the best peer']
  return `## At a glance\n\nOutrigger with its defaults.\n\n${table(head, rows)}`
}

function overviewCells(metric: Metric, rows: readonly Row[]): string[] {
  const own = rows.find(({ target }) => target.kind === 'outrigger')
  const peer = bestOf(rows, 'peer', metric)
  const relay = bestOf(rows, 'relay', metric)
  const withName = (row: Row | undefined): string =>
    row === undefined ? '–' : `${formatMedian(row, metric)} (${row.target.label})`
  const comparison = own === undefined || peer === undefined ? undefined : compareRows(own, peer, metric)
  return [
    metric.label,
    own?.median === undefined ? formatVerdicts(own?.verdicts ?? []) : formatMedian(own, metric),
    withName(peer),
    withName(relay),
    [formatRatio(own?.toBestPeer), ...(comparison === undefined ? [] : [comparison])].join(': '),
  ]
}

function renderSection({ workload, records, tables }: Section): string {
  const cpu = new Map(
    tabulate({
      metric: CPU_PER_1000,
      records,
      targets: tables[0]?.rows.map(({ target }) => target) ?? [],
    }).map((row) => [row.target.name, row.median] as const),
  )
  const parts = tables.map(({ metric, rows }, index) => {
    const isFirst = index === 0
    const head = ['server', 'median', 'spread', 'to best peer', 'to best relay']
    const hasCpu = isFirst && metric.key !== CPU_PER_1000.key && [...cpu.values()].some(isFigure)
    if (hasCpu) head.push('CPU for 1,000 deliveries')
    if (isFirst) head.push('verification')
    const body = rows.map((row) => {
      const cells = [
        row.target.label,
        formatMedian(row, metric),
        formatSpread(row, metric),
        formatRatio(row.toBestPeer),
        formatRatio(row.toBestRelay),
      ]
      if (hasCpu) cells.push(formatFigure(cpu.get(row.target.name), 'ms'))
      if (isFirst) cells.push(formatVerdicts(row.verdicts))
      return cells
    })
    const direction = metric.better === 'lower' ? 'less is better' : 'more is better'
    const picture = isFirst ? `\n\n![${metric.label}](results/${plotFile(workload, metric)})` : ''
    return `**${capital(metric.label)}** (${direction})\n\n${table(head, body)}${picture}`
  })
  return `<a id="${workload.name}"></a>\n\n## ${workload.title}\n\n${workload.about}\n\n${parts.join('\n\n')}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Words of a server's last output may end up in a cell. */
function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}

function isFigure(value: number | undefined): boolean {
  return value !== undefined
}
