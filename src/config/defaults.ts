import type { Entry, Layer } from './layer.ts'
import { type ConfigKey, KEYS } from './schema.ts'

export function defaultLayer(): Layer {
  const entries = new Map<ConfigKey, Entry>()
  for (const [key, schema] of KEYS) {
    if (schema.default !== undefined) entries.set(key, { value: schema.default, origin: { kind: 'default' } })
  }
  return { entries, faults: [] }
}
