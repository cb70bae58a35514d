import type { Protocol } from '../plan/scenario.ts'
import type { Dialect } from './dialect.ts'
import { createHocuspocusDialect } from './dialects/hocuspocus.ts'
import { createJupyterDialect } from './dialects/jupyter.ts'
import { type DialectOptions, createYWebsocketDialect } from './dialects/y-websocket.ts'

const DIALECTS: Readonly<Record<Protocol, (options: DialectOptions) => Dialect>> = {
  'y-websocket': createYWebsocketDialect,
  jupyter: createJupyterDialect,
  hocuspocus: createHocuspocusDialect,
}

export function createDialect(protocol: Protocol, options: DialectOptions): Dialect {
  return DIALECTS[protocol](options)
}
