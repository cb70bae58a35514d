import type { Entry, Layer } from './layer.ts'
import { parseText } from './parse-text.ts'
import { type ConfigKey, KEYS } from './schema.ts'

/** Flags that set a key; each has a short environment variable of the same name. */
export const FLAGS = [
  { name: 'host', key: 'server.host', placeholder: 'ADDRESS' },
  { name: 'port', key: 'server.port', placeholder: 'NUMBER' },
  { name: 'data', key: 'data.dir', placeholder: 'FOLDER' },
  { name: 'jupyter', key: 'jupyter.url', placeholder: 'URL' },
  { name: 'jupyter-token-file', key: 'jupyter.tokenFile', placeholder: 'FILE' },
  { name: 'auth', key: 'auth.mode', placeholder: 'open|config' },
  { name: 'log-level', key: 'log.level', placeholder: 'LEVEL' },
] as const satisfies readonly {
  readonly name: string
  readonly key: ConfigKey
  readonly placeholder: string
}[]

export type FlagValues = Readonly<Record<string, string | undefined>>

export function flagLayer(flags: FlagValues): Layer {
  const entries = new Map<ConfigKey, Entry>()
  for (const { name, key } of FLAGS) {
    const text = flags[name]
    const schema = KEYS.get(key)
    if (text === undefined || schema === undefined) continue
    entries.set(key, { value: parseText(schema, text), origin: { kind: 'flag', name } })
  }
  return { entries, faults: [] }
}
