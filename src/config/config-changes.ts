/** What a configuration that was read again says differently, and whether that can be taken over. */
import { isDeepStrictEqual } from 'node:util'
import type { Fault } from './fault.ts'
import { type Config, type ConfigKey, KEYS } from './schema.ts'

/** These take effect while people are inside. */
export const LIVE_KEYS: ReadonlySet<ConfigKey> = new Set([
  'users',
  'groups',
  'resource.viewers',
  'auth.defaultViewerAccess',
])

export type ConfigChanges = {
  /** Can be taken over at once. */
  readonly live: readonly ConfigKey[]
  /** Take effect at the next start. */
  readonly atRestart: readonly ConfigKey[]
}

export function configChanges(running: Config, next: Config): ConfigChanges {
  const changed = [...KEYS.keys()].filter(
    (key) => !isDeepStrictEqual(valueOf(running, key), valueOf(next, key)),
  )
  // People mean nothing without the mode that they belong to.
  const isSameMode = running.auth.mode === 'config' && next.auth.mode === 'config'
  const isLive = (key: ConfigKey): boolean => isSameMode && LIVE_KEYS.has(key)
  return { live: changed.filter(isLive), atRestart: changed.filter((key) => !isLive(key)) }
}

/** The owner of a server is set once; a file that says otherwise is not taken over at all. */
export function ownerFault(running: Config, next: Config): Fault | undefined {
  const { owner } = running.resource
  if (owner === undefined || next.resource.owner === undefined || next.resource.owner === owner)
    return undefined
  return {
    key: 'resource.owner',
    problem: `is ${next.resource.owner}, but this server belongs to ${owner} and its owner never changes (owner_immutable)`,
    fix: `Put "owner: ${owner}" back.`,
  }
}

function valueOf(config: Config, key: ConfigKey): unknown {
  const [first = '', second] = key.split('.')
  const value = (config as unknown as Readonly<Record<string, unknown>>)[first]
  return second === undefined ? value : (value as Readonly<Record<string, unknown>>)[second]
}
