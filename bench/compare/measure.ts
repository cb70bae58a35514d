/** One run: a fresh server, the load, and an end to both whatever happens. */
import { runScenario } from '../load/coordinator.ts'
import type { Progress } from '../progress.ts'
import type { ManagedServer } from '../servers/managed-server.ts'
import type { PlannedRun } from './plan.ts'
import { type RunRecord, reduce } from './record.ts'
import { scenarioFor } from './workloads.ts'

/** How long a run that was told to end may take to do so, in milliseconds. */
const END_PATIENCE_MS = 15_000

export type Circumstances = {
  readonly peers: string
  readonly sitting: string
  readonly commit: string
  readonly command: string
  readonly onProgress: (progress: Progress) => void
  /** Ends the run early; the call then rejects with the signal's reason. */
  readonly signal: AbortSignal
}

/** Never rejects for what a server does: that is its outcome. */
export async function measure(run: PlannedRun, circumstances: Circumstances): Promise<RunRecord> {
  const { sitting, commit, command, signal } = circumstances
  const outcome = await outcomeOf(run, circumstances)
  signal.throwIfAborted()
  const { workload, target, repetition } = run
  return { workload: workload.name, target: target.name, repetition, sitting, commit, command, outcome }
}

async function outcomeOf(run: PlannedRun, circumstances: Circumstances): Promise<RunRecord['outcome']> {
  const { workload, target } = run
  const ending = new AbortController()
  const end = (): void => ending.abort(circumstances.signal.reason)
  circumstances.signal.addEventListener('abort', end, { once: true })
  const late = new Error(`not done after ${workload.limitSeconds} s`)
  const limit = setTimeout(() => ending.abort(late), workload.limitSeconds * 1000)
  let server: ManagedServer | undefined
  try {
    server = await target.start(circumstances.peers)
    ending.signal.throwIfAborted()
    const scenario = scenarioFor(workload.load, target, {
      url: server.roomUrl,
      roomPrefix: `${workload.name}-${run.repetition}`,
    })
    const { onProgress } = circumstances
    const result = await endedInTime(
      runScenario(scenario, { server, onProgress, signal: ending.signal }),
      ending.signal,
    )
    // A run that was cut short is not a measurement, whatever it returned.
    ending.signal.throwIfAborted()
    return { kind: 'measured', result: reduce(result) }
  } catch (error) {
    const cause: unknown = ending.signal.aborted ? ending.signal.reason : error
    return { kind: 'failed', why: firstLine(cause instanceof Error ? cause.message : String(cause)) }
  } finally {
    clearTimeout(limit)
    circumstances.signal.removeEventListener('abort', end)
    await stop(server)
  }
}

/** Waits no longer for a run that does not end although it was told to. */
async function endedInTime<Result>(run: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  let giveUp: (() => void) | undefined
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      timer = setTimeout(() => reject(signal.reason as Error), END_PATIENCE_MS)
    }
    signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([run, givenUp])
  } finally {
    clearTimeout(timer)
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp)
  }
}

async function stop(server: ManagedServer | undefined): Promise<void> {
  if (server === undefined) return
  try {
    // Nothing of it is needed any more, so no good order is waited for; `stop` removes its folder.
    await server.kill()
    await server.stop()
  } catch {
    // It is gone already, which is what was wanted.
  }
}

/** A worker's error comes with its stack, which says nothing in a table. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/^Error: /, '')
}
