/** `npm run bench:sizing`: runs the series and profiles, and writes docs/sizing.md from them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentCommit } from '../compare/commit.ts'
import { findPlaces } from '../compare/project.ts'
import { measure, measureSeries } from './measure.ts'
import { sizingProfiles } from './profiles.ts'
import { type MeasuredProfile, renderSizing } from './render.ts'
import type { MeasuredSeries } from './series-section.ts'
import { SERIES } from './series.ts'

/** Returns 0, or 1 when the verification of a run failed. */
export async function sizing(): Promise<number> {
  const { root } = findPlaces()
  const series: MeasuredSeries[] = []
  for (const one of SERIES) series.push(await measureSeries(one, 'sizing'))
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
