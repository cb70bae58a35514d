/** Values against their schema: quantities are read, all else that is wrong is named with its fix. */
import { Errors, type XSchema } from 'typebox/schema'
import type { Fault, Origin } from '../../src/config/fault.ts'
import { closest } from '../../src/config/suggest.ts'
import { parseBytes, parseMilliseconds, parseSeconds } from './quantity.ts'
import type { Field, Unit } from './schema.ts'

const PARSERS: Readonly<Record<Unit, (text: string) => number | undefined>> = {
  s: parseSeconds,
  ms: parseMilliseconds,
  bytes: parseBytes,
}

export type Path = readonly (string | number)[]

/** A copy with the quantities as numbers. What cannot be read stays as it is, for `faultsOf` to name. */
export function withQuantities(field: Field | undefined, value: unknown): unknown {
  if (field?.unit !== undefined && typeof value === 'string') return PARSERS[field.unit](value) ?? value
  if (Array.isArray(value)) return value.map((item: unknown) => withQuantities(field?.items, item))
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withQuantities(field?.properties?.[key], inner)]),
  )
}

/** `nameOf` makes the key of a message from a path; `originOf` tells where the value stands. */
export function faultsOf(of: {
  readonly field: Field
  readonly value: unknown
  readonly nameOf: (path: Path) => string
  readonly originOf?: (path: Path) => Origin
}): Fault[] {
  const [, findings] = Errors(of.field as XSchema, of.value)
  const named = new Set<string>()
  return findings.flatMap(({ keyword, instancePath, params }) => {
    // A place that is wrong in several ways is named once; `boolean` repeats `additionalProperties`.
    if (keyword === 'boolean' || named.has(instancePath)) return []
    named.add(instancePath)
    const path = stepsOf(instancePath)
    const { field, value } = walk(of.field, of.value, path)
    const at = (place: Path): Pick<Fault, 'key' | 'origin'> => ({
      key: of.nameOf(place),
      origin: of.originOf?.(place),
    })
    if (keyword === 'additionalProperties') {
      const known = Object.keys(field?.properties ?? {})
      const { additionalProperties } = params as { readonly additionalProperties: readonly string[] }
      return additionalProperties.map((name) => ({ ...at([...path, name]), ...unknownKey(name, known) }))
    }
    if (keyword === 'required') {
      const { requiredProperties } = params as { readonly requiredProperties: readonly string[] }
      return [{ ...at(path), problem: `lacks ${requiredProperties.join(' and ')}`, fix: 'Add it.' }]
    }
    return [{ ...at(path), ...wrongValue(value, field) }]
  })
}

function unknownKey(name: string, known: readonly string[]): Pick<Fault, 'problem' | 'fix'> {
  const guess = closest(name, known)
  const fix = guess === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${guess}?`
  return { problem: 'is not a key of a plan', fix }
}

function wrongValue(value: unknown, field: Field | undefined): Pick<Fault, 'problem' | 'fix'> {
  const hint = field?.hint ?? 'a value'
  const guess = typeof value === 'string' ? closest(value, field?.enum ?? []) : undefined
  return {
    problem: `${quote(value)} is not ${hint}`,
    fix: guess === undefined ? 'Correct it.' : `Did you mean ${guess}?`,
  }
}

function stepsOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}

function walk(root: Field, value: unknown, path: Path): { field: Field | undefined; value: unknown } {
  let place: { field: Field | undefined; value: unknown } = { field: root, value }
  for (const step of path) {
    const { field } = place
    place = {
      field: typeof step === 'number' ? field?.items : field?.properties?.[step],
      value: isMap(place.value) || Array.isArray(place.value) ? Reflect.get(place.value, step) : undefined,
    }
  }
  return place
}

function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMap(value)) return 'a map'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
