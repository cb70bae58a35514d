/** Walks the structs of a Yjs update (V1) one after the other, without building them. */
import { type ByteCursor, malformed } from '../protocol/byte-cursor.ts'
import { Content, type ContentLimits, ContentReader } from './update-content.ts'
import { tooLarge } from './update-values.ts'

/** Info byte of a struct: the content's number and what precedes it. */
const CONTENT_BITS = 0x1f
const HAS_PARENT_KEY = 0x20
const HAS_RIGHT_ORIGIN = 0x40
const HAS_ORIGIN = 0x80

/** Clocks of real documents are far below; larger ones only serve to block somebody's client id. */
const MAX_CLOCK = 2 ** 32
/** An absent client id; real ones are not negative. */
export const ABSENT = -1

export type StructLimits = ContentLimits & {
  /** Client ids with structs. Yjs computes state vectors over all of them in each transaction. */
  readonly maxClients: number
  readonly maxStructs: number
}

/**
 * A pull reader: `nextClient` moves to a client's structs, `nextStruct` to one of them, and the
 * fields tell about it until the next call. Plain fields instead of a value per struct, because a
 * large document has hundreds of thousands.
 *
 * Throws `SyncError('malformed_message' | 'too_large')`.
 */
export class StructReader {
  client = 0
  clock = 0
  /** In clock ticks, at least 1. */
  length = 0
  /** One of `Content`. */
  content = 0
  originClient = ABSENT
  originClock = 0
  rightOriginClient = ABSENT
  rightOriginClock = 0
  /** The shared type that the struct lies in, when it says so and the type is not a root. */
  parentClient = ABSENT
  parentClock = 0
  /** Where the root type's name starts in the bytes (its length first), or `ABSENT`. */
  rootStart = ABSENT
  /** Where parent and key are spelled out, for a struct with a key of its own, or `ABSENT`. */
  keyStart = ABSENT
  keyEnd = 0
  readonly clientCount: number
  readonly contents: ContentReader
  readonly #cursor: ByteCursor
  #clientsLeft: number
  #structsLeft = 0
  #structBudget: number

  constructor(cursor: ByteCursor, limits: StructLimits) {
    this.#cursor = cursor
    this.contents = new ContentReader(cursor, limits)
    this.#structBudget = limits.maxStructs
    // The number of structs, a client id and a clock.
    this.clientCount = cursor.count(3)
    if (this.clientCount > limits.maxClients) throw tooLarge('number of client ids')
    this.#clientsLeft = this.clientCount
  }

  nextClient(): boolean {
    if (this.#clientsLeft === 0) return false
    this.#clientsLeft -= 1
    // The shortest struct has an info byte and a length.
    this.#structsLeft = this.#cursor.count(2)
    this.#structBudget -= this.#structsLeft
    if (this.#structBudget < 0) throw tooLarge('number of structs')
    this.client = this.#cursor.varUint()
    this.clock = this.#cursor.varUint()
    this.length = 0
    return true
  }

  nextStruct(): boolean {
    if (this.#structsLeft === 0) return false
    this.#structsLeft -= 1
    this.clock += this.length
    const at = this.#cursor.position
    const info = this.#cursor.byte()
    this.content = info & CONTENT_BITS
    if (this.content === Content.gc || this.content === Content.skip) {
      if (info !== this.content) throw malformed('flags on a struct without content', at)
      this.#clearReferences()
      this.length = this.#cursor.varUint()
    } else {
      this.#readReferences(info, at)
      this.length = this.contents.skip(this.content)
    }
    if (this.length < 1) throw malformed('struct of no length', at)
    if (this.clock + this.length > MAX_CLOCK) throw malformed('clock out of range', at)
    return true
  }

  #clearReferences(): void {
    this.originClient = ABSENT
    this.rightOriginClient = ABSENT
    this.parentClient = ABSENT
    this.rootStart = ABSENT
    this.keyStart = ABSENT
  }

  #readReferences(info: number, at: number): void {
    this.#clearReferences()
    if ((info & HAS_ORIGIN) !== 0) {
      this.originClient = this.#cursor.varUint()
      this.originClock = this.#cursor.varUint()
      this.#checkOwn(this.originClient, this.originClock, at)
    }
    if ((info & HAS_RIGHT_ORIGIN) !== 0) {
      this.rightOriginClient = this.#cursor.varUint()
      this.rightOriginClock = this.#cursor.varUint()
      this.#checkOwn(this.rightOriginClient, this.rightOriginClock, at)
    }
    // With a neighbor, parent and key are the neighbor's.
    if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) this.#readParent((info & HAS_PARENT_KEY) !== 0, at)
  }

  #readParent(hasKey: boolean, at: number): void {
    const start = this.#cursor.position
    const isRoot = this.#cursor.varUint()
    if (isRoot > 1) throw malformed('unknown kind of parent', start)
    if (isRoot === 1) {
      this.rootStart = this.#cursor.position
      this.contents.values.skipKey()
    } else {
      this.parentClient = this.#cursor.varUint()
      this.parentClock = this.#cursor.varUint()
      this.#checkOwn(this.parentClient, this.parentClock, at)
    }
    if (!hasKey) return
    this.contents.values.skipKey()
    this.keyStart = start
    this.keyEnd = this.#cursor.position
  }

  /** Yjs takes for granted that a client refers only to what it wrote before, and throws if not. */
  #checkOwn(client: number, clock: number, at: number): void {
    if (client === this.client && clock >= this.clock) throw malformed('reference to a later struct', at)
  }
}
