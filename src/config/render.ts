/** Configuration as YAML: with origins for `outrigger config`, with explanations for default.yaml. */
import { stringify } from 'yaml'
import { type Origin, formatOrigin } from './fault.ts'
import type { LoadedConfig } from './load.ts'
import { type ConfigKey, KEYS, type KeySchema, LISTS, SECTIONS } from './schema.ts'

/** Users and groups stand before the resource that names them. */
const ORDER = [
  'server',
  'data',
  'log',
  'auth',
  'jwt',
  'headers',
  'users',
  'groups',
  'resource',
  'audit',
  'jupyter',
  'rooms',
  'awareness',
  'limits',
]
const WIDTH = 96

/** The effective configuration, each value with its origin; secrets are masked. */
export function renderEffective({ config, origins }: LoadedConfig): string {
  const values = config as unknown as Readonly<Record<string, unknown>>
  return eachKey((name, keys) => {
    const isSection = Object.hasOwn(SECTIONS, name)
    const group = isSection ? (values[name] as Readonly<Record<string, unknown>>) : values
    return keys.flatMap((key) => {
      const last = key.slice(key.indexOf('.') + 1)
      const value = mask(KEYS.get(key), group[last])
      if (value === undefined) return []
      return assignment(last, value, comment(origins.get(key))).map((line) =>
        isSection ? `  ${line}` : line,
      )
    })
  })
}

/** Every key with its default and meaning: the text of `config/default.yaml`. */
export function renderDefaults(): string {
  const head = [
    'Every key of Outrigger, with its default. Copy the lines you want to change.',
    'A flag beats an environment variable, which beats the file, which beats the default.',
    'server.port is OUTRIGGER_SERVER_PORT in the environment, and so on for every key but lists of people.',
  ]
  const body = eachKey((name, keys) =>
    keys.flatMap((key) => {
      const schema = KEYS.get(key)
      const last = key.slice(key.indexOf('.') + 1)
      const lines = schema === undefined ? [] : [...explanation(schema), ...defaultLines(last, schema)]
      return Object.hasOwn(SECTIONS, name) ? lines.map((line) => `  ${line}`) : lines
    }),
  )
  return `${head.map((line) => `# ${line}`).join('\n')}\n\n${body}`
}

function eachKey(linesOf: (name: string, keys: readonly ConfigKey[]) => string[]): string {
  const blocks = ORDER.map((name) => {
    const keys = [...KEYS.keys()].filter((key) => key === name || key.startsWith(`${name}.`))
    const lines = linesOf(name, keys)
    if (Object.hasOwn(LISTS, name)) return lines
    const { description } = SECTIONS[name as keyof typeof SECTIONS]
    return [`# ${description}`, `${name}:`, ...lines]
  })
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function explanation(schema: KeySchema): string[] {
  const choices = Array.isArray(schema['enum']) ? ` One of: ${schema['enum'].join(', ')}.` : ''
  const unit = schema.unit === undefined ? '' : ` [${schema.unit}]`
  return wrap(`${schema.description}${choices}${unit}`).map((line) => `# ${line}`)
}

function defaultLines(name: string, schema: KeySchema): string[] {
  const example = schema.example === undefined ? [] : exampleLines(name, schema)
  if (schema.default === undefined) return example
  return [...assignment(name, schema.default), ...example]
}

/** A key without a default is shown commented out; a list with an example shows it below. */
function exampleLines(name: string, schema: KeySchema): string[] {
  const lines = (schema.example ?? '').split('\n')
  if (schema.default === undefined) return [`# ${name}: ${lines.join(' ')}`]
  return [`# ${name}:`, ...lines.map((line) => `#   ${line}`)]
}

function assignment(name: string, value: unknown, note = ''): string[] {
  const lines = stringify({ [name]: value }, { lineWidth: 0, defaultStringType: 'PLAIN' })
    .trimEnd()
    .split('\n')
  const [first = '', ...rest] = lines
  return [note === '' ? first : `${first} # ${note}`, ...rest]
}

function comment(origin: Origin | undefined): string {
  return origin === undefined ? 'default' : formatOrigin(origin)
}

/** Replaces what the schema calls secret, at any depth. */
function mask(schema: Readonly<Record<string, unknown>> | undefined, value: unknown): unknown {
  if (value === undefined || schema === undefined) return value
  if (Array.isArray(value)) return value.map((item) => mask(inner(schema['items']), item))
  if (schema['secret'] === true) return '********'
  if (typeof value !== 'object' || value === null) return value
  const properties = inner(schema['properties'])
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mask(inner(properties?.[key]), item)]),
  )
}

function inner(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof schema === 'object' && schema !== null
    ? (schema as Readonly<Record<string, unknown>>)
    : undefined
}

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
