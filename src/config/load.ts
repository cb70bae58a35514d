/**
 * Defaults <- YAML file <- `OUTRIGGER_*` variables <- flags, checked as a whole.
 *
 * In two steps, because a command may bring values of its own that stand between the defaults and
 * everything a person says (`outrigger up` does): `gatherConfig` reads, `settleConfig` decides.
 */
import { readFile } from 'node:fs/promises'
import { type Locate, checkMeaning } from './check-meaning.ts'
import { checkShape } from './check-shape.ts'
import { defaultLayer } from './defaults.ts'
import { CONFIG_FILE_VARIABLE, type Environment, environmentLayer } from './environment.ts'
import { ConfigError, type Fault, type Origin } from './fault.ts'
import { type FlagValues, flagLayer } from './flags.ts'
import { type Entry, type Layer, mergeLayers } from './layer.ts'
import { type Config, type ConfigKey, KEYS } from './schema.ts'
import { yamlLayer } from './yaml-file.ts'

export type ConfigSources = {
  readonly environment: Environment
  /** Path of the YAML file; without it, the variable OUTRIGGER_CONFIG may name one. */
  readonly file?: string | undefined
  readonly flags?: FlagValues | undefined
}

export type LoadedConfig = {
  readonly config: Config
  readonly origins: ReadonlyMap<ConfigKey, Origin>
  readonly locate: Locate
}

/** The YAML file, if there is one. */
export function configFile({ file, environment }: ConfigSources): string | undefined {
  return file ?? (environment[CONFIG_FILE_VARIABLE] || undefined)
}

/** Everything a person said, by file, environment and flags. Throws nothing; faults are kept. */
export async function gatherConfig(sources: ConfigSources): Promise<Layer> {
  const file = configFile(sources)
  const said = mergeLayers([
    file === undefined ? { entries: new Map(), faults: [] } : await fileLayer(file),
    environmentLayer(sources.environment),
    flagLayer(sources.flags ?? {}),
  ])
  return mergeLayers([await secretFilesLayer(said), said])
}

/** The effective configuration, or a `ConfigError` that names every fault. */
export function settleConfig(said: Layer, supplied: readonly Layer[] = []): LoadedConfig {
  const { loaded, faults } = examineConfig(said, supplied)
  if (loaded === undefined || faults.length > 0) throw new ConfigError(faults)
  return loaded
}

export type Examination = {
  /** Undefined when a key or a value is wrong by itself; rules between keys leave it readable. */
  readonly loaded: LoadedConfig | undefined
  readonly faults: readonly Fault[]
}

export function examineConfig(said: Layer, supplied: readonly Layer[] = []): Examination {
  const { entries, faults } = mergeLayers([defaultLayer(), ...supplied, said])
  const wrongKeys = new Set<ConfigKey>()
  const ownFaults = [...faults]
  for (const [key, entry] of entries) {
    const found = checkShape(key, entry)
    if (found.length > 0) wrongKeys.add(key)
    ownFaults.push(...found)
  }
  const config = assemble(entries)
  const origins = new Map([...entries].map(([key, { origin }]) => [key, origin]))
  const locate = locator(entries)
  return {
    loaded: ownFaults.length === 0 ? { config, origins, locate } : undefined,
    faults: [...ownFaults, ...checkMeaning(config, locate, wrongKeys)],
  }
}

export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  return settleConfig(await gatherConfig(sources))
}

/** A layer of values that a command brings itself. */
export function suppliedLayer(command: string, values: Partial<Record<ConfigKey, unknown>>): Layer {
  const origin: Origin = { kind: 'command', name: command }
  const entries = Object.entries(values).map(([key, value]) => [key as ConfigKey, { value, origin }] as const)
  return { entries: new Map(entries), faults: [] }
}

async function fileLayer(file: string): Promise<Layer> {
  try {
    return yamlLayer(await readFile(file, 'utf8'), file)
  } catch (error) {
    return { entries: new Map(), faults: [unreadable('--config', file, error)] }
  }
}

/** What `jupyter.tokenFile` holds becomes `jupyter.token`, unless the environment gives one; and so on. */
async function secretFilesLayer(said: Layer): Promise<Layer> {
  const secrets = [...KEYS.keys()].flatMap((key) => {
    const fileKey = `${key}File` as ConfigKey
    return KEYS.get(key)?.secret === true && KEYS.has(fileKey) ? [{ key, fileKey }] : []
  })
  return mergeLayers(await Promise.all(secrets.map((secret) => secretFileLayer(said, secret))))
}

async function secretFileLayer(
  said: Layer,
  { key, fileKey }: { readonly key: ConfigKey; readonly fileKey: ConfigKey },
): Promise<Layer> {
  const entries = new Map<ConfigKey, Entry>()
  const file = said.entries.get(fileKey)
  if (file === undefined || typeof file.value !== 'string' || said.entries.has(key)) {
    return { entries, faults: [] }
  }
  try {
    const value = (await readFile(file.value, 'utf8')).trim()
    entries.set(key, { value, origin: { kind: 'file', file: file.value } })
    return { entries, faults: [] }
  } catch (error) {
    return {
      entries,
      faults: [{ ...unreadable(fileKey, file.value, error), origin: file.origin }],
    }
  }
}

function unreadable(key: string, file: string, error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
  return { key, problem: `the file ${file} ${reason}`, fix: 'Correct the path, or make the file readable.' }
}

function assemble(entries: ReadonlyMap<ConfigKey, Entry>): Config {
  const root: Record<string, unknown> = {}
  for (const key of KEYS.keys()) {
    const value = entries.get(key)?.value
    const [first = '', second] = key.split('.')
    if (second === undefined) root[first] = value
    else {
      const section = (root[first] ??= {}) as Record<string, unknown>
      if (value !== undefined) section[second] = key === 'jupyter.url' ? withSlash(value) : value
    }
  }
  return deepFreeze(structuredClone(root)) as Config
}

/** Readers may rely on the slash: `new URL('api/status', url)` keeps the base path only then. */
function withSlash(value: unknown): unknown {
  return typeof value === 'string' && !/[?#]/.test(value) && !value.endsWith('/') ? `${value}/` : value
}

function locator(entries: ReadonlyMap<ConfigKey, Entry>): Locate {
  return (key, path = []) => {
    const entry = entries.get(key)
    return entry?.originOf?.(path) ?? entry?.origin ?? { kind: 'default' }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
