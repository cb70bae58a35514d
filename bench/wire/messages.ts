/** The messages of y-protocols that a client without a document needs. */
import * as encoding from 'lib0/encoding'
import { type Cursor, readVarBytes, readVarUint } from './bytes.ts'
import type { Incoming } from './dialect.ts'

/** y-websocket: first number of a message. */
export const MESSAGE = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const
/** y-protocols/sync: second number. */
export const SYNC = { step1: 0, step2: 1, update: 2 } as const

const OTHER: Incoming = { kind: 'other' }

/** `numbers`, then the bytes with their length; `prefix` before all of it. */
export function encodeMessage(
  numbers: readonly number[],
  bytes: Uint8Array,
  prefix?: Uint8Array,
): Uint8Array {
  const encoder = encoding.createEncoder()
  if (prefix !== undefined) encoding.writeUint8Array(encoder, prefix)
  for (const number of numbers) encoding.writeVarUint(encoder, number)
  encoding.writeVarUint8Array(encoder, bytes)
  return encoding.toUint8Array(encoder)
}

/** What follows the number of a sync message. */
export function decodeSync(cursor: Cursor): Incoming {
  const step = readVarUint(cursor)
  const bytes = readVarBytes(cursor)
  if (step === SYNC.update) return { kind: 'update', update: bytes }
  if (step === SYNC.step2) return { kind: 'state', update: bytes }
  if (step === SYNC.step1) return { kind: 'ask', stateVector: bytes }
  return OTHER
}

/** Client -> its next clock, as Yjs encodes it. */
export function encodeStateVector(clocks: ReadonlyMap<number, number>): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, clocks.size)
  for (const [client, clock] of clocks) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock)
  }
  return encoding.toUint8Array(encoder)
}

/** An awareness update of one state. */
export function encodePresence(clientId: number, clock: number, json: string): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint(encoder, clientId)
  encoding.writeVarUint(encoder, clock)
  encoding.writeVarString(encoder, json)
  return encoding.toUint8Array(encoder)
}

export type PresenceEntry = { readonly clientId: number; readonly clock: number; readonly isGone: boolean }

const NULL_TEXT = [0x6e, 0x75, 0x6c, 0x6c]

/** The states themselves are skipped, not parsed. */
export function decodePresence(update: Uint8Array): PresenceEntry[] {
  const cursor: Cursor = { bytes: update, at: 0 }
  const count = readVarUint(cursor)
  const entries: PresenceEntry[] = []
  for (let i = 0; i < count; i += 1) {
    const clientId = readVarUint(cursor)
    const clock = readVarUint(cursor)
    const json = readVarBytes(cursor)
    const isGone = json.length === NULL_TEXT.length && NULL_TEXT.every((byte, index) => json[index] === byte)
    entries.push({ clientId, clock, isGone })
  }
  return entries
}
