/** How a figure grows: both axes logarithmic, so that a straight line of slope one is "twice costs twice". */
import { LineChart } from 'echarts/charts'
import { GridComponent, TitleComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

echarts.use([LineChart, GridComponent, TitleComponent, SVGRenderer])

const SIZE = { width: 460, height: 300 }
// Without quoted names: it ends up in attributes of the SVG.
const FONT = 'system-ui, Helvetica, Arial, sans-serif'

export type Curve = {
  readonly title: string
  readonly unit: string
  readonly axis: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export function plotCurve({ title, unit, axis, points }: Curve): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZE })
  try {
    const positive = points.filter(([, y]) => y > 0)
    const lowest = Math.min(...positive.map(([, y]) => y))
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: FONT, color: '#1f2933' },
      title: { text: `${title}, ${unit}`, left: 12, top: 8, textStyle: { fontSize: 14, color: '#1f2933' } },
      grid: { left: 60, right: 24, top: 48, bottom: 52 },
      xAxis: {
        type: 'log',
        logBase: 2,
        name: axis,
        nameLocation: 'middle',
        nameGap: 30,
        axisLabel: { color: '#52606d' },
        min: points[0]?.[0] ?? 1,
        max: points.at(-1)?.[0] ?? 2,
      },
      yAxis: {
        type: 'log',
        logBase: 10,
        min: 10 ** Math.floor(Math.log10(lowest)),
        axisLabel: {
          color: '#52606d',
          formatter: (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 }),
        },
        splitLine: { lineStyle: { color: '#e4e7eb' } },
      },
      series: [
        {
          type: 'line',
          data: positive.map(([x, y]) => [x, y]),
          symbolSize: 7,
          lineStyle: { width: 2, color: '#0b6e99' },
          itemStyle: { color: '#0b6e99' },
        },
      ],
    })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}
