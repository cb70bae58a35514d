/**
 * Messages to bytes. Each function returns one frame in one allocation of exactly its size.
 * Formats: y-protocols 1.0, y-websocket 1-3, jupyter-collaboration 5.
 */
import assert from 'node:assert/strict'
import { type AwarenessEntry, MessageType, type SaveStatus, SyncType } from './message.ts'

const ENCODER = new TextEncoder()
/** The state of a client that left. */
const NULL = ENCODER.encode('null')

/**
 * Says nothing, and is a data frame: y-websocket hangs up after 30 s without one, and cannot see
 * protocol pings. Every stock client takes it as an awareness update of nobody.
 */
export const KEEP_ALIVE: Uint8Array = encodeAwareness([])

export function encodeSyncStep1(stateVector: Uint8Array): Uint8Array {
  return encodeSync(SyncType.step1, stateVector)
}

export function encodeSyncStep2(update: Uint8Array): Uint8Array {
  return encodeSync(SyncType.step2, update)
}

export function encodeUpdate(update: Uint8Array): Uint8Array {
  return encodeSync(SyncType.update, update)
}

export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  let length = varUintLength(entries.length)
  for (const { clientId, clock, state } of entries) {
    const size = (state ?? NULL).length
    length += varUintLength(clientId) + varUintLength(clock) + varUintLength(size) + size
  }
  const frame = new Uint8Array(1 + varUintLength(length) + length)
  let at = writeVarUint(frame, 0, MessageType.awareness)
  at = writeVarUint(frame, at, length)
  at = writeVarUint(frame, at, entries.length)
  for (const { clientId, clock, state } of entries) {
    const text = state ?? NULL
    at = writeVarUint(frame, at, clientId)
    at = writeVarUint(frame, at, clock)
    at = writeVarUint(frame, at, text.length)
    frame.set(text, at)
    at += text.length
  }
  return frame
}

export function encodeQueryAwareness(): Uint8Array {
  return Uint8Array.of(MessageType.queryAwareness)
}

/**
 * A RAW message, which only JupyterLab's clients take. Written as ASCII, because implementations
 * disagree on whether the length counts bytes or characters. Never empty: y-websocket reads an empty
 * one as "permission denied".
 */
export function encodeRaw(json: string): Uint8Array {
  assert.notEqual(json, '')
  const text = json.replaceAll(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const frame = new Uint8Array(1 + varStringLength(text))
  writeVarString(frame, writeVarUint(frame, 0, MessageType.raw), text)
  return frame
}

/** The first `count` edits of this connection are stored. */
export function encodeStored(count: number): Uint8Array {
  const frame = new Uint8Array(1 + varUintLength(count))
  writeVarUint(frame, writeVarUint(frame, 0, MessageType.stored), count)
  return frame
}

/** The one answer to a `save` with this id. */
export function encodeSaveReply(saveId: number, status: SaveStatus): Uint8Array {
  return encodeRaw(JSON.stringify({ type: 'save', responseTo: saveId, status }))
}

/** Tells JupyterLab that the document cannot be saved because somebody else changed it. */
export function encodeConflict(): Uint8Array {
  return encodeRaw(JSON.stringify({ type: 'conflict' }))
}

function encodeSync(type: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(syncHeaderLength(body.length) + body.length)
  frame.set(body, writeSyncHeader(frame, 0, type, body.length))
  return frame
}

/** What stands before the body of a sync message, in bytes. */
export function syncHeaderLength(bodyLength: number): number {
  return 2 + varUintLength(bodyLength)
}

/** Returns the position behind it, where the body of `bodyLength` bytes belongs. */
export function writeSyncHeader(frame: Uint8Array, at: number, type: number, bodyLength: number): number {
  const position = writeVarUint(frame, writeVarUint(frame, at, MessageType.sync), type)
  return writeVarUint(frame, position, bodyLength)
}

function varUintLength(value: number): number {
  let length = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) length += 1
  return length
}

function varStringLength(text: string): number {
  const length = Buffer.byteLength(text)
  return varUintLength(length) + length
}

/** Both writers return the position behind what they wrote. */
function writeVarUint(frame: Uint8Array, at: number, value: number): number {
  let position = at
  for (let rest = value; ; rest = Math.floor(rest / 0x80)) {
    frame[position] = rest > 0x7f ? 0x80 | (rest & 0x7f) : rest
    position += 1
    if (rest <= 0x7f) return position
  }
}

function writeVarString(frame: Uint8Array, at: number, text: string): number {
  const start = writeVarUint(frame, at, Buffer.byteLength(text))
  return start + ENCODER.encodeInto(text, frame.subarray(start)).written
}
