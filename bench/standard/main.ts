/** The standard set: each load on an Outrigger of its own, then one table against the limits. */
import { LIMITS } from '../config.ts'
import { ExitCode, type BenchIo } from '../cli/io.ts'
import { watchInterruption } from '../cli/interruption.ts'
import { checkOutput, writeOutput } from '../cli/output.ts'
import { endServer } from '../cli/run-server.ts'
import { runScenario } from '../load/coordinator.ts'
import { settle } from '../plan/draft.ts'
import type { OutputPlan } from '../plan/options.ts'
import { createProgress } from '../report/progress.ts'
import { verdictOf } from '../report/sections.ts'
import { machineLine, renderSection } from '../report/table.ts'
import type { RunResult } from '../result.ts'
import { startOutrigger } from '../servers/outrigger.ts'
import { type Figure, figuresSection, isMet } from './figures.ts'
import { STANDARD_LOADS, type StandardLoad } from './loads.ts'
import { measureMemory } from './memory.ts'
import { measureStartUp } from './start-up.ts'

const MIB = 1024 * 1024

type Found = {
  readonly figures: Figure[]
  readonly results: RunResult[]
  /** One sentence each: runs that failed, whatever their speed. */
  readonly failures: string[]
}

export async function runStandard(plan: OutputPlan, io: BenchIo): Promise<number> {
  checkOutput(plan)
  const interruption = watchInterruption()
  const found: Found = { figures: [], results: [], failures: [] }
  try {
    await measureAll(found, { plan, io, signal: interruption.signal })
  } catch (error) {
    if (!interruption.signal.aborted) throw error
  } finally {
    interruption.dispose()
  }
  const isWhole = !interruption.signal.aborted
  if (!isWhole) found.failures.push('interrupted: the rest was not measured')
  const isPass = found.failures.length === 0 && found.figures.every(isMet)
  await writeOutput(
    { text: renderText(found), json: { isPass, ...found }, html: async () => page(found) },
    plan,
    io,
  )
  if (!isWhole) return ExitCode.interrupted
  return isPass ? ExitCode.pass : ExitCode.failed
}

type Circumstances = { readonly plan: OutputPlan; readonly io: BenchIo; readonly signal: AbortSignal }

async function measureAll(found: Found, circumstances: Circumstances): Promise<void> {
  const { io, plan, signal } = circumstances
  const say = (text: string): void => {
    if (!plan.isQuiet) io.note(text)
  }
  const total = STANDARD_LOADS.length + 2
  for (const [index, load] of STANDARD_LOADS.entries()) {
    const result = await measureLoad(load, `${index + 1}/${total} ${load.name}`, circumstances)
    found.results.push(result)
    const isGeneratorLimited = result.generator.isBottleneck && load.isIndependent !== true
    found.figures.push(...load.figures(result).map((figure) => ({ ...figure, isGeneratorLimited })))
    if (!result.isPass)
      found.failures.push(
        `${load.name}: ${verdictOf(result).replace(/^FAIL: /, '')}`,
        ...result.verification.failures.map((why) => `${load.name}: ${why}`),
      )
  }
  say(`${total - 1}/${total} memory`)
  const memory = await measureMemory(signal)
  found.figures.push({
    what: 'memory (RSS) with one open 1 MB notebook',
    value: memory.rssBytes / MIB,
    limit: LIMITS.rssBytes / MIB,
    unit: 'MiB',
  })
  say(`${total}/${total} start-up`)
  const times = await measureStartUp(signal)
  found.figures.push({
    what: 'start to ready, empty data folder, median',
    value: times[Math.floor(times.length / 2)],
    limit: LIMITS.readyMs,
    unit: 'ms',
  })
}

async function measureLoad(
  { name, scenario }: StandardLoad,
  title: string,
  { plan, io, signal }: Circumstances,
): Promise<RunResult> {
  signal.throwIfAborted()
  const progress = createProgress({ stream: io.progress, isQuiet: plan.isQuiet, title })
  const server = await startOutrigger({ fsync: 'always' })
  try {
    signal.throwIfAborted()
    const draft = settle({ plan: { name, ...scenario }, roomPrefix: 'standard' })
    return await runScenario(
      { ...draft, url: server.roomUrl },
      { server, signal, onProgress: (step) => progress.show(step) },
    )
  } finally {
    progress.end()
    await endServer(server, signal.aborted)
  }
}

function renderText({ figures, results, failures }: Found): string {
  const [first] = results
  return [
    ...(first === undefined ? [] : [machineLine(first), '']),
    renderSection(figuresSection(figures)),
    ...failures.map((failure) => `FAIL ${failure}`),
    failures.length === 0 && figures.every(isMet) ? 'PASS' : 'FAIL',
    '',
  ].join('\n')
}

async function page({ figures, results, failures }: Found): Promise<string> {
  const html = await import('../report/html.ts')
  const isPass = failures.length === 0 && figures.every(isMet)
  return html.renderPage('Load test: the standard set', [
    html.renderVerdict(isPass, isPass ? 'PASS' : 'FAIL'),
    html.renderSection(figuresSection(figures)),
    ...(failures.length === 0
      ? []
      : [html.renderSection({ title: 'Failures', head: [], rows: [], notes: failures })]),
    ...results.map((result) => `<h2>${html.escape(result.scenario.name)}</h2>\n${html.renderRun(result)}`),
  ])
}
