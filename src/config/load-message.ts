import type { Fault } from './fault.ts'
import type { Layer } from './layer.ts'
import type { ConfigSources } from './load.ts'
import type { Config } from './schema.ts'

export type LoadRequest = {
  readonly sources: ConfigSources
  /** Of plain values; see `suppliedLayer`. */
  readonly supplied: readonly Layer[]
}

export type LoadReply = { readonly config: Config } | { readonly faults: readonly Fault[] }
