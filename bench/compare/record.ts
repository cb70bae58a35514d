/** The raw data of a comparison: one JSON document a line, appended as it is measured. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RunResult, Summary } from '../result.ts'
import type { KeptResult } from './metrics.ts'

export type RunRecord = {
  readonly workload: string
  readonly target: string
  /** From 1. */
  readonly repetition: number
  /** Start of the command that measured it; runs of one sitting may be set in relation. */
  readonly sitting: string
  readonly commit: string
  readonly command: string
  readonly outcome:
    | { readonly kind: 'measured'; readonly result: KeptResult }
    /** It crashed, hung or could not be started: `why` in a sentence. */
    | { readonly kind: 'failed'; readonly why: string }
}

export function keyOf(record: Pick<RunRecord, 'workload' | 'target' | 'repetition'>): string {
  return `${record.workload}/${record.target}/${record.repetition}`
}

/** Without what only a single run's page shows. */
export function reduce(whole: RunResult): KeptResult {
  const { timeline: _timeline, ...result } = whole
  const groups = result.groups.map((group) => ({
    ...group,
    latency: withoutCurve(group.latency),
    outputs: withoutCurve(group.outputs),
    presence: withoutCurve(group.presence),
    joins: withoutCurve(group.joins),
    catchUp: withoutCurve(group.catchUp),
  }))
  const steps = result.steps.map((step) => ({ ...step, latency: withoutCurve(step.latency) }))
  const generator = { ...result.generator, lag: withoutCurve(result.generator.lag) }
  return { ...result, groups, steps, generator }
}

function withoutCurve(summary: Summary): Summary {
  return { ...summary, curve: [] }
}

export function appendRecord(file: string, record: RunRecord): void {
  mkdirSync(dirname(file), { recursive: true })
  appendFileSync(file, `${JSON.stringify(record)}\n`)
}

/** Of runs that were made again, the last. A line that an interruption cut off counts as not there. */
export function readRecords(file: string): RunRecord[] {
  if (!existsSync(file)) return []
  const last = new Map<string, RunRecord>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const record = parseLine(line)
    if (record !== undefined) last.set(keyOf(record), record)
  }
  return [...last.values()]
}

function parseLine(line: string): RunRecord | undefined {
  try {
    return line.trim() === '' ? undefined : (JSON.parse(line) as RunRecord)
  } catch {
    return undefined
  }
}

/** A new comparison begins; the data of the last one stays beside it. */
export function setAside(file: string): void {
  if (existsSync(file)) renameSync(file, file.replace(/\.jsonl$/, '.previous.jsonl'))
}
