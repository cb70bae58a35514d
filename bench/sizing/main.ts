/** `npm run bench:sizing`: runs the series and profiles, and writes docs/sizing.md from them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentCommit } from '../compare/commit.ts'
import { findPlaces } from '../compare/project.ts'
import { runScenario } from '../load/coordinator.ts'
import type { Draft } from '../plan/draft.ts'
import { PLAIN_SCENARIO } from '../plan/scenario.ts'
import type { RunResult } from '../result.ts'
import { startOutrigger } from '../servers/outrigger.ts'
import { sizingProfiles } from './profiles.ts'
import { type MeasuredProfile, type MeasuredSeries, renderSizing } from './render.ts'
import { SERIES, TIMES } from './series.ts'

/** Returns 0, or 1 when the verification of a run failed. */
export async function sizing(): Promise<number> {
  const { root } = findPlaces()
  const series: MeasuredSeries[] = []
  for (const one of SERIES) {
    const points: { x: number; result: RunResult }[] = []
    for (const x of one.points) {
      const draft = {
        ...PLAIN_SCENARIO,
        ...TIMES,
        name: `${one.name} ${x}`,
        roomPrefix: 'sizing',
        groups: [one.group(x)],
      }
      points.push({ x, result: await measure(draft) })
    }
    series.push({ series: one, points })
  }
  const profiles: MeasuredProfile[] = []
  for (const profile of sizingProfiles()) profiles.push({ ...profile, result: await measure(profile.draft) })
  const date = new Date().toISOString().slice(0, 10)
  const { markdown, plots } = renderSizing({ series, profiles, date, commit: currentCommit(root) })
  const directory = join(root, 'docs', 'sizing')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const [name, svg] of plots) writeFileSync(join(directory, name), svg)
  writeFileSync(join(root, 'docs', 'sizing.md'), markdown)
  const results = [
    ...series.flatMap(({ points }) => points.map(({ result }) => result)),
    ...profiles.map(({ result }) => result),
  ]
  return results.every(({ isPass }) => isPass) ? 0 : 1
}

/** A fresh server for each, so that no point carries the memory of another. */
async function measure(draft: Draft): Promise<RunResult> {
  const server = await startOutrigger()
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
