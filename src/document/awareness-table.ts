/**
 * Who is present in a room: `clientId -> clock, state, owner`.
 *
 * It takes the place of y-protocols' `Awareness`, which holds a timer per room, believes any client
 * about any other, and never forgets a client id. Here an entry belongs to the session that
 * introduced its client id, and only its owner may change it.
 */
import type { AwarenessEntry } from '../protocol/message.ts'

export type AwarenessOwner = {
  /** Equal keys are the same person on a new connection: it may take over its own client id. */
  readonly ownerKey: string
}

type Row<Owner> = { clock: number; state: string | null; owner: Owner }

export type AwarenessLimits = { readonly maxClientIdsPerOwner: number }

export class AwarenessTable<Owner extends AwarenessOwner> {
  readonly #rows = new Map<number, Row<Owner>>()
  readonly #owned = new Map<Owner, Set<number>>()
  readonly #limits: AwarenessLimits

  constructor(limits: AwarenessLimits) {
    this.#limits = limits
  }

  /** Number of clients with a state. */
  get size(): number {
    return this.#rows.size
  }

  /**
   * Takes what `owner` says and returns the client ids that changed. What it may not say is dropped
   * without a word: a stock client that wakes up repeats everybody's states and declares others
   * gone, and is not to blame for it.
   */
  apply(owner: Owner, entries: readonly AwarenessEntry[]): number[] {
    const changed: number[] = []
    for (const entry of entries) if (this.#applyOne(owner, entry)) changed.push(entry.clientId)
    return changed
  }

  /** The owner left: its entries become removals, returned for broadcasting, and are forgotten. */
  removeOwner(owner: Owner): AwarenessEntry[] {
    const removals: AwarenessEntry[] = []
    for (const clientId of this.#owned.get(owner) ?? []) {
      const row = this.#rows.get(clientId)
      if (row === undefined || row.owner !== owner) continue
      this.#rows.delete(clientId)
      removals.push({ clientId, clock: row.clock + 1, state: null })
    }
    this.#owned.delete(owner)
    return removals
  }

  entries(clientIds: Iterable<number> = this.#rows.keys()): AwarenessEntry[] {
    const entries: AwarenessEntry[] = []
    for (const clientId of clientIds) {
      const row = this.#rows.get(clientId)
      if (row !== undefined) entries.push({ clientId, clock: row.clock, state: row.state })
    }
    return entries
  }

  /** JSON texts of everyone present. */
  states(): string[] {
    return [...this.#rows.values()].flatMap((row) => (row.state === null ? [] : [row.state]))
  }

  #applyOne(owner: Owner, entry: AwarenessEntry): boolean {
    const row = this.#rows.get(entry.clientId)
    if (row === undefined) return this.#introduce(owner, entry)
    if (row.owner !== owner) {
      if (row.owner.ownerKey !== owner.ownerKey || entry.clock <= row.clock || !this.#hasRoom(owner))
        return false
      this.#owned.get(row.owner)?.delete(entry.clientId)
      row.owner = owner
      this.#ownedBy(owner).add(entry.clientId)
    }
    const isRemoval = entry.state === null && row.state !== null
    if (entry.clock < row.clock || (entry.clock === row.clock && !isRemoval)) return false
    row.clock = entry.clock
    row.state = entry.state
    return true
  }

  #introduce(owner: Owner, entry: AwarenessEntry): boolean {
    if (entry.state === null || !this.#hasRoom(owner)) return false
    this.#rows.set(entry.clientId, { clock: entry.clock, state: entry.state, owner })
    this.#ownedBy(owner).add(entry.clientId)
    return true
  }

  #hasRoom(owner: Owner): boolean {
    return (this.#owned.get(owner)?.size ?? 0) < this.#limits.maxClientIdsPerOwner
  }

  #ownedBy(owner: Owner): Set<number> {
    const owned = this.#owned.get(owner) ?? new Set<number>()
    this.#owned.set(owner, owned)
    return owned
  }
}
