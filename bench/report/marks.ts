/** What is drawn behind or across the lines of a chart, so that they are read rightly. */

export type Marks = {
  /** A horizontal line with its words. */
  readonly bound?: { readonly y: number; readonly label: string } | undefined
  /** Vertical lines: what happened when. */
  readonly events?: readonly { readonly x: number; readonly label: string }[] | undefined
  /** Grey stretches of the x axis. */
  readonly shades?: readonly (readonly [from: number, to: number])[] | undefined
}

const COLOR = '#b42318'

/** To be spread into one series of the chart. */
export function markOptions({ bound, events = [], shades = [] }: Marks): object {
  const lines = [
    ...(bound === undefined
      ? []
      : [{ yAxis: bound.y, label: { formatter: bound.label, position: 'insideEndTop' } }]),
    ...events.map(({ x, label }) => ({ xAxis: x, label: { formatter: label, position: 'end' } })),
  ]
  return {
    ...(lines.length === 0
      ? {}
      : {
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: COLOR, type: 'dashed', width: 1.5 },
            label: { color: COLOR },
            data: lines,
          },
        }),
    ...(shades.length === 0
      ? {}
      : {
          markArea: {
            silent: true,
            itemStyle: { color: '#7b8794', opacity: 0.14 },
            data: shades.map(([from, to]) => [{ xAxis: from }, { xAxis: to }]),
          },
        }),
  }
}
