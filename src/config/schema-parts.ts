/**
 * The vocabulary of the configuration schema: TypeBox's plain JSON Schema form.
 *
 * TypeBox's builder functions would produce the same objects, but importing them costs a quarter of
 * a second at every start (700 module files); its checker and its type inference work on these.
 * A key with a `default` always has a value; a key without one may be absent.
 */
import type { XStatic } from 'typebox/schema'

/** What every key says about itself beyond JSON Schema. */
export type KeyFacts = {
  readonly description: string
  readonly default?: unknown
  readonly unit?: string
  /** Never printed, and never taken from a file or a flag. */
  readonly secret?: boolean
  /** How a value looks, for keys without a default. */
  readonly example?: string
}

const MAX_TIMER_MS = 2 ** 31 - 1

export function milliseconds<const Default extends number>(
  value: Default,
  description: string,
  minimum = 0,
  maximum = MAX_TIMER_MS,
) {
  return { type: 'integer', minimum, maximum, default: value, unit: 'ms', description } as const
}

export function bytes<const Default extends number>(value: Default, description: string, minimum = 1) {
  return { type: 'integer', minimum, maximum: 2 ** 40, default: value, unit: 'bytes', description } as const
}

export function count<const Default extends number>(value: Default, description: string, minimum = 1) {
  return { type: 'integer', minimum, maximum: 1_000_000_000, default: value, description } as const
}

export function choice<const Choices extends readonly string[]>(
  choices: Choices,
  value: Choices[number],
  description: string,
) {
  return { enum: choices, default: value, description } as const
}

export function yesOrNo(value: boolean, description: string) {
  return { type: 'boolean', default: value, description } as const
}

/** Names of users and groups, in the file and in grants. */
export const NAME_PATTERN = '[A-Za-z0-9][A-Za-z0-9._@-]{0,63}'
export const NAME_HINT = 'a name: 1 to 64 of A-Z a-z 0-9 . _ @ - and the first a letter or digit'

type WithDefault<Keys> = {
  [K in keyof Keys]: Keys[K] extends { readonly default: unknown } ? K : never
}[keyof Keys]

/** The values of a group of keys. */
export type Values<Keys> = {
  readonly [K in WithDefault<Keys>]: Frozen<XStatic<Keys[K]>>
} & {
  readonly [K in Exclude<keyof Keys, WithDefault<Keys>>]?: Frozen<XStatic<Keys[K]>> | undefined
}

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T
