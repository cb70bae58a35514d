import type { Fault, Origin } from './fault.ts'
import type { ConfigKey } from './schema.ts'

export type Entry = {
  readonly value: unknown
  readonly origin: Origin
  /** Origin of a part of the value, e.g. the line of one user. */
  readonly originOf?: ((path: readonly (string | number)[]) => Origin) | undefined
}

/** What one source says. A later layer replaces a key as a whole. */
export type Layer = {
  readonly entries: ReadonlyMap<ConfigKey, Entry>
  readonly faults: readonly Fault[]
}

export function mergeLayers(layers: readonly Layer[]): Layer {
  return {
    entries: new Map(layers.flatMap((layer) => [...layer.entries])),
    faults: layers.flatMap((layer) => layer.faults),
  }
}
