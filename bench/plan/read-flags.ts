/** The command line by the table of flags. */
import { parseArgs } from 'node:util'
import { ConfigError, type Fault } from '../../src/config/fault.ts'
import { closest } from '../../src/config/suggest.ts'
import { faultsOf, withQuantities } from './check-fields.ts'
import type { ScenarioPart } from './draft.ts'
import { FLAGS, type Flag } from './flags.ts'

export const HELP_FIX = '`outrigger bench --help` lists the flags.'

export type GivenFlags = {
  readonly text: (name: string) => string | undefined
  readonly isSet: (name: string) => boolean
  /** The flags that are keys of a scenario, as one. */
  readonly scenario: ScenarioPart
  /** Flags that say something of the load or the server: with none, the standard set is run. */
  readonly hasLoad: boolean
}

/** Not a load, but what becomes of the result. */
const NO_LOAD = new Set(['json', 'html', 'quiet'])

/** Throws a ConfigError that names every flag that is unknown or has a wrong value. */
export function readFlags(args: readonly string[]): GivenFlags {
  const values = parse(withAlones(args))
  const faults: Fault[] = []
  const scenario: Record<string, unknown> = {}
  for (const flag of FLAGS) {
    const text = values[flag.name]
    if (text === true && flag.path !== undefined) put(scenario, flag.path.split('.'), true)
    if (typeof text !== 'string' || flag.field === undefined) continue
    const value = valueOf(flag, text)
    const found = faultsOf({ field: flag.field, value, nameOf: () => `--${flag.name}` })
    if (found.length > 0) faults.push(...found)
    else if (flag.path !== undefined) put(scenario, flag.path.split('.'), value)
  }
  if (faults.length > 0) throw new ConfigError(faults)
  if (values['kill-after'] !== undefined) put(scenario, ['kill', 'after'], 'start')
  return {
    text: (name) => {
      const value = values[name]
      return typeof value === 'string' ? value : undefined
    },
    isSet: (name) => values[name] === true,
    scenario: scenario as ScenarioPart,
    hasLoad: Object.keys(values).some((name) => !NO_LOAD.has(name)),
  }
}

/** `--ramp` and `--json` may stand alone, which Node's parser has no notion of. */
function withAlones(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const flag = FLAGS.find(({ name, alone }) => alone !== undefined && arg === `--${name}`)
    const next = args[index + 1]
    return flag !== undefined && (next === undefined || next.startsWith('-')) ? `${arg}=${flag.alone}` : arg
  })
}

function parse(args: readonly string[]): Readonly<Record<string, unknown>> {
  const known = FLAGS.map(({ name }) => name)
  for (const arg of args) refuseUnknown(arg, known)
  const options = Object.fromEntries(
    FLAGS.map(({ name, placeholder }) => [
      name,
      { type: placeholder === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const problem = message.replace(/\.?( To specify .*)?$/, '')
    throw new ConfigError([{ key: 'command line', problem, fix: HELP_FIX }])
  }
}

function refuseUnknown(arg: string, known: readonly string[]): void {
  const name = /^--([^=]+)/.exec(arg)?.[1]
  if (name === undefined || known.includes(name)) return
  const guess = closest(name, known)
  const fix = guess === undefined ? HELP_FIX : `Did you mean --${guess}?`
  throw new ConfigError([{ key: `--${name}`, problem: 'is not a flag of the load tool', fix }])
}

function valueOf({ field }: Flag, text: string): unknown {
  if (field?.unit !== undefined) return withQuantities(field, text)
  const isNumber = field?.type === 'integer' || field?.type === 'number'
  return isNumber && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
}

/** Into maps, and lists where the step is a number. */
function put(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [last = '', ...above] = path.toReversed()
  let place: unknown = root
  above.toReversed().forEach((step, index) => {
    const next: unknown =
      Reflect.get(place as object, step) ?? (/^\d+$/.test(path[index + 1] ?? '') ? [] : {})
    Reflect.set(place as object, step, next)
    place = next
  })
  Reflect.set(place as object, last, value)
}
