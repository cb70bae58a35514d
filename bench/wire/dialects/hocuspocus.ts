/** Hocuspocus 3 and 4: one address, each frame begins with the document's name, the token in a frame. */
import * as encoding from 'lib0/encoding'
import type { Dialect, Incoming } from '../dialect.ts'
import { type Cursor, readVarBytes, readVarText, readVarUint } from '../bytes.ts'
import { SYNC, decodeSync, encodeMessage } from '../messages.ts'
import { type DialectOptions, headersOf } from './y-websocket.ts'

/** As @hocuspocus/provider 4 numbers them. */
const MESSAGE = { sync: 0, awareness: 1, auth: 2, syncReply: 4, close: 7, ping: 9 } as const
const AUTH = { token: 0, denied: 1 } as const
/** What the provider says it is; the server only logs it. */
const PROVIDER_VERSION = '4.0.0'

export function createHocuspocusDialect(options: DialectOptions): Dialect {
  const about = (room: string, numbers: readonly number[], bytes: Uint8Array): Uint8Array =>
    encodeMessage(numbers, bytes, nameBytes(room))
  return {
    locate: async (room) => ({
      url: options.url.replace('{room}', encodeURIComponent(room)),
      headers: headersOf(options),
      room,
    }),
    hello: (room, stateVector) => [
      authentication(room, options.token ?? ''),
      about(room, [MESSAGE.sync, SYNC.step1], stateVector),
    ],
    encodeUpdate: (room, update) => about(room, [MESSAGE.sync, SYNC.update], update),
    encodeState: (room, update) => about(room, [MESSAGE.sync, SYNC.step2], update),
    encodePresence: (room, update) => about(room, [MESSAGE.awareness], update),
    decode,
  }
}

function nameBytes(room: string): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, room)
  return encoding.toUint8Array(encoder)
}

function authentication(room: string, token: string): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, room)
  encoding.writeVarUint(encoder, MESSAGE.auth)
  encoding.writeVarUint(encoder, AUTH.token)
  encoding.writeVarString(encoder, token)
  encoding.writeVarString(encoder, PROVIDER_VERSION)
  return encoding.toUint8Array(encoder)
}

function decode(message: Uint8Array): Incoming {
  // A ping of the connection is of no document; any frame of ours counts as its answer.
  if (message.length === 1 && message[0] === MESSAGE.ping) return { kind: 'other' }
  const cursor: Cursor = { bytes: message, at: 0 }
  readVarBytes(cursor)
  switch (readVarUint(cursor)) {
    case MESSAGE.sync:
    case MESSAGE.syncReply:
      return decodeSync(cursor)
    case MESSAGE.awareness:
      return { kind: 'presence', update: readVarBytes(cursor) }
    case MESSAGE.auth:
      return readVarUint(cursor) === AUTH.denied
        ? { kind: 'denied', reason: readVarText(cursor) }
        : { kind: 'other' }
    case MESSAGE.close:
      return { kind: 'denied', reason: readVarText(cursor) }
    default:
      return { kind: 'other' }
  }
}
