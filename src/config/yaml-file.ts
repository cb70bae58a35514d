import { LineCounter, type Node, type Pair, type YAMLMap, isMap, isNode, isScalar, parseDocument } from 'yaml'
import { variableOf } from './environment.ts'
import type { Fault, Origin } from './fault.ts'
import type { Entry, Layer } from './layer.ts'
import { type ConfigKey, KEYS, LISTS, SECTIONS } from './schema.ts'
import { closest } from './suggest.ts'

type FileContext = {
  readonly lineOf: (node: unknown) => Origin
  readonly toValue: (node: Node) => unknown
  readonly entries: Map<ConfigKey, Entry>
  readonly faults: Fault[]
}

/** What a YAML file says. `name` is how messages call the file. Never throws. */
export function yamlLayer(text: string, name: string): Layer {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Origin => ({ kind: 'file', file: name, line: lines.linePos(offset).line })
  const faults = document.errors.map((error) => ({
    key: 'The file',
    origin: at(error.pos[0]),
    problem: `is not valid YAML: ${error.message}`,
    fix: 'Correct that line.',
  }))
  const context: FileContext = {
    lineOf: (node) => at((isNode(node) ? node.range?.[0] : undefined) ?? 0),
    toValue: (node) => node.toJS(document),
    entries: new Map(),
    faults,
  }
  if (faults.length > 0) return context
  if (isMap(document.contents)) readRoot(document.contents, context)
  else if (document.contents !== null && !isEmpty(document.contents)) {
    faults.push({
      key: 'The file',
      origin: at(0),
      problem: 'does not hold a map of sections',
      fix: 'Write sections such as "server:" with indented keys below; see config/default.yaml.',
    })
  }
  return context
}

function readRoot(root: YAMLMap, context: FileContext): void {
  for (const pair of root.items) {
    const name = keyName(pair)
    if (Object.hasOwn(LISTS, name)) readKey(name as ConfigKey, pair, context)
    else if (Object.hasOwn(SECTIONS, name)) readSection(name, pair, context)
    else context.faults.push(unknownKey(name, undefined, context.lineOf(pair.key)))
  }
}

function readSection(name: string, pair: Pair, context: FileContext): void {
  if (pair.value === null || isEmpty(pair.value)) return
  if (!isMap(pair.value)) {
    const origin = context.lineOf(pair.key)
    const fix = 'Write its keys below it, indented.'
    context.faults.push({ key: name, origin, problem: 'is a section and holds no value itself', fix })
    return
  }
  for (const item of pair.value.items) {
    const key = `${name}.${keyName(item)}`
    if (isKnown(key)) readKey(key, item, context)
    else context.faults.push(unknownKey(key, name, context.lineOf(item.key)))
  }
}

function readKey(key: ConfigKey, pair: Pair, context: FileContext): void {
  const origin = context.lineOf(pair.key)
  const { value } = pair
  if (KEYS.get(key)?.secret === true) {
    const fix = `Remove it from the file; use ${key}File or the variable ${variableOf(key)}.`
    context.faults.push({ key, origin, problem: 'is a secret and may not stand in this file', fix })
  } else if (!isNode(value) || isEmpty(value)) {
    context.faults.push({ key, origin, problem: 'has no value', fix: 'Give it one, or remove the line.' })
  } else {
    context.entries.set(key, {
      value: context.toValue(value),
      origin,
      originOf: originWithin(value, context),
    })
  }
}

/** The line of the innermost part of `path` that exists. */
function originWithin(root: Node, context: FileContext): NonNullable<Entry['originOf']> {
  return (path) => {
    let node: unknown = root
    for (const step of path) {
      const next: unknown = hasGet(node) ? node.get(step, true) : undefined
      if (next === undefined) break
      node = next
    }
    return context.lineOf(node)
  }
}

function hasGet(node: unknown): node is { get(key: unknown, keepScalar: true): unknown } {
  return isMap(node) || (typeof node === 'object' && node !== null && 'get' in node)
}

function unknownKey(key: string, section: string | undefined, origin: Origin): Fault {
  const guess = guessKey(key, section)
  const fix = guess === undefined ? 'See config/default.yaml for the keys.' : `Did you mean ${guess}?`
  return { key, origin, problem: 'is not a key that Outrigger knows', fix }
}

/** A misspelt key of its section, a misspelt section, or a key that lives in another section. */
function guessKey(key: string, section: string | undefined): string | undefined {
  const last = key.slice(key.lastIndexOf('.') + 1)
  const siblings = [...KEYS.keys()].filter((known) => known.startsWith(`${section}.`))
  const sibling = closest(
    last,
    siblings.map((known) => known.slice(known.indexOf('.') + 1)),
  )
  if (section !== undefined && sibling !== undefined) return `${section}.${sibling}`
  const elsewhere = [...KEYS.keys()].find((known) => known.endsWith(`.${last}`))
  if (elsewhere !== undefined) return elsewhere
  return section === undefined ? closest(key, [...Object.keys(SECTIONS), ...Object.keys(LISTS)]) : undefined
}

function keyName(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
}

function isKnown(key: string): key is ConfigKey {
  return (KEYS as ReadonlyMap<string, unknown>).has(key)
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null
}
