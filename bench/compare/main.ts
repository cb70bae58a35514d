/** `npm run bench:compare`: every server under every load, in turn, and the report of it. */
import { ConfigError } from '../../src/config/fault.ts'
import { formatFigure } from './figures.ts'
import { currentCommit } from './commit.ts'
import { installPeers } from './install-peers.ts'
import { type Circumstances, measure } from './measure.ts'
import { type CompareOptions, parseCompareOptions } from './options.ts'
import { type PlannedRun, planRuns } from './plan.ts'
import { type Places, findPlaces } from './project.ts'
import { type RunRecord, appendRecord, readRecords, setAside } from './record.ts'
import { TARGETS } from './targets.ts'
import { judge } from './verdict.ts'
import { WORKLOADS } from './workloads.ts'
import { writeReport } from './write-report.ts'

const USAGE_EXIT_CODE = 2
const INTERRUPTED_EXIT_CODE = 130

/**
 * Measures, then writes the report. Returns the exit code: 0; 1 when a run of Outrigger failed
 * (peers may, that is a finding); 2 for flags that are wrong; 130 when it was interrupted, with the
 * data so far kept for `--resume`.
 */
export async function compare(args: readonly string[]): Promise<number> {
  let options: CompareOptions
  try {
    options = parseCompareOptions(args)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    say(error.message)
    return USAGE_EXIT_CODE
  }
  const places = findPlaces()
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    if (!options.isRenderOnly) await measureAll(options, places, interruption.signal)
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    say('interrupted; go on with --resume')
    return INTERRUPTED_EXIT_CODE
  } finally {
    process.removeListener('SIGINT', interrupt)
    process.removeListener('SIGTERM', interrupt)
  }
  const records = readRecords(places.data)
  writeReport({ records, workloads: WORKLOADS, targets: TARGETS }, places)
  say(`written: ${places.report}`)
  return records.some(isOwnFailure) ? 1 : 0
}

async function measureAll(options: CompareOptions, places: Places, signal: AbortSignal): Promise<void> {
  if (options.isWhole && !options.isResumed) setAside(places.data)
  await installPeers(places)
  const done = options.isResumed ? readRecords(places.data) : []
  const runs = planRuns({ ...options, done })
  const circumstances = {
    peers: places.peers,
    sitting: new Date().toISOString(),
    commit: currentCommit(places.root),
    command: options.command,
    signal,
  }
  for (const [index, run] of runs.entries()) {
    signal.throwIfAborted()
    const title = `[${index + 1}/${runs.length}] ${run.workload.name} · ${run.target.label} · ${run.repetition}`
    const record = await measure(run, { ...circumstances, onProgress: progressLine(title) })
    appendRecord(places.data, record)
    clearLine()
    say(`${title}: ${describe(run, record)}`)
  }
}

function describe({ workload }: PlannedRun, record: RunRecord): string {
  const verdict = judge(record)
  if (!verdict.isCounted || record.outcome.kind !== 'measured') return verdict.words
  const { result } = record.outcome
  const figures = workload.metrics.map(
    (metric) =>
      `${metric.key} ${formatFigure(metric.of(result), metric.unit)}${metric.isGeneratorLimited(result) ? ' †' : ''}`,
  )
  return [...figures, verdict.words].join(', ')
}

function isOwnFailure(record: RunRecord): boolean {
  const isOwn = TARGETS.some(({ name, kind }) => name === record.target && kind === 'outrigger')
  return isOwn && !judge(record).isCounted
}

/** On a terminal one line that is written over; elsewhere a line for each run is enough. */
function progressLine(title: string): Circumstances['onProgress'] {
  if (!process.stderr.isTTY) return () => {}
  return ({ phase, done }) => {
    clearLine()
    process.stderr.write(`${title}: ${phase} ${Math.round(done * 100)} %`)
  }
}

function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
