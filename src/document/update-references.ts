/**
 * What the structs of an update refer to: which clocks the document must know before, and whether
 * the references allow any order at all.
 */
import { SyncError } from '../protocol/errors.ts'
import { tooLarge } from './update-values.ts'

/** One client's structs in an update. Clocks count from 0; an end is the first clock not included. */
export type ClientStructs = {
  readonly client: number
  /** Clock of its first struct. */
  readonly first: number
  /** The document must know this client's clocks below: `first`, or the end of the last gap (Skip). */
  readonly required: number
  readonly end: number
}

/** In a client's structs: from clock `at` on, everything waits for `client` reaching `end`. */
type Wait = { readonly at: number; readonly client: number; readonly end: number }

const NOBODY = -1

export class References {
  /** Other client -> the end of what is referred to. */
  readonly #ends = new Map<number, number>()
  /** Client of the update -> what its structs wait for, in the order of their clocks. */
  readonly #waits = new Map<number, Wait[]>()
  /** Of the client being read: other client -> the end of what is referred to so far. */
  #seen = new Map<number, number>()
  #current: Wait[] = []
  #lastClient = NOBODY
  #lastEnd = 0
  readonly #maxClients: number

  constructor(maxClients: number) {
    this.#maxClients = maxClients
  }

  startClient(client: number): void {
    if (this.#waits.has(client))
      throw new SyncError('malformed_message', 'a client id has two lists of structs')
    this.#current = []
    this.#waits.set(client, this.#current)
    if (this.#seen.size > 0) this.#seen = new Map()
    this.#lastClient = NOBODY
  }

  /** The struct at clock `at` refers to another client's `clock`. */
  add(at: number, client: number, clock: number): void {
    if (client === this.#lastClient && clock < this.#lastEnd) return
    const end = clock + 1
    const seen = this.#seen.get(client) ?? 0
    this.#lastClient = client
    this.#lastEnd = Math.max(end, seen)
    if (end <= seen) return
    this.#seen.set(client, end)
    this.#current.push({ at, client, end })
    if (end > (this.#ends.get(client) ?? 0)) this.#ends.set(client, end)
    if (this.#ends.size > this.#maxClients) throw tooLarge('number of client ids referred to')
  }

  /** Client -> the end of what is referred to and not in the update itself. */
  missing(structs: ReadonlyMap<number, ClientStructs>): Map<number, number> {
    const missing = new Map<number, number>()
    for (const [client, end] of this.#ends) {
      if (end > (structs.get(client)?.end ?? 0)) missing.set(client, end)
    }
    return missing
  }

  /**
   * Throws when clients' structs wait for each other: no honest client can have seen another's
   * struct before that one saw its own, and Yjs would keep all of it pending for ever.
   *
   * Follows Yjs's own order of integration, so that each wait is looked at twice at most.
   */
  checkOrder(structs: ReadonlyMap<number, ClientStructs>): void {
    if (this.#waits.size < 2) return
    const lanes = new Map<number, Lane>()
    for (const [client, waits] of this.#waits) {
      lanes.set(client, { waits, next: 0, target: Number.POSITIVE_INFINITY, isBlocked: false })
    }
    for (const lane of lanes.values()) finish(lane, lanes, structs)
  }
}

/** How far one client's structs could be integrated, all others being in the same update. */
type Lane = { readonly waits: readonly Wait[]; next: number; target: number; isBlocked: boolean }

function finish(
  first: Lane,
  lanes: ReadonlyMap<number, Lane>,
  structs: ReadonlyMap<number, ClientStructs>,
): void {
  const stack = [first]
  first.target = Number.POSITIVE_INFINITY
  for (let lane = stack.at(-1); lane !== undefined; lane = stack.at(-1)) {
    const blocker = advance(lane, lanes, structs)
    if (blocker === undefined) {
      lane.isBlocked = false
      stack.pop()
      continue
    }
    if (blocker.isBlocked)
      throw new SyncError('malformed_message', 'structs of two clients wait for each other')
    lane.isBlocked = true
    stack.push(blocker)
  }
}

/** Moves on until the lane's target is reached (undefined) or another lane has to move first. */
function advance(
  lane: Lane,
  lanes: ReadonlyMap<number, Lane>,
  structs: ReadonlyMap<number, ClientStructs>,
): Lane | undefined {
  for (;;) {
    const wait = lane.waits[lane.next]
    if (wait === undefined || wait.at >= lane.target) return undefined
    const { first = 0, end = 0 } = structs.get(wait.client) ?? {}
    const other = lanes.get(wait.client)
    if (other !== undefined && wait.end > first && wait.end <= end) {
      const reached = other.waits[other.next]?.at ?? Number.POSITIVE_INFINITY
      if (reached < wait.end) {
        other.target = wait.end
        return other
      }
    }
    lane.next += 1
  }
}
