/** One picture for a figure: a bar for each server, its spread as a line, as SVG. */
import { BarChart, CustomChart } from 'echarts/charts'
import { GridComponent, TitleComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import type { CustomSeriesRenderItem } from 'echarts'
import { SVGRenderer } from 'echarts/renderers'
import { formatMedian, formatVerdicts } from './figures.ts'
import type { Metric } from './metrics.ts'
import type { Row } from './statistics.ts'
import type { TargetKind } from './targets.ts'

echarts.use([BarChart, CustomChart, GridComponent, TitleComponent, SVGRenderer])

const COLORS: Readonly<Record<TargetKind, string>> = {
  outrigger: '#0b6e99',
  peer: '#b7791f',
  relay: '#8a94a0',
}
const WIDTH = 860
const BAR_HEIGHT = 34
const FRAME_HEIGHT = 120
/** What fits beside the labels. */
const MOST_WORDS = 85
/** Above this ratio of the longest bar to the shortest the axis is logarithmic. */
const LINEAR_UP_TO = 25
// Without quoted names: it ends up in attributes of the SVG.
const FONT = 'system-ui, Helvetica, Arial, sans-serif'

export function plotRows(of: {
  readonly title: string
  readonly metric: Metric
  readonly rows: readonly Row[]
}): string {
  const { title, metric } = of
  // The first server at the top: the axis counts from below.
  const rows = of.rows.toReversed()
  const positive = rows
    .flatMap(({ min, max }) => [min, max])
    .filter((value) => value !== undefined && value > 0)
  const lowest = Math.min(...(positive as number[]))
  // By what the bars show: one odd run must not bend the scale.
  const medians = rows.map(({ median }) => median ?? 0).filter((value) => value > 0)
  const isLog = medians.length > 0 && Math.max(...medians) / Math.min(...medians) > LINEAR_UP_TO
  const direction = metric.better === 'lower' ? 'less is better' : 'more is better'
  const scale = isLog ? ', logarithmic scale' : ''
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: FRAME_HEIGHT + rows.length * BAR_HEIGHT,
  })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: FONT, color: '#1f2933' },
      title: {
        text: title,
        subtext: `${metric.label} (${metric.unit}): ${direction}${scale}; line: lowest to highest`,
        left: 16,
        top: 10,
        textStyle: { fontSize: 15, color: '#1f2933' },
        subtextStyle: { fontSize: 12, color: '#52606d' },
      },
      grid: { left: 250, right: 130, top: 68, bottom: 36 },
      xAxis: {
        type: isLog ? 'log' : 'value',
        // A bar needs some length, also the shortest one.
        ...(isLog ? { min: 10 ** Math.floor(Math.log10(lowest * 0.9)) } : { min: 0 }),
        axisLabel: { color: '#52606d', hideOverlap: true, formatter: shortNumber },
        splitLine: { lineStyle: { color: '#e4e7eb' } },
      },
      yAxis: {
        type: 'category',
        data: rows.map(({ target }) => target.label),
        axisTick: { show: false },
        axisLabel: { color: '#1f2933', fontSize: 12 },
      },
      series: [
        {
          type: 'bar',
          barWidth: 18,
          data: rows.map((row) => ({
            value: row.median ?? 0,
            itemStyle: { color: COLORS[row.target.kind] },
          })),
        },
        {
          type: 'custom',
          data: rows.map((row, index) => [row.min ?? 0, row.max ?? 0, index]),
          renderItem: spreadLine,
        },
        {
          type: 'custom',
          data: rows.map((row, index) => [row.max ?? 0, 0, index]),
          renderItem: captions(rows, metric),
        },
      ],
    })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

/** 2,500,000 would run into its neighbors. */
function shortNumber(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact' })
}

const spreadLine: CustomSeriesRenderItem = (_, api) => {
  const [from, to, index] = [Number(api.value(0)), Number(api.value(1)), Number(api.value(2))]
  if (to <= 0 || from === to) return null
  const [x1 = 0, y = 0] = api.coord([from, index])
  const [x2 = 0] = api.coord([to, index])
  const line = (a: number, b: number, c: number, d: number): object => ({
    type: 'line',
    shape: { x1: a, y1: b, x2: c, y2: d },
    style: { stroke: '#1f2933', lineWidth: 1.5 },
  })
  const children = [line(x1, y, x2, y), line(x1, y - 4, x1, y + 4), line(x2, y - 4, x2, y + 4)]
  return { type: 'group', children } as ReturnType<CustomSeriesRenderItem>
}

/** The figure behind the bar's end; or, where there is none, why. */
function captions(rows: readonly Row[], metric: Metric): CustomSeriesRenderItem {
  return (params, api) => {
    const index = Number(api.value(2))
    const row = rows[index]
    if (row === undefined) return null
    const isCounted = row.median !== undefined
    const left = (params.coordSys as unknown as { readonly x: number }).x
    const [end = left, y = 0] = api.coord([Number(api.value(0)), index])
    const x = isCounted && Number.isFinite(end) ? Math.max(end, left) : left
    return {
      type: 'text',
      x: x + 8,
      y,
      style: {
        text: isCounted ? formatMedian(row, metric) : formatVerdicts(row.verdicts).slice(0, MOST_WORDS),
        fill: isCounted ? '#1f2933' : '#b42318',
        font: `12px ${FONT}`,
        verticalAlign: 'middle',
      },
    }
  }
}
