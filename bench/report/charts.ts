/** Pictures of figures as SVG, drawn without a browser. */
import { BarChart, LineChart } from 'echarts/charts'
import {
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
} from 'echarts/components'
import * as echarts from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { type Marks, markOptions } from './marks.ts'

echarts.use([
  BarChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
])

export type Axis = {
  readonly label: string
  /** `log` draws values above 0 only. */
  readonly scale?: 'linear' | 'log' | undefined
  /** Of a `log` axis, one tick each; 10. */
  readonly base?: number | undefined
  /** Of a tick; else the number, shortened. */
  readonly format?: ((value: number) => string) | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Distance of ticks. */
  readonly interval?: number | undefined
}

/** Without `y` the line is interrupted: there was nothing to measure. */
export type Point = readonly [x: number, y: number | undefined]

export type Line = {
  readonly name: string
  readonly points: readonly Point[]
  /** To be read at the right axis, if the chart has one. */
  readonly isRight?: boolean | undefined
  /** A dot at each point: for measured steps, as opposed to a course. */
  readonly hasDots?: boolean | undefined
  /** The value beside each dot. */
  readonly hasValues?: boolean | undefined
}

export type LinePlot = {
  readonly title: string
  readonly subtitle?: string | undefined
  readonly x: Axis
  readonly y: Axis
  readonly right?: Axis | undefined
  readonly lines: readonly Line[]
  readonly marks?: Marks | undefined
  readonly width?: number | undefined
  readonly height?: number | undefined
}

export type BarPlot = {
  readonly title: string
  readonly subtitle?: string | undefined
  readonly categories: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[]
  readonly value: Axis
  readonly width?: number | undefined
  readonly height?: number | undefined
}

/** Distinguishable without color vision (Okabe and Ito), on white. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f']
const TEXT = '#1f2933'
const QUIET_TEXT = '#52606d'
const GRID = '#e4e7eb'
// Without quoted names: it ends up in attributes of the SVG.
const FONT = 'system-ui, Helvetica, Arial, sans-serif'
const SIZE = { width: 860, height: 340 }

export function lineChart(plot: LinePlot): string {
  return draw(plot, {
    ...frame(plot, plot.lines.length > 1),
    xAxis: axis(plot.x, 'middle'),
    yAxis: [
      axis(plot.y, 'end'),
      ...(plot.right === undefined ? [] : [{ ...axis(plot.right, 'end'), ...QUIET_AXIS }]),
    ],
    series: plot.lines.map((line, index) => ({
      ...lineSeries(line, plot),
      ...(index === 0 ? markOptions(plot.marks ?? {}) : {}),
    })),
  })
}

function lineSeries(line: Line, plot: LinePlot): object {
  const isRight = line.isRight === true
  const y = isRight ? (plot.right ?? plot.y) : plot.y
  const points = drawable(line.points, plot.x, y)
  const { format = shortNumber } = y
  return {
    type: 'line',
    name: line.name,
    yAxisIndex: isRight ? 1 : 0,
    // A point alone between two interruptions has no line that would show it.
    data: points.map((point, at) => ({
      value: [point[0], point[1] ?? null],
      symbol: line.hasDots === true || isAlone(points, at) ? 'circle' : 'none',
    })),
    symbol: 'circle',
    symbolSize: 6,
    lineStyle: { width: 2 },
    label: {
      show: line.hasValues === true,
      position: 'top',
      color: 'inherit',
      formatter: ({ value }: { readonly value: readonly [number, number] }) => format(value[1]),
    },
  }
}

function isAlone(points: readonly Point[], at: number): boolean {
  return points[at - 1]?.[1] === undefined && points[at + 1]?.[1] === undefined
}

export function barChart(plot: BarPlot): string {
  return draw(plot, {
    ...frame(plot, plot.series.length > 1),
    xAxis: {
      type: 'category',
      data: plot.categories,
      axisTick: { show: false },
      axisLabel: { color: TEXT, interval: 0, hideOverlap: false },
    },
    yAxis: axis(plot.value, 'end'),
    series: plot.series.map(({ name, values }) => ({
      type: 'bar',
      name,
      barMaxWidth: 48,
      data: values.map((value) => value ?? '-'),
    })),
  })
}

function draw(
  size: { readonly width?: number | undefined; readonly height?: number | undefined },
  option: echarts.EChartsCoreOption,
): string {
  const { width = SIZE.width, height = SIZE.height } = size
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption(option)
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

/** Title, legend and colors: what all charts share. */
function frame(
  { title, subtitle = '' }: { readonly title: string; readonly subtitle?: string | undefined },
  hasLegend: boolean,
): echarts.EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    color: COLORS,
    textStyle: { fontFamily: FONT, color: TEXT },
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 10,
      textStyle: { fontSize: 15, color: TEXT },
      subtextStyle: { fontSize: 12, color: QUIET_TEXT },
    },
    legend: { show: hasLegend, right: 16, top: 10, itemWidth: 18, itemGap: 24, textStyle: { color: TEXT } },
    grid: { left: 76, right: 76, top: subtitle === '' ? 74 : 92, bottom: 52 },
  }
}

/** The right axis has no lines of its own: two grids cannot be read. */
const QUIET_AXIS = { splitLine: { show: false } }

function axis(
  { label, scale = 'linear', base = 10, format = shortNumber, min, max, interval }: Axis,
  place: 'middle' | 'end',
): object {
  return {
    ...(scale === 'log' ? { type: 'log', logBase: base } : { type: 'value' }),
    name: label,
    nameLocation: place,
    nameGap: place === 'middle' ? 30 : 12,
    nameTextStyle: { color: QUIET_TEXT },
    axisLine: { show: true, lineStyle: { color: '#9aa5b1' } },
    axisLabel: { color: QUIET_TEXT, hideOverlap: true, formatter: format },
    splitLine: { lineStyle: { color: GRID } },
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(interval === undefined ? {} : { interval }),
  }
}

/** A logarithm of 0 would leave a hole in the middle of the line. */
function drawable(points: readonly Point[], x: Axis, y: Axis): readonly Point[] {
  return points.filter(
    ([a, b]) => (x.scale !== 'log' || a > 0) && (y.scale !== 'log' || b === undefined || b > 0),
  )
}

/** 2,500,000 would run into its neighbors. */
function shortNumber(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 })
}
