import { Errors, type XSchema } from 'typebox/schema'
import type { Fault } from './fault.ts'
import type { Entry } from './layer.ts'
import { type ConfigKey, KEYS } from './schema.ts'
import { closest } from './suggest.ts'

type Schema = Readonly<Record<string, unknown>>
type Finding = ReturnType<typeof Errors>[1][number]
type Place = {
  readonly schema: Schema
  readonly value: unknown
  readonly name: string
  readonly entry: Entry
  readonly path: readonly (string | number)[]
}

/** What is wrong with one key's value, by its schema alone. */
export function checkShape(key: ConfigKey, entry: Entry): Fault[] {
  const schema = KEYS.get(key)
  if (schema === undefined) return []
  const [, findings] = Errors(schema as XSchema, entry.value)
  const seen = new Set<string>()
  return findings.flatMap((finding) => {
    // A place that is wrong in several ways is named once; `boolean` repeats `additionalProperties`.
    if (finding.keyword === 'boolean' || seen.has(finding.instancePath)) return []
    seen.add(finding.instancePath)
    return faultsAt(placeOf(finding, { schema, value: entry.value, name: key, entry, path: [] }), finding)
  })
}

function faultsAt(place: Place, finding: Finding): Fault[] {
  const base = { key: place.name, origin: place.entry.originOf?.(place.path) ?? place.entry.origin }
  if (finding.keyword === 'additionalProperties') {
    return finding.params.additionalProperties.map((name) => unknownName(name, place))
  }
  if (finding.keyword === 'required') {
    const fix = 'Add it; config/team.yaml shows an example.'
    return [{ ...base, problem: `lacks ${finding.params.requiredProperties.join(' and ')}`, fix }]
  }
  const { value, schema } = place
  if (Array.isArray(schema['reserved']) && schema['reserved'].includes(value)) {
    const fix = `Use ${listOf(schema['enum'])} until it does.`
    return [{ ...base, problem: `"${String(value)}" is a reserved word that does not work yet`, fix }]
  }
  const problem = `${quote(place)} is not ${expected(schema)}`
  return [{ ...base, problem, fix: fixFor(schema, value) }]
}

function unknownName(name: string, place: Place): Fault {
  const origin = place.entry.originOf?.([...place.path, name]) ?? place.entry.origin
  const key = `${place.name}.${name}`
  if (typeof place.schema['nameHint'] === 'string') {
    return { key, origin, problem: `"${name}" is not ${place.schema['nameHint']}`, fix: 'Rename it.' }
  }
  const guess = closest(name, Object.keys(place.schema['properties'] ?? {}))
  const fix =
    guess === undefined
      ? `Known are ${listOf(Object.keys(place.schema['properties'] ?? {}))}.`
      : `Did you mean ${guess}?`
  return { key, origin, problem: 'is not a key that Outrigger knows', fix }
}

function placeOf(finding: Finding, root: Place): Place {
  let place = root
  for (const step of finding.instancePath.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    place = stepInto(place, name)
  }
  return place
}

function stepInto(place: Place, name: string): Place {
  const { schema, value, entry } = place
  if (Array.isArray(value)) {
    const index = Number(name)
    const path = [...place.path, index]
    return {
      schema: asSchema(schema['items']),
      value: value[index],
      name: `${place.name}[${index}]`,
      entry,
      path,
    }
  }
  const inner =
    asSchema(schema['properties'])[name] ?? Object.values(asSchema(schema['patternProperties']))[0]
  const innerValue = asSchema(value)[name]
  const path = [...place.path, name]
  return { schema: asSchema(inner), value: innerValue, name: `${place.name}.${name}`, entry, path }
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {}
}

function expected(schema: Schema): string {
  const { hint, minimum, maximum, unit } = schema
  if (typeof hint === 'string') return hint
  if (Array.isArray(schema['enum'])) return `one of ${listOf(schema['enum'])}`
  switch (schema['type']) {
    case 'integer':
      return `a whole number from ${String(minimum)} to ${String(maximum)}${typeof unit === 'string' ? ` (${unit})` : ''}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a map of keys to values'
    default:
      return 'a text'
  }
}

function fixFor(schema: Schema, value: unknown): string {
  const choices = Array.isArray(schema['enum']) ? schema['enum'].map(String) : []
  const guess = typeof value === 'string' ? closest(value, choices) : undefined
  if (guess !== undefined) return `Did you mean ${guess}?`
  if (schema['type'] === 'integer' && typeof value === 'string' && /^\d+$/.test(value))
    return 'Remove the quotes.'
  if (schema['secret'] === true && typeof value === 'string' && value.startsWith('ort_')) {
    return 'This is the token itself, and now it is no secret any more: make a new one and write its hash here.'
  }
  return schema['default'] === undefined
    ? 'Correct it.'
    : `The default is ${JSON.stringify(schema['default'])}.`
}

/** The value as typed, shortened; never a secret, nor a structure that may hold one. */
function quote({ schema, value }: Place): string {
  if (schema['secret'] === true) return 'the value'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function listOf(values: unknown): string {
  return Array.isArray(values) ? values.map(String).join(', ') : ''
}
