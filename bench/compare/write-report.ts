/** Puts the report and its pictures where they belong. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plotRows } from './plots.ts'
import type { Places } from './project.ts'
import { type ReportInput, plotFile, renderReport, sectionsOf } from './render.ts'

/** Replaces the former report; pictures of workloads that are gone do not stay. */
export function writeReport(input: ReportInput, { report, plots }: Pick<Places, 'report' | 'plots'>): void {
  rmSync(plots, { recursive: true, force: true })
  mkdirSync(plots, { recursive: true })
  for (const { workload, tables } of sectionsOf(input)) {
    const first = tables[0]
    if (first === undefined) continue
    const svg = plotRows({ title: workload.title, metric: first.metric, rows: first.rows })
    writeFileSync(join(plots, plotFile(workload, first.metric)), `${svg}\n`)
  }
  writeFileSync(report, renderReport(input))
}
