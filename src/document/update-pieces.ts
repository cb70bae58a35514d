/**
 * Cuts the structs of a Yjs update (V1) into pieces, and puts the pieces into an order in which each
 * one can be integrated completely after those before it.
 */
import { type ByteCursor, malformed } from '../protocol/byte-cursor.ts'
import { ABSENT, StructReader } from './update-struct-reader.ts'

/** Consecutive structs of one client: where their bytes lie, and what has to be integrated before. */
export type Piece = {
  readonly client: number
  readonly clock: number
  readonly needs: readonly Need[]
  readonly from: number
  to: number
  structs: number
  /** The first clock behind it. */
  end: number
}

export type PieceLimits = { readonly maxStructs: number; readonly maxBytes: number }

/** The first struct of a piece waits for `client` reaching `end`. */
type Need = { readonly client: number; readonly end: number }

/** One client's pieces, and how many of them are in order already. */
type Lane = {
  readonly first: number
  end: number
  readonly pieces: Piece[]
  next: number
  reached: number
  /** While it waits for another lane: that one must not wait for it. */
  isWaiting: boolean
}

/** The structs were accepted once; limits are for those who knock. */
const UNLIMITED = {
  maxClients: Number.POSITIVE_INFINITY,
  maxStructs: Number.POSITIVE_INFINITY,
  maxSubdocuments: Number.POSITIVE_INFINITY,
  maxValueDepth: Number.POSITIVE_INFINITY,
  maxKeyBytes: Number.POSITIVE_INFINITY,
}
/** Structs read between two chances to pause: a quarter of a millisecond to a millisecond. */
const STRUCTS_PER_STEP = 1000
const NO_NEEDS: readonly Need[] = []

export class PieceOrder {
  readonly #lanes = new Map<number, Lane>()
  readonly #limits: PieceLimits
  /** Of the client being read: whom its structs have waited for already, and up to where. */
  #awaited = new Map<number, number>()

  constructor(limits: PieceLimits) {
    this.#limits = limits
  }

  /**
   * Reads the structs and leaves the cursor at the delete set. Yields now and then, so that the
   * caller may pause. Throws `SyncError('malformed_message')`.
   */
  *read(cursor: ByteCursor): Generator<void> {
    const reader = new StructReader(cursor, UNLIMITED)
    let unreported = 0
    while (reader.nextClient()) {
      if (this.#lanes.has(reader.client))
        throw malformed('a client id has two lists of structs', cursor.position)
      const { client, clock } = reader
      const lane: Lane = { first: clock, end: clock, pieces: [], next: 0, reached: clock, isWaiting: false }
      this.#lanes.set(client, lane)
      this.#awaited = new Map()
      for (let from = cursor.position; reader.nextStruct(); from = cursor.position) {
        this.#add(lane, reader, from, cursor.position)
        unreported += 1
        if (unreported < STRUCTS_PER_STEP) continue
        unreported = 0
        yield
      }
    }
  }

  /**
   * Every piece once. Of pieces that wait for each other in a circle, which no Yjs client writes, the
   * order is any.
   */
  *inOrder(): Generator<Piece> {
    for (const lane of this.#lanes.values()) yield* this.#finish(lane)
  }

  #add(lane: Lane, reader: StructReader, from: number, to: number): void {
    const needs = this.#newNeeds(reader)
    const last = lane.pieces.at(-1)
    lane.end = reader.clock + reader.length
    if (last !== undefined && needs === NO_NEEDS && this.#fits(last, to)) {
      last.to = to
      last.end = lane.end
      last.structs += 1
      return
    }
    const { client, clock } = reader
    lane.pieces.push({ client, clock, needs, from, to, structs: 1, end: lane.end })
  }

  #fits(piece: Piece, to: number): boolean {
    return piece.structs < this.#limits.maxStructs && to - piece.from <= this.#limits.maxBytes
  }

  #newNeeds(reader: StructReader): readonly Need[] {
    let needs = this.#withNeed(NO_NEEDS, reader, reader.originClient, reader.originClock)
    needs = this.#withNeed(needs, reader, reader.rightOriginClient, reader.rightOriginClock)
    return this.#withNeed(needs, reader, reader.parentClient, reader.parentClock)
  }

  #withNeed(needs: readonly Need[], reader: StructReader, client: number, clock: number): readonly Need[] {
    if (client === ABSENT || client === reader.client || (this.#awaited.get(client) ?? 0) > clock)
      return needs
    this.#awaited.set(client, clock + 1)
    return [...needs, { client, end: clock + 1 }]
  }

  /** Follows Yjs's own order of integration, with a stack of its own: chains may be long. */
  *#finish(first: Lane): Generator<Piece> {
    const stack = [{ lane: first, target: Number.POSITIVE_INFINITY }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { lane, target } = top
      const piece = lane.pieces[lane.next]
      if (piece === undefined || piece.clock >= target) {
        lane.isWaiting = false
        stack.pop()
        continue
      }
      const blocker = this.#blockerOf(piece)
      if (blocker !== undefined && !blocker.lane.isWaiting) {
        lane.isWaiting = true
        stack.push(blocker)
        continue
      }
      lane.next += 1
      lane.reached = piece.end
      yield piece
    }
  }

  #blockerOf({ needs }: Piece): { readonly lane: Lane; readonly target: number } | undefined {
    for (const { client, end } of needs) {
      const lane = this.#lanes.get(client)
      // What lies before or behind a client's structs here, the document must know already.
      if (lane !== undefined && end > lane.reached && end <= lane.end) return { lane, target: end }
    }
    return undefined
  }
}
