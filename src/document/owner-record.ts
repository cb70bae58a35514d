/**
 * How the owners of client ids look on disk: a version, then for each person the name and the ids,
 * as distances from one to the next. 5,000 ids are some 20 KB.
 */
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding'
import { ByteCursor, malformed } from '../protocol/byte-cursor.ts'

const VERSION = 1
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Client id -> person. */
export type Owners = ReadonlyMap<number, string>

export function encodeOwners(owners: Owners): Uint8Array {
  const idsOf = new Map<string, number[]>()
  for (const [client, owner] of owners) {
    const ids = idsOf.get(owner)
    if (ids === undefined) idsOf.set(owner, [client])
    else ids.push(client)
  }
  const encoder = createEncoder()
  writeVarUint(encoder, VERSION)
  writeVarUint(encoder, idsOf.size)
  for (const [owner, ids] of idsOf) {
    writeVarString(encoder, owner)
    writeVarUint(encoder, ids.length)
    let last = 0
    for (const id of ids.toSorted((a, b) => a - b)) {
      writeVarUint(encoder, id - last)
      last = id
    }
  }
  return toUint8Array(encoder)
}

/** Throws `SyncError('malformed_message')` for anything that `encodeOwners` does not write. */
export function decodeOwners(bytes: Uint8Array): Map<number, string> {
  const cursor = new ByteCursor(bytes)
  if (cursor.varUint() !== VERSION) throw malformed('unknown version of owners', 0)
  const owners = new Map<number, string>()
  for (let people = cursor.count(2); people > 0; people -= 1) {
    const owner = DECODER.decode(cursor.varBytes())
    let id = 0
    for (let ids = cursor.count(1); ids > 0; ids -= 1) {
      id += cursor.varUint()
      owners.set(id, owner)
    }
  }
  cursor.expectEnd()
  return owners
}
