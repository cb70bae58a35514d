import { parseArgs } from 'node:util'
import { ConfigError } from '../config/fault.ts'
import { FLAGS, type FlagValues } from '../config/flags.ts'
import { closest } from '../config/suggest.ts'

export type CommandArguments = {
  /** What stands alone, without a flag; undefined when it is missing. */
  readonly operand: string | undefined
  /** The value of a flag, or undefined. */
  readonly text: (name: string) => string | undefined
  readonly isSet: (name: string) => boolean
  /** The flags that set configuration keys. */
  readonly flags: FlagValues
}

export const CONFIG_FLAGS = ['config', ...FLAGS.map(({ name }) => name)]

/**
 * Reads a command's flags. `valued` flags take a value, `plain` ones do not; `operand` names the one
 * word that may stand alone. Throws `ConfigError` for anything else.
 */
export function readArguments(
  args: readonly string[],
  allowed: {
    readonly valued: readonly string[]
    readonly plain?: readonly string[] | undefined
    readonly operand?: string | undefined
  },
): CommandArguments {
  const plain = allowed.plain ?? []
  const options = Object.fromEntries([
    ...allowed.valued.map((name) => [name, { type: 'string' }] as const),
    ...plain.map((name) => [name, { type: 'boolean' }] as const),
  ])
  const known = [...allowed.valued, ...plain]
  for (const arg of args) refuseUnknown(arg, known)
  const { values, positionals } = parse(args, options, allowed.operand !== undefined)
  const [operand, ...excess] = positionals
  if (excess.length > 0) throw misuse(`there is more than one ${allowed.operand}: ${positionals.join(' ')}`)
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    operand,
    text,
    isSet: (name) => values[name] === true,
    flags: Object.fromEntries(FLAGS.map(({ name }) => [name, text(name)])),
  }
}

type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>

function parse(
  args: readonly string[],
  options: Options,
  allowPositionals: boolean,
): { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals })
    return { values, positionals }
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw misuse(message.replace(/\.?( To specify .*)?$/, ''))
  }
}

function misuse(problem: string): ConfigError {
  return new ConfigError([{ key: 'command line', problem, fix: '`outrigger help` lists the flags.' }])
}

function refuseUnknown(arg: string, known: readonly string[]): void {
  const name = /^--([^=]+)/.exec(arg)?.[1]
  if (name === undefined || known.includes(name)) return
  const guess = closest(name, known)
  const fix = guess === undefined ? '`outrigger help` lists the flags.' : `Did you mean --${guess}?`
  throw new ConfigError([{ key: `--${name}`, problem: 'is not a flag of this command', fix }])
}
