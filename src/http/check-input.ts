/**
 * What a request brings is checked against the schema of its route, the same that the OpenAPI
 * document shows. A fault names the field, what is wrong with it and what would be right.
 *
 * A `description` in such a schema is a phrase that follows "is not", such as "a name".
 */
import type { FastifySchemaCompiler } from 'fastify'
import { Errors, type XSchema } from 'typebox/schema'
import { closest } from '../config/suggest.ts'
import { SyncError } from '../protocol/errors.ts'

type Schema = Readonly<Record<string, unknown>>
type Finding = ReturnType<typeof Errors>[1][number]

const MAX_QUOTED = 60

/** Texts of an address become the numbers that the schema asks for; bodies are taken as they are. */
export const checkInput: FastifySchemaCompiler<Schema> = ({ schema, httpPart }) => {
  const isAddress = httpPart !== 'body'
  return (input: unknown) => {
    if (input === undefined || input === null) return { error: refusal('The request has no body.') }
    const value = isAddress ? withNumbers(schema, input) : input
    const [isFine, findings] = Errors(schema as XSchema, value)
    if (isFine) return { value }
    return { error: refusal(describe(schema, value, findings)) }
  }
}

function refusal(detail: string): SyncError {
  return new SyncError('bad_request', detail)
}

function describe(schema: Schema, value: unknown, findings: readonly Finding[]): string {
  // A misspelled name is missing, too; the name is the better hint. `boolean` repeats it, without the name.
  const unknown = findings.find(({ keyword }) => keyword === 'additionalProperties')
  const finding = unknown ?? findings.find(({ keyword }) => keyword !== 'boolean')
  if (finding === undefined) return 'The request is not well formed.'
  const steps = finding.instancePath.split('/').slice(1).map(unescape)
  const place = steps.join('.')
  if (finding.keyword === 'additionalProperties') {
    const [name = ''] = finding.params.additionalProperties
    const known = Object.keys(propertiesOf(schemaAt(schema, steps)))
    return `${[...steps, name].join('.')}: is not known here. ${suggestion(name, known)}`
  }
  if (finding.keyword === 'required') {
    const [name = ''] = finding.params.requiredProperties
    const wanted = expected(asSchema(propertiesOf(schemaAt(schema, steps))[name]))
    return `${[...steps, name].join('.')}: is missing. It should be ${wanted}.`
  }
  const found = quote(valueAt(value, steps))
  return `${place === '' ? 'The request' : `${place}: ${found}`} is not ${expected(schemaAt(schema, steps))}.`
}

function suggestion(name: string, known: readonly string[]): string {
  const guess = closest(name, known)
  if (guess !== undefined) return `Did you mean ${guess}?`
  return known.length === 0 ? 'Leave it out.' : `Known are ${known.join(', ')}.`
}

function expected({ enum: choices, description, type, minimum, maximum }: Schema): string {
  if (Array.isArray(choices)) return `one of ${choices.map(String).join(', ')}`
  if (typeof description === 'string') return description.replace(/\.$/, '')
  if (type === 'integer') return `a whole number from ${String(minimum)} to ${String(maximum)}`
  if (type === 'object') return 'a JSON object'
  return type === 'boolean' ? 'true or false' : 'a text'
}

function withNumbers(schema: Schema, input: unknown): unknown {
  const value: Record<string, unknown> = { ...(input as object) }
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    const { type, default: fallback } = asSchema(property)
    const text = value[name]
    if (text === undefined && fallback !== undefined) value[name] = fallback
    const isNumber = type === 'integer' || type === 'number'
    if (isNumber && typeof text === 'string' && /^-?\d+(\.\d+)?$/.test(text)) value[name] = Number(text)
  }
  return value
}

function schemaAt(schema: Schema, steps: readonly string[]): Schema {
  return steps.reduce((inner, step) => asSchema(propertiesOf(inner)[step] ?? inner['items']), schema)
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce((inner: unknown, step) => asSchema(inner)[step], value)
}

function propertiesOf(schema: Schema): Schema {
  return asSchema(schema['properties'])
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {}
}

function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

function quote(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED - 3)}…` : text
}
