/** Runs the points of a series, each on a fresh server. */
import { runScenario } from '../load/coordinator.ts'
import type { Draft } from '../plan/draft.ts'
import { PLAIN_SCENARIO } from '../plan/scenario.ts'
import type { RunResult } from '../result.ts'
import { type OutriggerOptions, startOutrigger } from '../servers/outrigger.ts'
import { type Series, TIMES } from './series.ts'
import type { MeasuredSeries } from './series-section.ts'

export async function measureSeries(
  series: Series,
  roomPrefix: string,
  options: OutriggerOptions = {},
): Promise<MeasuredSeries> {
  const points: { x: number; result: RunResult }[] = []
  for (const x of series.points) {
    const draft = {
      ...PLAIN_SCENARIO,
      ...TIMES,
      ...series.scenario,
      name: `${series.name} ${x}`,
      roomPrefix,
      groups: [series.group(x)],
    }
    points.push({ x, result: await measure(draft, options) })
  }
  return { series, points }
}

/** A fresh server for each, so that no point carries the memory of another. */
export async function measure(draft: Draft, options: OutriggerOptions = {}): Promise<RunResult> {
  const server = await startOutrigger(options)
  try {
    const scenario = { ...draft, url: server.roomUrl }
    const result = await runScenario(scenario, { server })
    const cpu = ((result.steps[0]?.serverCpuShare ?? 0) * 100).toFixed(0)
    process.stderr.write(
      `${draft.name}: CPU ${cpu} %, p99 ${result.groups[0]?.latency.p99Ms.toFixed(1)} ms, ${result.isPass ? 'verified' : 'FAILED'}\n`,
    )
    return result
  } finally {
    await server.stop()
  }
}
