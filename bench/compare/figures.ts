/** Figures as people read them: three digits, thousands separated, with their unit. */
import type { Metric, Unit } from './metrics.ts'
import type { Row } from './statistics.ts'

const NOTHING = '–'
/** Ratios this far from 1 need no decimals. */
const LARGE = 100

export function formatFigure(value: number | undefined, unit: Unit): string {
  return value === undefined ? NOTHING : withUnit(number(value), unit)
}

function withUnit(text: string, unit: Unit): string {
  if (unit === '/s') return `${text}/s`
  return unit === 'edits' ? text : `${text} ${unit}`
}

function number(value: number): string {
  if (value === 0) return '0'
  const digits = Math.abs(value) >= LARGE ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits })
}

export function formatRatio(ratio: number | undefined): string {
  if (ratio === undefined) return NOTHING
  if (ratio === 0) return '0'
  if (ratio >= LARGE) return ratio.toLocaleString('en-US', { maximumFractionDigits: 0 })
  // Small ones are the interesting ones: 0.004 must not become 0.00.
  return ratio >= 0.1 ? ratio.toFixed(2) : ratio.toPrecision(2)
}

/** The median, with what the generator's limits do to it. */
export function formatMedian(row: Row, metric: Metric): string {
  if (row.median === undefined) return NOTHING
  const text = formatFigure(row.median, metric.unit)
  if (row.generatorLimited === 0) return text
  return metric.better === 'higher' ? `≥ ${text} †` : `${text} †`
}

export function formatSpread(row: Row, metric: Metric): string {
  if (row.min === undefined || row.max === undefined) return NOTHING
  if (row.min === row.max) return formatFigure(row.min, metric.unit)
  return `${number(row.min)} – ${formatFigure(row.max, metric.unit)}`
}

/** "ok" when every run was; else what they were, equal ones together. */
export function formatVerdicts(verdicts: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const words of verdicts) counts.set(words, (counts.get(words) ?? 0) + 1)
  if (counts.size <= 1)
    return `${[...counts.keys()][0] ?? NOTHING} (${verdicts.length} of ${verdicts.length})`
  return [...counts].map(([words, runs]) => `${words} (${runs} of ${verdicts.length})`).join('; ')
}
