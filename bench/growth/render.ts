/** docs/growth.md: the curves, the tables behind them and the commands. */
import { type MeasuredSeries, seriesSection } from '../sizing/series-section.ts'

export type GrowthReport = {
  readonly markdown: string
  /** File name -> SVG, beside the report in `growth/`. */
  readonly plots: ReadonlyMap<string, string>
}

export function renderGrowth(measured: {
  readonly series: readonly MeasuredSeries[]
  readonly date: string
  readonly commit: string
}): GrowthReport {
  const plots = new Map<string, string>()
  const first = measured.series[0]?.points[0]?.result
  const memory = ((first?.machine.memoryBytes ?? 0) / 2 ** 30).toFixed(0)
  const markdown = [
    '# How cost grows',
    '',
    'Written by `npm run bench:growth`; do not edit. Each point is one run of the load tool on a server of its own, with clients and server on one machine; [sizing.md](sizing.md) says how many people that makes.',
    '',
    `- date: ${measured.date}; commit ${measured.commit}`,
    `- machine: ${first?.machine.cpus} × ${first?.machine.model}, ${memory} GiB; Node ${first?.node}`,
    '- server: one process, defaults (`fsync: always`), but for the limit of people in a room',
    '',
    ...measured.series.flatMap((one) =>
      seriesSection(one, { folder: 'growth', plots, commandRuns: 'the series' }),
    ),
  ].join('\n')
  return { markdown, plots }
}
