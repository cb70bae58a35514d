/**
 * Cuts a Yjs update (V1) into several that are integrated one after the other, so that a large
 * document can be built in many short turns.
 */
import * as encoding from 'lib0/encoding'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import { readDeletes } from './update-deletes.ts'
import { type Piece, PieceOrder } from './update-pieces.ts'

export type SliceLimits = {
  /** Of structs, and of delete ranges. */
  readonly maxStructs: number
  /** Exceeded by a struct that is larger alone. */
  readonly maxBytes: number
}

const UNLIMITED = { maxClients: Number.POSITIVE_INFINITY, maxDeleteRanges: Number.POSITIVE_INFINITY }

/**
 * Updates that together hold what `update` holds. Each can be integrated completely after the ones
 * before it, provided that the whole could: nothing ever becomes pending. Structs are copied byte by
 * byte; deletes come last.
 *
 * Yields undefined while it only reads, so that the caller may pause there, too. Throws
 * `SyncError('malformed_message')` before the first slice for what it cannot read.
 */
export function* sliceUpdate(update: Uint8Array, limits: SliceLimits): Generator<Uint8Array | undefined> {
  const cursor = new ByteCursor(update)
  const order = new PieceOrder(limits)
  for (const _ of order.read(cursor)) yield undefined
  const deletes = sliceDeletes(cursor, limits.maxStructs)
  cursor.expectEnd()
  const slice = new StructSlice(update, limits)
  for (const piece of order.inOrder()) {
    if (!slice.hasSpaceFor(piece)) yield slice.take()
    slice.add(piece)
  }
  if (!slice.isEmpty) yield slice.take()
  yield* deletes
}

/** Consecutive pieces of one client lie one behind the other in the update. */
type Section = { readonly clock: number; readonly from: number; to: number; structs: number }

class StructSlice {
  readonly #update: Uint8Array
  readonly #limits: SliceLimits
  #sections = new Map<number, Section>()
  #structs = 0
  #bytes = 0

  constructor(update: Uint8Array, limits: SliceLimits) {
    this.#update = update
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#structs === 0
  }

  hasSpaceFor({ structs, from, to }: Piece): boolean {
    if (this.isEmpty) return true
    return (
      this.#structs + structs <= this.#limits.maxStructs && this.#bytes + to - from <= this.#limits.maxBytes
    )
  }

  add({ client, clock, structs, from, to }: Piece): void {
    this.#structs += structs
    this.#bytes += to - from
    const section = this.#sections.get(client)
    if (section === undefined) {
      this.#sections.set(client, { clock, from, to, structs })
      return
    }
    section.to = to
    section.structs += structs
  }

  take(): Uint8Array {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, this.#sections.size)
    for (const [client, { clock, from, to, structs }] of this.#sections) {
      encoding.writeVarUint(encoder, structs)
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
      encoding.writeUint8Array(encoder, this.#update.subarray(from, to))
    }
    // No deletes.
    encoding.writeVarUint(encoder, 0)
    this.#sections = new Map()
    this.#structs = 0
    this.#bytes = 0
    return encoding.toUint8Array(encoder)
  }
}

/** The delete set behind the cursor, as updates without structs. */
function sliceDeletes(cursor: ByteCursor, maxRanges: number): Uint8Array[] {
  const slices: Uint8Array[] = []
  let ranges = new Map<number, number[]>()
  let count = 0
  const flush = (): void => {
    slices.push(encodeDeletes(ranges))
    ranges = new Map()
    count = 0
  }
  readDeletes(cursor, UNLIMITED, (client, start, end) => {
    const own = ranges.get(client)
    if (own === undefined) ranges.set(client, [start, end - start])
    else own.push(start, end - start)
    count += 1
    if (count >= maxRanges) flush()
  })
  if (count > 0) flush()
  return slices
}

/** Client -> start, length, start, length … */
function encodeDeletes(ranges: ReadonlyMap<number, readonly number[]>): Uint8Array {
  const encoder = encoding.createEncoder()
  // No structs.
  encoding.writeVarUint(encoder, 0)
  encoding.writeVarUint(encoder, ranges.size)
  for (const [client, numbers] of ranges) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, numbers.length / 2)
    for (const number of numbers) encoding.writeVarUint(encoder, number)
  }
  return encoding.toUint8Array(encoder)
}
