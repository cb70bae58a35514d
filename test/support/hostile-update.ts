/**
 * Updates that are well-formed Yjs V1 and refer to what a document has, but that no editor would
 * write: any content under any parent, any neighbors, overlaps, deletes of anything.
 */
import {
  type Encoder,
  createEncoder,
  toUint8Array,
  writeAny,
  writeUint8,
  writeVarString,
  writeVarUint,
} from 'lib0/encoding'
import type { Random } from './random-document.ts'

/** Client id -> the next clock that the document expects. */
export type Known = ReadonlyMap<number, number>

export function hostileUpdate(known: Known, random: Random): Uint8Array {
  const encoder = createEncoder()
  const clients = [...new Set([...known.keys(), random.int(2 ** 32), 1 + random.int(3)])]
    .filter(() => random.chance(0.5))
    .slice(0, 3)
  const ends = new Map(known)
  writeVarUint(encoder, clients.length)
  for (const client of clients) ends.set(client, writeClient(encoder, client, ends, random))
  writeDeletes(encoder, ends, random)
  return toUint8Array(encoder)
}

function writeClient(encoder: Encoder, client: number, ends: Known, random: Random): number {
  const next = ends.get(client) ?? 0
  let clock = random.chance(0.3) ? random.int(next + 1) : next
  const count = 1 + random.int(6)
  writeVarUint(encoder, count)
  writeVarUint(encoder, client)
  writeVarUint(encoder, clock)
  for (let i = 0; i < count; i += 1) {
    clock += writeStruct(encoder, { ids: new Map(ends).set(client, clock), random })
  }
  return Math.max(next, clock)
}

type StructContext = { readonly ids: Known; readonly random: Random }

function writeStruct(encoder: Encoder, context: StructContext): number {
  const { random } = context
  if (random.chance(0.08)) {
    writeUint8(encoder, 0)
    return writeLength(encoder, random)
  }
  const content = random.pick([1, 2, 3, 4, 4, 4, 5, 6, 6, 7, 7, 7, 8, 9])
  const hasOrigin = random.chance(0.5)
  const hasRightOrigin = random.chance(0.4)
  const hasKey = random.chance(0.4)
  writeUint8(encoder, content | (hasOrigin ? 0x80 : 0) | (hasRightOrigin ? 0x40 : 0) | (hasKey ? 0x20 : 0))
  if (hasOrigin) writeId(encoder, context)
  if (hasRightOrigin) writeId(encoder, context)
  if (!hasOrigin && !hasRightOrigin) {
    const isRoot = random.chance(0.3)
    writeVarUint(encoder, isRoot ? 1 : 0)
    if (isRoot) writeVarString(encoder, random.pick(['text', 'cells', 'meta', 'xml']))
    else writeId(encoder, context)
    if (hasKey) writeVarString(encoder, random.pick(['source', 'id', 'metadata']))
  }
  return writeContent(encoder, content, random)
}

function writeId(encoder: Encoder, { ids, random }: StructContext): void {
  const present = [...ids].filter(([, clock]) => clock > 0)
  const [client, end] = random.pick(present.length > 0 ? present : [[7, 1] as const])
  writeVarUint(encoder, client)
  writeVarUint(encoder, random.chance(0.3) ? end - 1 : random.int(end))
}

function writeLength(encoder: Encoder, random: Random): number {
  const length = 1 + random.int(4)
  writeVarUint(encoder, length)
  return length
}

function writeContent(encoder: Encoder, content: number, random: Random): number {
  switch (content) {
    case 1:
      return writeLength(encoder, random)
    case 2:
      writeVarUint(encoder, 2)
      writeVarString(encoder, 'undefined')
      writeVarString(encoder, '{"a":[1]}')
      return 2
    case 3:
      writeVarUint(encoder, 2)
      writeUint8(encoder, random.int(256))
      writeUint8(encoder, random.int(256))
      return 1
    case 4: {
      const text = random.pick(['a', 'bc', 'd🛶', '🛶', 'long text'])
      writeVarString(encoder, text)
      return text.length
    }
    case 5:
      writeVarString(encoder, random.pick(['null', '5', '{"image":"x"}']))
      return 1
    case 6:
      writeVarString(encoder, random.pick(['bold', 'em', 'ychange']))
      writeVarString(encoder, random.pick(['null', 'true', '{}', '1']))
      return 1
    case 7: {
      const type = random.int(7)
      writeVarUint(encoder, type)
      if (type === 3 || type === 5) writeVarString(encoder, 'p')
      return 1
    }
    case 8:
      writeVarUint(encoder, 2)
      writeAny(encoder, random.pick([null, 1, 'x', true]))
      writeAny(encoder, { a: [1, { b: 2.5 }] })
      return 2
    default:
      writeVarString(encoder, 'guid')
      writeAny(encoder, random.pick([{}, { gc: false }, { meta: { a: 1 }, autoLoad: true }]))
      return 1
  }
}

function writeDeletes(encoder: Encoder, ends: Known, random: Random): void {
  const clients = [...ends].filter(([, end]) => end > 0 && random.chance(0.3))
  writeVarUint(encoder, clients.length)
  for (const [client, end] of clients) {
    const start = random.int(end)
    writeVarUint(encoder, client)
    writeVarUint(encoder, 1)
    writeVarUint(encoder, start)
    writeVarUint(encoder, 1 + random.int(Math.min(end - start, 8)))
  }
}
