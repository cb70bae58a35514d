/** Writes Yjs updates (V1) by hand, so that tests can say what Yjs would never say. */
import {
  type Encoder,
  createEncoder,
  toUint8Array,
  writeUint8,
  writeUint8Array,
  writeVarString,
  writeVarUint,
} from 'lib0/encoding'

export type Id = readonly [client: number, clock: number]
export type Range = readonly [start: number, length: number]

export type UpdateParts = {
  readonly structs?: readonly { client: number; clock: number; list: readonly Uint8Array[] }[]
  readonly deletes?: readonly { client: number; ranges: readonly Range[] }[]
}

export function buildUpdate({ structs = [], deletes = [] }: UpdateParts): Uint8Array {
  return bytes((encoder) => {
    writeVarUint(encoder, structs.length)
    for (const { client, clock, list } of structs) {
      writeVarUint(encoder, list.length)
      writeVarUint(encoder, client)
      writeVarUint(encoder, clock)
      for (const struct of list) writeUint8Array(encoder, struct)
    }
    writeVarUint(encoder, deletes.length)
    for (const { client, ranges } of deletes) {
      writeVarUint(encoder, client)
      writeVarUint(encoder, ranges.length)
      for (const number of ranges.flat()) writeVarUint(encoder, number)
    }
  })
}

/** One client with these structs, from clock 0. */
export function structsOf(client: number, ...list: Uint8Array[]): UpdateParts {
  return { structs: [{ client, clock: 0, list }] }
}

export function bytes(write: (encoder: Encoder) => void): Uint8Array {
  const encoder = createEncoder()
  write(encoder)
  return toUint8Array(encoder)
}

export type Place = {
  readonly origin?: Id
  readonly rightOrigin?: Id
  /** The name of a root, or the id of a shared type. Counts when there are no neighbors. */
  readonly parent?: string | Id
  readonly key?: string
}

/** An item with content number `content`, its content written by `write`. */
export function item(content: number, place: Place, write: (encoder: Encoder) => void): Uint8Array {
  const { origin, rightOrigin, parent = 'root', key } = place
  const flags = (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) | (key === undefined ? 0 : 0x20)
  return bytes((encoder) => {
    writeUint8(encoder, content | flags)
    for (const id of [origin, rightOrigin]) if (id) writeId(encoder, id)
    if (!origin && !rightOrigin) {
      writeVarUint(encoder, typeof parent === 'string' ? 1 : 0)
      if (typeof parent === 'string') writeVarString(encoder, parent)
      else writeId(encoder, parent)
      if (key !== undefined) writeVarString(encoder, key)
    }
    write(encoder)
  })
}

export function text(place: Place, string: string): Uint8Array {
  return item(4, place, (encoder) => writeVarString(encoder, string))
}

/** A nested Y.Map. */
export function map(place: Place): Uint8Array {
  return item(7, place, (encoder) => writeVarUint(encoder, 1))
}

/** A struct that consists of a length: 0 collected, 10 skipped. */
export function span(kind: number, length: number): Uint8Array {
  return bytes((encoder) => {
    writeUint8(encoder, kind)
    writeVarUint(encoder, length)
  })
}

export function range<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

function writeId(encoder: Encoder, [client, clock]: Id): void {
  writeVarUint(encoder, client)
  writeVarUint(encoder, clock)
}
