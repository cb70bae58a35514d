/** y-websocket 1 to 3: the room is in the address, messages begin with a number. */
import type { Dialect, Incoming } from '../dialect.ts'
import { type Cursor, readVarBytes, readVarText, readVarUint } from '../bytes.ts'
import { MESSAGE, SYNC, decodeSync, encodeMessage } from '../messages.ts'

export type DialectOptions = {
  readonly url: string
  readonly token?: string | undefined
  readonly cookie?: string | undefined
  readonly origin?: string | undefined
}

/** y-protocols/auth: the only authentication message there is. */
const PERMISSION_DENIED = 0

/** The messages; Jupyter's are the same, but for number 2. */
export const PLAIN_MESSAGES = {
  hello: (_: string, stateVector: Uint8Array) => [encodeMessage([MESSAGE.sync, SYNC.step1], stateVector)],
  encodeUpdate: (_: string, update: Uint8Array) => encodeMessage([MESSAGE.sync, SYNC.update], update),
  encodeState: (_: string, update: Uint8Array) => encodeMessage([MESSAGE.sync, SYNC.step2], update),
  encodePresence: (_: string, update: Uint8Array) => encodeMessage([MESSAGE.awareness], update),
}

export function createYWebsocketDialect(options: DialectOptions): Dialect {
  return {
    ...PLAIN_MESSAGES,
    locate: async (room) => ({ url: roomUrl(options, room), headers: headersOf(options), room }),
    decode,
  }
}

export function headersOf({ cookie, origin }: DialectOptions): Record<string, string> {
  return { ...(cookie === undefined ? {} : { cookie }), ...(origin === undefined ? {} : { origin }) }
}

function roomUrl({ url, token }: DialectOptions, room: string): string {
  const name = encodeURIComponent(room)
  const address = url.includes('{room}') ? url.replace('{room}', name) : `${url.replace(/\/$/, '')}/${name}`
  if (token === undefined) return address
  return `${address}${address.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`
}

function decode(message: Uint8Array): Incoming {
  const cursor: Cursor = { bytes: message, at: 0 }
  switch (readVarUint(cursor)) {
    case MESSAGE.sync:
      return decodeSync(cursor)
    case MESSAGE.awareness:
      return { kind: 'presence', update: readVarBytes(cursor) }
    case MESSAGE.auth:
      return readVarUint(cursor) === PERMISSION_DENIED
        ? { kind: 'denied', reason: readVarText(cursor) }
        : { kind: 'other' }
    default:
      return { kind: 'other' }
  }
}
