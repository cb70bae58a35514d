import { parseArgs } from 'node:util'
import { ConfigError } from '../config/fault.ts'
import { FLAGS, type FlagValues } from '../config/flags.ts'
import { closest } from '../config/suggest.ts'

export type CommandArguments = {
  /** The value of a flag, or undefined. */
  readonly text: (name: string) => string | undefined
  readonly isSet: (name: string) => boolean
  /** The flags that set configuration keys. */
  readonly flags: FlagValues
}

export const CONFIG_FLAGS = ['config', ...FLAGS.map(({ name }) => name)]

/**
 * Reads a command's flags. `valued` flags take a value, `plain` ones do not. Throws `ConfigError`
 * for anything else.
 */
export function readArguments(
  args: readonly string[],
  allowed: { readonly valued: readonly string[]; readonly plain?: readonly string[] | undefined },
): CommandArguments {
  const plain = allowed.plain ?? []
  const options = Object.fromEntries([
    ...allowed.valued.map((name) => [name, { type: 'string' }] as const),
    ...plain.map((name) => [name, { type: 'boolean' }] as const),
  ])
  const known = [...allowed.valued, ...plain]
  const values = parse(args, options, known)
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    text,
    isSet: (name) => values[name] === true,
    flags: Object.fromEntries(FLAGS.map(({ name }) => [name, text(name)])),
  }
}

type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>

function parse(
  args: readonly string[],
  options: Options,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  for (const arg of args) refuseUnknown(arg, known)
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const problem = message.replace(/\.?( To specify .*)?$/, '')
    throw new ConfigError([{ key: 'command line', problem, fix: '`outrigger help` lists the flags.' }])
  }
}

function refuseUnknown(arg: string, known: readonly string[]): void {
  const name = /^--([^=]+)/.exec(arg)?.[1]
  if (name === undefined || known.includes(name)) return
  const guess = closest(name, known)
  const fix = guess === undefined ? '`outrigger help` lists the flags.' : `Did you mean --${guess}?`
  throw new ConfigError([{ key: `--${name}`, problem: 'is not a flag of this command', fix }])
}
