/** One series as a part of a page: a table, plots, and the command of one point. */
import type { RunResult } from '../result.ts'
import { plotCurve } from './plots.ts'
import type { Figure, Series } from './series.ts'

export type Point = { readonly x: number; readonly result: RunResult }
export type MeasuredSeries = { readonly series: Series; readonly points: readonly Point[] }

export type Page = {
  /** Where the plots lie, seen from the page. */
  readonly folder: string
  /** File name -> SVG; the section adds its own. */
  readonly plots: Map<string, string>
  /** What a series' command runs. */
  readonly commandRuns: 'one point' | 'the series'
}

export function seriesSection({ series, points }: MeasuredSeries, page: Page): string[] {
  const images = series.figures.slice(0, 4).map((figure, index) => {
    const file = `${series.name}-${index + 1}.svg`
    const values = points.flatMap(({ x, result }) => {
      const y = figure.of(result)
      return y === undefined ? [] : [[x, y] as const]
    })
    const { label: title, unit } = figure
    page.plots.set(file, plotCurve({ title, unit, axis: series.axis, base: series.base, points: values }))
    return `![${title} over ${series.axis}](${page.folder}/${file})`
  })
  return [
    `## ${series.title}`,
    '',
    series.about,
    '',
    `| ${series.axis} | ${series.figures.map(({ label, unit }) => `${label}, ${unit}`).join(' | ')} | |`,
    `| --- | ${series.figures.map(() => '---').join(' | ')} | --- |`,
    ...points.map(
      ({ x, result }) =>
        `| ${x} | ${series.figures.map((figure) => cell(figure, result)).join(' | ')} | ${remark(result)} |`,
    ),
    '',
    ...images,
    '',
    `Both axes are logarithmic: where the line rises by one decade over one decade, twice as much costs twice. To run ${page.commandRuns} by itself:`,
    '',
    '```sh',
    series.command(points.at(-1)?.x ?? 1),
    '```',
    '',
  ]
}

function cell(figure: Figure, result: RunResult): string {
  const value = figure.of(result)
  return value === undefined ? '' : Number(value.toPrecision(3)).toLocaleString('en-US')
}

function remark({ isPass, generator }: RunResult): string {
  if (!isPass) return 'verification failed'
  return generator.isBottleneck ? 'the load tool was at its limit' : ''
}
