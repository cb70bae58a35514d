/**
 * Who is present in a room: `clientId -> clock, state, owner`.
 *
 * It takes the place of y-protocols' `Awareness`, which holds a timer per room, believes any client
 * about any other, and never forgets a client id. Here an entry belongs to the session that
 * introduced its client id, and only its owner may change it.
 */
import type { AwarenessEntry } from '../protocol/message.ts'
import type { AwarenessState } from './awareness-state.ts'

export type AwarenessOwner = {
  /** Equal keys are the same person on a new connection: it may take over its own client id. */
  readonly ownerKey: string
}

/**
 * One client, as the others are shown it. Rows are live: who holds one, to send it later, sends what
 * it says by then. After its owner left it says that the client is gone, and never changes again.
 */
export type AwarenessRow<Owner> = AwarenessEntry & { readonly owner: Owner }

type Gone = { readonly clock: number; readonly ownerKey: string }

type Row<Owner> = {
  readonly clientId: number
  clock: number
  state: Uint8Array | null
  said: Uint8Array | null
  owner: Owner
  /** Up to this clock others do not believe it: they were told that it is gone. */
  readonly goneAt: number
  /** When its owner last said something that counted. */
  heardMs: number
}

/** Clients that left and are remembered: everybody of a full room whose network failed. */
const MAX_GONE = 500
const NEVER = -1
/** Stock clients renew what is 15 s old. Who says the same sooner is not renewing, whatever it does. */
const RENEWAL_AFTER_MS = 5_000

/**
 * - `drop`: it may not say this, or says nothing new.
 * - `renewal`: the very same bytes as before with a higher clock, only to say "still here".
 * - `repeat`: the same bytes, but there is no time to lose.
 * - `change`: a state to be looked into, or a departure.
 */
export type AwarenessVerdict = 'drop' | 'renewal' | 'repeat' | 'change'

/** A moment on any clock, as long as it is always the same. */
type At = { readonly atMs: number }

export type AwarenessLimits = { readonly maxClientIdsPerOwner: number }

export class AwarenessTable<Owner extends AwarenessOwner> {
  readonly #rows = new Map<number, Row<Owner>>()
  /** One or two client ids each, for which a set would be large. */
  readonly #owned = new Map<Owner, number[]>()
  /** Clients that left, the last one last. */
  #gone: Map<number, Gone> | undefined
  readonly #limits: AwarenessLimits

  constructor(limits: AwarenessLimits) {
    this.#limits = limits
  }

  /** Number of known clients. */
  get size(): number {
    return this.#rows.size
  }

  /**
   * What is to become of what `owner` says; nothing is changed yet. What it may not say is dropped
   * without a word: a stock client that wakes up repeats everybody's states and declares others
   * gone, and is not to blame for it.
   */
  judge(owner: Owner, { clientId, clock, state }: AwarenessEntry, { atMs }: At): AwarenessVerdict {
    const row = this.#rows.get(clientId)
    if (row === undefined)
      return state !== null && this.#mayIntroduce(owner, clientId, clock) ? 'change' : 'drop'
    if (row.owner !== owner) {
      const isSamePerson = row.owner.ownerKey === owner.ownerKey
      return isSamePerson && clock > row.clock && this.#hasRoom(owner) ? 'change' : 'drop'
    }
    if (state === null) return clock >= row.clock && row.state !== null ? 'change' : 'drop'
    if (clock <= row.clock) return 'drop'
    if (row.said === null || Buffer.compare(row.said, state) !== 0) return 'change'
    // Who came back with the clock it left with is not seen before the next one.
    const isUnseen = row.clock <= row.goneAt
    return isUnseen || atMs - row.heardMs < RENEWAL_AFTER_MS ? 'repeat' : 'renewal'
  }

  /** After the verdict `renewal` or `repeat`. */
  renew({ clientId, clock }: AwarenessEntry, { atMs }: At): AwarenessRow<Owner> | undefined {
    const row = this.#rows.get(clientId)
    if (row === undefined) return undefined
    row.clock = clock
    row.heardMs = atMs
    return row
  }

  /** After the verdict `change`; `state` is what the entry's state was found to be. */
  change(
    owner: Owner,
    { clientId, clock }: AwarenessEntry,
    { state, atMs }: At & { readonly state: AwarenessState | null },
  ): AwarenessRow<Owner> {
    const row = this.#rows.get(clientId) ?? this.#newRow(owner, clientId)
    if (row.owner !== owner) this.#disown(row)
    row.owner = owner
    row.clock = clock
    row.heardMs = atMs
    row.state = state === null ? null : state.shown
    row.said = state === null ? null : state.said
    this.#rows.set(clientId, row)
    this.#own(row)
    return row
  }

  /**
   * The owner left: its rows say so from now on, are returned for sending, and are forgotten. The clock
   * stays, as with y-websocket's server: stock clients take a departure at an equal clock, and take the
   * next state of one that comes back.
   */
  removeOwner(owner: Owner): AwarenessRow<Owner>[] {
    const removed: AwarenessRow<Owner>[] = []
    for (const clientId of this.#owned.get(owner) ?? []) {
      const row = this.#rows.get(clientId)
      if (row === undefined) continue
      this.#rows.delete(clientId)
      row.state = null
      row.said = null
      this.#remember(row)
      removed.push(row)
    }
    this.#owned.delete(owner)
    return removed
  }

  /** Nobody is left who was told of those that left. */
  forgetGone(): void {
    this.#gone = undefined
  }

  /** Everyone who is present. */
  present(): AwarenessRow<Owner>[] {
    return [...this.#rows.values()].filter((row) => row.state !== null)
  }

  /**
   * A client that comes back says what it said before it left; a stock client that stayed and has not
   * heard of the departure yet repeats it too. Only the former is its own first word.
   */
  #mayIntroduce(owner: Owner, clientId: number, clock: number): boolean {
    const gone = this.#gone?.get(clientId)
    const isOldNews = gone !== undefined && clock <= gone.clock
    if (isOldNews && (gone.ownerKey !== owner.ownerKey || this.#owned.has(owner))) return false
    return this.#hasRoom(owner)
  }

  #newRow(owner: Owner, clientId: number): Row<Owner> {
    const goneAt = this.#gone?.get(clientId)?.clock ?? NEVER
    return { clientId, clock: 0, state: null, said: null, owner, goneAt, heardMs: 0 }
  }

  #remember({ clientId, clock, owner }: Row<Owner>): void {
    this.#gone ??= new Map()
    this.#gone.delete(clientId)
    this.#gone.set(clientId, { clock, ownerKey: owner.ownerKey })
    for (const oldest of this.#gone.keys()) {
      if (this.#gone.size <= MAX_GONE) return
      this.#gone.delete(oldest)
    }
  }

  #hasRoom(owner: Owner): boolean {
    return (this.#owned.get(owner)?.length ?? 0) < this.#limits.maxClientIdsPerOwner
  }

  #own({ owner, clientId }: Row<Owner>): void {
    const owned = this.#owned.get(owner)
    if (owned === undefined) this.#owned.set(owner, [clientId])
    else if (!owned.includes(clientId)) owned.push(clientId)
  }

  #disown({ owner, clientId }: Row<Owner>): void {
    const owned = this.#owned.get(owner) ?? []
    this.#owned.set(
      owner,
      owned.filter((own) => own !== clientId),
    )
  }
}
