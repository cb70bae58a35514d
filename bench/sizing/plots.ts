/** How a figure grows: both axes logarithmic, so that what costs in proportion is a straight line. */
import { lineChart } from '../report/charts.ts'

export type Curve = {
  readonly title: string
  readonly unit: string
  readonly axis: string
  /** What the axis is divided by; 2 where it is not said: most points are doublings. */
  readonly base?: number | undefined
  readonly points: readonly (readonly [x: number, y: number])[]
}

const SIZE = { width: 460, height: 300 }
const DOUBLED = 2

export function plotCurve({ title, unit, axis, base = DOUBLED, points }: Curve): string {
  return lineChart({
    ...SIZE,
    title,
    x: { label: axis, scale: 'log', base, min: points[0]?.[0], max: points.at(-1)?.[0] },
    y: { label: unit, scale: 'log' },
    lines: [{ name: title, points, hasDots: true, hasValues: true }],
  })
}
