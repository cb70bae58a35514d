/** What was promised and what was measured. */
import type { Section } from '../report/sections.ts'

export type Figure = {
  readonly what: string
  /** Undefined: it was not measured, which is a miss. */
  readonly value: number | undefined
  readonly limit: number
  readonly unit: '' | 'ms' | 'MiB' | '/s'
  readonly isMoreBetter?: boolean
  /** The load tool was the bottleneck: the figure says little about the server. */
  readonly isGeneratorLimited?: boolean
}

/** At the limit a count of lost edits is met, as is a rate; a time has to be below it. */
export function isMet({ value, limit, unit, isMoreBetter = false }: Figure): boolean {
  if (value === undefined || !Number.isFinite(value)) return false
  if (isMoreBetter) return value >= limit
  return unit === '' ? value <= limit : value < limit
}

export function figuresSection(figures: readonly Figure[]): Section {
  const limited = figures.some(({ isGeneratorLimited }) => isGeneratorLimited === true)
  return {
    title: 'The standard set',
    head: ['', 'measured', 'limit', ''],
    rows: figures.map((figure) => [
      figure.what,
      `${format(figure.value, figure.unit)}${figure.isGeneratorLimited === true ? ' †' : ''}`,
      `${signOf(figure)} ${format(figure.limit, figure.unit)}`,
      isMet(figure) ? 'ok' : 'MISS',
    ]),
    notes: limited ? ['† The load tool was the bottleneck: the server may do better.'] : [],
  }
}

function signOf({ unit, isMoreBetter = false }: Figure): string {
  return isMoreBetter ? '≥' : unit === '' ? '≤' : '<'
}

function format(value: number | undefined, unit: Figure['unit']): string {
  if (value === undefined || !Number.isFinite(value)) return 'none'
  const isTime = unit === 'ms' || unit === 'MiB'
  const text = value.toLocaleString('en-US', {
    maximumFractionDigits: isTime && value < 1000 ? 1 : 0,
    minimumFractionDigits: isTime && value < 1000 && !Number.isInteger(value) ? 1 : 0,
  })
  return unit === '' ? text : `${text} ${unit}`
}
