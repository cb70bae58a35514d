/**
 * Bytes to messages: the first thing that happens to whatever a client sends.
 *
 * Sources of the format: y-protocols 1.0 (sync, awareness), y-websocket 1-3 (message types) and
 * jupyter-collaboration 5 (the RAW message). Those clients write exactly the bytes that are
 * expected here, so nothing is tolerated that they do not send.
 */
import { ByteCursor, malformed } from './byte-cursor.ts'
import { parseJson } from './json-text.ts'
import { type AwarenessEntry, type ClientMessage, type Dialect, MessageType, SyncType } from './message.ts'

export type DecodeLimits = {
  /** Present clients of one room, at least: a stock client that wakes up repeats everybody's state. */
  readonly maxAwarenessEntries: number
  readonly maxAwarenessStateBytes: number
  readonly maxAwarenessStateDepth: number
  readonly maxStateVectorEntries: number
}

export const DECODE_LIMITS: DecodeLimits = {
  maxAwarenessEntries: 4096,
  maxAwarenessStateBytes: 16_384,
  maxAwarenessStateDepth: 16,
  maxStateVectorEntries: 20_000,
}

/** What Yjs encodes for a document without content; asks for everything. */
const EMPTY_STATE_VECTOR = Uint8Array.of(0)
const RAW_SAVE = 'save'

/**
 * Decodes one frame; the caller bounds its size. Updates and state vectors are views of `frame`, not
 * copies, so it must not be reused; an update's inside is not looked at here (`inspectUpdate`).
 *
 * Throws `SyncError('malformed_message')`. Then nothing of the frame counts.
 */
export function decodeClientMessage(
  frame: Uint8Array,
  dialect: Dialect,
  limits: DecodeLimits = DECODE_LIMITS,
): ClientMessage {
  const cursor = new ByteCursor(frame)
  const type = cursor.varUint()
  switch (type) {
    case MessageType.sync:
      return decodeSync(cursor, limits)
    case MessageType.awareness: {
      const update = new ByteCursor(cursor.varBytes())
      cursor.expectEnd()
      return { kind: 'awareness', entries: decodeAwareness(update, limits) }
    }
    case MessageType.queryAwareness:
      cursor.expectEnd()
      return { kind: 'queryAwareness' }
    case MessageType.raw:
      return dialect === 'jupyter' ? decodeRaw(cursor) : { kind: 'unknown', type }
    default:
      return { kind: 'unknown', type }
  }
}

function decodeSync(cursor: ByteCursor, limits: DecodeLimits): ClientMessage {
  const at = cursor.position
  const type = cursor.varUint()
  const body = cursor.varBytes()
  cursor.expectEnd()
  switch (type) {
    case SyncType.step1:
      return { kind: 'syncStep1', stateVector: checkStateVector(body, limits) }
    case SyncType.step2:
      return { kind: 'syncStep2', update: body }
    case SyncType.update:
      return { kind: 'update', update: body }
    default:
      throw malformed('unknown sync message', at)
  }
}

/** Beyond the limit the whole document is the cheaper answer: it is encoded already. */
function checkStateVector(bytes: Uint8Array, limits: DecodeLimits): Uint8Array {
  const cursor = new ByteCursor(bytes)
  const entries = cursor.count(2)
  if (entries > limits.maxStateVectorEntries) return EMPTY_STATE_VECTOR
  for (let i = 0; i < entries; i += 1) {
    cursor.varUint()
    cursor.varUint()
  }
  cursor.expectEnd()
  return bytes
}

/**
 * The frame's structure is checked, the states are not looked into: most of what a stock client sends
 * repeats what it was told of others, and is dropped without that.
 */
function decodeAwareness(cursor: ByteCursor, limits: DecodeLimits): AwarenessEntry[] {
  // A client id, a clock, and the length and text of a state; the shortest text is `{}`.
  const count = cursor.count(5)
  if (count > limits.maxAwarenessEntries) throw malformed('too many awareness entries', 0)
  const entries: AwarenessEntry[] = []
  for (let i = 0; i < count; i += 1) {
    const clientId = cursor.varUint()
    const clock = cursor.varUint()
    const state = cursor.varBytes()
    // Left out instead of ending the sender, because a stock client also repeats the states of
    // others, so anybody could get everybody disconnected with one state.
    if (state.length > limits.maxAwarenessStateBytes) continue
    entries.push({ clientId, clock, state: isAscii(state, 'null') ? null : state })
  }
  cursor.expectEnd()
  return entries
}

/**
 * Looks into the state of an entry: its JSON text and what that says, null for a client that leaves.
 * Undefined when it nests too deep; such a state is left out like one that is too large.
 *
 * Throws `SyncError('malformed_message')` when it is no JSON object; positions are those in the state.
 */
export function parseAwarenessState(
  state: Uint8Array,
  maxDepth: number = DECODE_LIMITS.maxAwarenessStateDepth,
): { readonly text: string; readonly value: Readonly<Record<string, unknown>> } | null | undefined {
  const json = parseJson(state, maxDepth, 0)
  if (json === undefined) return undefined
  const { text, value } = json
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value))
    throw malformed('awareness state is not an object', 0)
  return { text, value: value as Readonly<Record<string, unknown>> }
}

function decodeRaw(cursor: ByteCursor): ClientMessage {
  const name = cursor.varBytes()
  if (!isAscii(name, RAW_SAVE)) return { kind: 'unknown', type: MessageType.raw }
  const saveId = cursor.varUint()
  cursor.expectEnd()
  return { kind: 'save', saveId }
}

function isAscii(bytes: Uint8Array, text: string): boolean {
  return bytes.length === text.length && bytes.every((byte, i) => byte === text.charCodeAt(i))
}
