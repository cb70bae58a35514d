/** How a figure grows: both axes logarithmic, so that what costs in proportion is a straight line. */
import { lineChart } from '../report/charts.ts'

export type Curve = {
  readonly title: string
  readonly unit: string
  readonly axis: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

const SIZE = { width: 460, height: 300 }
/** The points are doublings. */
const DOUBLED = 2

export function plotCurve({ title, unit, axis, points }: Curve): string {
  return lineChart({
    ...SIZE,
    title,
    x: { label: axis, scale: 'log', base: DOUBLED, min: points[0]?.[0], max: points.at(-1)?.[0] },
    y: { label: unit, scale: 'log' },
    lines: [{ name: title, points, hasDots: true, hasValues: true }],
  })
}
