/** Frames that hurt a server which believes them. */
import {
  createEncoder,
  toUint8Array,
  writeUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding'
import { bytes } from './build.ts'

export type AwarenessParts = readonly (readonly [clientId: number, clock: number, state: string])[]

export function awarenessFrame(entries: AwarenessParts): Uint8Array {
  const update = bytes((encoder) => {
    writeVarUint(encoder, entries.length)
    for (const [clientId, clock, state] of entries) {
      writeVarUint(encoder, clientId)
      writeVarUint(encoder, clock)
      writeVarString(encoder, state)
    }
  })
  return frame(1, update)
}

export function step1Frame(entries: number): Uint8Array {
  const stateVector = bytes((encoder) => {
    writeVarUint(encoder, entries)
    for (let i = 0; i < entries; i += 1) {
      writeVarUint(encoder, i)
      writeVarUint(encoder, 1)
    }
  })
  return bytes((encoder) => {
    writeVarUint(encoder, 0)
    writeVarUint(encoder, 0)
    writeVarUint8Array(encoder, stateVector)
  })
}

/** Step 1 is 0, step 2 is 1, an update is 2. */
export function syncFrame(type: number, body: Uint8Array): Uint8Array {
  return bytes((encoder) => {
    writeVarUint(encoder, 0)
    writeVarUint(encoder, type)
    writeVarUint8Array(encoder, body)
  })
}

/** A message type and one length-prefixed body. */
export function frame(type: number, body: Uint8Array): Uint8Array {
  return bytes((encoder) => {
    writeVarUint(encoder, type)
    writeVarUint8Array(encoder, body)
  })
}

/** Four bytes that claim 200: lib0 before 0.2.118 answered with foreign memory. */
export function overReadFrame(): Uint8Array {
  const encoder = createEncoder()
  writeUint8Array(encoder, Uint8Array.of(0, 2))
  writeVarUint(encoder, 200)
  return toUint8Array(encoder)
}
