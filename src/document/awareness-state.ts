/**
 * An awareness state on its way in: looked into, stamped and encoded, once. From here on it is bytes.
 */
import type { Principal } from '../access/model.ts'
import { parseAwarenessState } from '../protocol/decode.ts'
import type { Dialect } from '../protocol/message.ts'
import { stampUser } from './stamp-user.ts'

const ENCODER = new TextEncoder()

export type AwarenessState = {
  /** What the client said, to tell whether it says the same again. */
  readonly said: Uint8Array
  /** What the others are shown; JSON texts in UTF-8, both. */
  readonly shown: Uint8Array
}

/**
 * Null when the client leaves, undefined for a state that nests too deep. Copies what it keeps, so
 * that it holds no frame in memory.
 *
 * Throws `SyncError('malformed_message')` when `state` is no JSON object.
 */
export function readAwarenessState(
  state: Uint8Array,
  principal: Principal,
  dialect: Dialect,
): AwarenessState | null | undefined {
  const json = parseAwarenessState(state)
  if (json === undefined || json === null) return json
  const stamped = stampUser(json.value, principal, dialect)
  const text = stamped === json.value ? json.text : JSON.stringify(stamped)
  if (text === json.text) {
    // JupyterLab's clients say what the server would: they were told who they are.
    const said = new Uint8Array(state)
    return { said, shown: said }
  }
  const both = new Uint8Array(state.length + Buffer.byteLength(text))
  both.set(state)
  ENCODER.encodeInto(text, both.subarray(state.length))
  return { said: both.subarray(0, state.length), shown: both.subarray(state.length) }
}
