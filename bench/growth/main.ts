/**
 * `npm run bench:growth`: runs the series and writes docs/growth.md from them. `--only NAME` runs one
 * series, `--quick` its first points; both print the page instead of writing it.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../src/config/fault.ts'
import { currentCommit } from '../compare/commit.ts'
import { findPlaces } from '../compare/project.ts'
import { measureSeries } from '../sizing/measure.ts'
import type { MeasuredSeries } from '../sizing/series-section.ts'
import type { Series } from '../sizing/series.ts'
import { renderGrowth } from './render.ts'
import { GROWTH } from './series.ts'

const QUICK_POINTS = 2
/** Those of the largest room, and whoever looks afterwards at what is in it. */
const ENVIRONMENT = { OUTRIGGER_ROOMS_MAX_SESSIONS: '1000' }

/** Returns 0, or 1 when the verification of a run failed. */
export async function growth(args: readonly string[]): Promise<number> {
  const { chosen, isPartial } = chooseSeries(args)
  const { root } = findPlaces()
  const series: MeasuredSeries[] = []
  for (const one of chosen) series.push(await measureSeries(one, 'growth', { env: ENVIRONMENT }))
  const date = new Date().toISOString().slice(0, 10)
  const { markdown, plots } = renderGrowth({ series, date, commit: currentCommit(root) })
  if (isPartial) process.stdout.write(markdown)
  else writePage(join(root, 'docs'), markdown, plots)
  const results = series.flatMap(({ points }) => points.map(({ result }) => result))
  return results.every(({ isPass }) => isPass) ? 0 : 1
}

/** Throws a `ConfigError` for flags that there are not. */
export function chooseSeries(args: readonly string[]): {
  readonly chosen: readonly Series[]
  readonly isPartial: boolean
} {
  const options = { only: { type: 'string' }, quick: { type: 'boolean' } } as const
  const { only, quick } = readFlags(() => parseArgs({ args: [...args], options }).values)
  const chosen = GROWTH.filter(({ name }) => only === undefined || name === only)
  const names = GROWTH.map(({ name }) => name).join(', ')
  if (chosen.length === 0) throw wrongFlags(`there is no series "${only}"`, `Choose one of: ${names}.`)
  if (quick !== true) return { chosen, isPartial: only !== undefined }
  return {
    chosen: chosen.map((one) => ({ ...one, points: one.points.slice(0, QUICK_POINTS) })),
    isPartial: true,
  }
}

function readFlags<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw wrongFlags(error instanceof Error ? error.message : String(error), 'There are --only and --quick.')
  }
}

function wrongFlags(problem: string, fix: string): ConfigError {
  return new ConfigError([{ key: 'growth', origin: { kind: 'command', name: 'bench growth' }, problem, fix }])
}

function writePage(docs: string, markdown: string, plots: ReadonlyMap<string, string>): void {
  const directory = join(docs, 'growth')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const [name, svg] of plots) writeFileSync(join(directory, name), svg)
  writeFileSync(join(docs, 'growth.md'), markdown)
}
