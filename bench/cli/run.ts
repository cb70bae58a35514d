/** One load: server, scenario, result. */
import { runScenario } from '../load/coordinator.ts'
import { folderBytes } from '../measure/process-usage.ts'
import type { BenchPlan } from '../plan/options.ts'
import type { Scenario } from '../plan/scenario.ts'
import type { Progress } from '../progress.ts'
import { createProgress } from '../report/progress.ts'
import { maskCommand, withoutSecrets } from '../report/secrets.ts'
import { renderSummary } from '../report/table.ts'
import type { RunResult, TimelinePoint } from '../result.ts'
import type { ManagedServer } from '../servers/managed-server.ts'
import { watchInterruption } from './interruption.ts'
import { type BenchIo, ExitCode } from './io.ts'
import { checkOutput, writeOutput } from './output.ts'
import { describeUnfinished } from './unfinished.ts'
import { endServer, startServer } from './run-server.ts'

type RunPlan = Extract<BenchPlan, { kind: 'run' }>

/** Rejects with a ConfigError, or when the server cannot be started or reached. */
export async function runLoad(plan: RunPlan, args: readonly string[], io: BenchIo): Promise<number> {
  checkOutput(plan.output)
  const interruption = watchInterruption()
  const points: TimelinePoint[] = []
  try {
    const result = await measure(plan, {
      io,
      signal: interruption.signal,
      onPoint: (point) => points.push(point),
    })
    const html = async (): Promise<string> =>
      (await import('../report/html.ts')).renderReport(result, maskCommand(args))
    await writeOutput({ text: renderSummary(result), json: withoutSecrets(result), html }, plan.output, io)
    return result.isPass ? ExitCode.pass : ExitCode.failed
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    io.note(describeUnfinished(plan.draft, points))
    return ExitCode.interrupted
  } finally {
    interruption.dispose()
  }
}

async function measure(
  plan: RunPlan,
  parts: {
    readonly io: BenchIo
    readonly signal: AbortSignal
    readonly onPoint: (point: TimelinePoint) => void
  },
): Promise<RunResult> {
  const { io, signal, onPoint } = parts
  const progress = createProgress({ stream: io.progress, isQuiet: plan.output.isQuiet })
  const onProgress = (step: Progress): void => {
    if (step.point !== undefined) onPoint(step.point)
    progress.show(step)
  }
  let server: ManagedServer | undefined
  try {
    onProgress({ phase: 'start', done: 0, note: 'starting' })
    server = await startServer(plan.server, plan.draft.url)
    signal.throwIfAborted()
    const scenario: Scenario = { ...plan.draft, url: plan.draft.url ?? server?.roomUrl ?? '' }
    const pid = plan.server.kind === 'running' ? plan.server.pid : undefined
    return withDisk(await runScenario(scenario, { server, pid, onProgress, signal }), plan)
  } finally {
    progress.end()
    if (server !== undefined) await endServer(server, signal.aborted)
  }
}

/** The engine measures the folders of servers that it may restart; of others we know it by the flag. */
function withDisk(result: RunResult, { server }: RunPlan): RunResult {
  if (server.kind !== 'running' || server.data === undefined || result.server === undefined) return result
  return { ...result, server: { ...result.server, diskBytes: folderBytes(server.data) } }
}
