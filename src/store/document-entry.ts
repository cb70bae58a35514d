/**
 * One document's entry: which history it has, and which snapshot generations count.
 *
 * A generation is staged chunk by chunk and means nothing until an entry names it; writing the
 * entry is the flip. The generation before is kept with the log after it, so that one damaged
 * snapshot loses nothing.
 */
import { type Lineage, parseLineage } from '../protocol/names.ts'
import type { Seq } from '../room/ports.ts'
import { type Damage, seal, unseal } from './record.ts'

export type Generation = {
  readonly generation: number
  /** The log up to here is in it. */
  readonly seq: Seq
  readonly chunks: number
  readonly bytes: number
}

export type DocumentEntry = {
  readonly lineage: Lineage
  readonly current: Generation
  readonly previous: Generation | undefined
}

/** Before the first snapshot: the empty document, followed by the whole log. */
export const NO_SNAPSHOT: Generation = { generation: 0, seq: 0, chunks: 0, bytes: 0 }

export function encodeEntry(key: Uint8Array, entry: DocumentEntry): Buffer {
  return seal(key, Buffer.from(JSON.stringify(entry)))
}

export function decodeEntry(key: Uint8Array, value: Uint8Array): DocumentEntry | Damage {
  const payload = unseal(key, value)
  if ('damage' in payload) return payload
  const entry = parseEntry(Buffer.from(payload).toString())
  return entry ?? { damage: 'not an entry' }
}

function parseEntry(json: string): DocumentEntry | undefined {
  const value: unknown = JSON.parse(json)
  if (!isObject(value) || typeof value['lineage'] !== 'string') return undefined
  const lineage = parseLineage(value['lineage'])
  const { current, previous } = value
  if (lineage === undefined || !isGeneration(current)) return undefined
  if (previous !== undefined && !isGeneration(previous)) return undefined
  return { lineage, current, previous }
}

function isGeneration(value: unknown): value is Generation {
  if (!isObject(value)) return false
  return ['generation', 'seq', 'chunks', 'bytes'].every((name) => Number.isSafeInteger(value[name]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
