/**
 * `OUTRIGGER_*` variables. The only file that reads `process.env`; everything else is handed the
 * values it needs.
 */
import type { Fault, Origin } from './fault.ts'
import { FLAGS } from './flags.ts'
import type { Entry, Layer } from './layer.ts'
import { fitsInText, parseText } from './parse-text.ts'
import { type ConfigKey, KEYS } from './schema.ts'
import { closest } from './suggest.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'OUTRIGGER_'
/** Names the file for `--config`. */
export const CONFIG_FILE_VARIABLE = `${PREFIX}CONFIG`
/** Says who asks, for commands that talk to a running server; nothing to the server itself. */
export const TOKEN_VARIABLE = `${PREFIX}TOKEN`

/**
 * Kubernetes announces every service to every container: one called `outrigger` brings
 * `OUTRIGGER_PORT=tcp://10.0.0.1:8890` and relatives, which are not meant for us.
 */
const SERVICE_LINK_NAME = /^OUTRIGGER_(SERVICE_(HOST|PORT)|PORT_\d+_)/
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//

const NOT_KEYS: ReadonlySet<string> = new Set([CONFIG_FILE_VARIABLE, TOKEN_VARIABLE])

export function processEnvironment(): Environment {
  return process.env
}

/** `rooms.idleUnloadMs` is `OUTRIGGER_ROOMS_IDLE_UNLOAD_MS`. */
export function variableOf(key: ConfigKey): string {
  return PREFIX + key.replaceAll('.', '_').replaceAll(/[A-Z]/g, '_$&').toUpperCase()
}

/** Long names of all keys that one text can hold, then the flags' short names, which win. */
const VARIABLES: ReadonlyMap<string, ConfigKey> = new Map([
  ...[...KEYS].filter(([, schema]) => fitsInText(schema)).map(([key]) => [variableOf(key), key] as const),
  ...FLAGS.map(({ name, key }) => [PREFIX + name.replaceAll('-', '_').toUpperCase(), key] as const),
])

export function environmentLayer(environment: Environment): Layer {
  const entries = new Map<ConfigKey, Entry>()
  for (const [name, key] of VARIABLES) {
    const text = environment[name]
    const schema = KEYS.get(key)
    // An empty variable is what `docker compose` makes of one that is not set.
    if (text === undefined || text === '' || schema === undefined || isServiceLink(name, text)) continue
    entries.set(key, { value: parseText(schema, text), origin: { kind: 'environment', name } })
  }
  return { entries, faults: unknownVariables(environment) }
}

function unknownVariables(environment: Environment): Fault[] {
  return Object.entries(environment).flatMap(([name, text]) => {
    if (!name.startsWith(PREFIX) || text === undefined || text === '') return []
    if (VARIABLES.has(name) || NOT_KEYS.has(name) || isServiceLink(name, text)) return []
    const origin: Origin = { kind: 'environment', name }
    const inFile = [...KEYS.keys()].find((key) => variableOf(key) === name)
    if (inFile !== undefined) {
      return [
        { key: inFile, origin, problem: 'cannot be set by the environment', fix: 'Write it into the file.' },
      ]
    }
    const guess = closest(name, VARIABLES.keys())
    return [
      {
        key: name,
        problem: 'is not a variable that Outrigger knows',
        fix: guess === undefined ? 'Remove it; `outrigger help` lists the names.' : `Did you mean ${guess}?`,
      },
    ]
  })
}

function isServiceLink(name: string, text: string): boolean {
  return SERVICE_LINK_NAME.test(name) || SERVICE_LINK_VALUE.test(text)
}
