/** One room as a worker sees it: what all its authors send, and this worker's clients in it. */
import { readUpdate } from '../typing/update-content.ts'
import type { Author, Edit } from '../typing/contract.ts'
import type { Group } from '../plan/scenario.ts'
import { EditIndex } from './edit-index.ts'
import { FrameStore, type KeepBudget } from './frame-store.ts'
import type { GroupMeter } from './group-meter.ts'
import { PresenceIndex } from './presence-index.ts'

export type RoomAuthor = {
  readonly author: Author
  /** The client that sends for it. */
  readonly client: number
  /** All its edits so far; updates are empty in the workers that do not send them. */
  readonly edits: Edit[]
}

/** What a room holds before the load begins. */
export type Base = {
  readonly updates: readonly Uint8Array[]
  /** Identifiers by client, and their total. */
  readonly clocks: ReadonlyMap<number, number>
  readonly length: number
}

export const NO_BASE: Base = { updates: [], clocks: new Map(), length: 0 }

/** Of updates that hang together: no client's structs have a gap. */
export function baseOf(updates: readonly Uint8Array[]): Base {
  const clocks = new Map<number, number>()
  for (const update of updates) noteClocks(clocks, update)
  return { updates, clocks, length: totalOf(clocks) }
}

/** Client -> its next clock, by what the update holds. */
export function noteClocks(clocks: Map<number, number>, update: Uint8Array): void {
  for (const { client, clock, length } of readUpdate(update).structs)
    clocks.set(client, Math.max(clocks.get(client) ?? 0, clock + length))
}

export function totalOf(clocks: ReadonlyMap<number, number>): number {
  let total = 0
  for (const clock of clocks.values()) total += clock
  return total
}

export class RoomLoad {
  readonly name: string
  readonly group: Group
  /** Of this group of rooms, in this worker. */
  readonly meter: GroupMeter
  /** Among all rooms of the scenario, and among those of its group. */
  readonly number: number
  readonly inGroup: number
  /** Nobody comes, goes or is cut while the load runs: every presence state that is due is sent. */
  readonly isEverybodyHere: boolean
  /** Edits up to here have been counted. */
  countedEdits = 0
  readonly edits = new EditIndex()
  readonly presence = new PresenceIndex()
  readonly frames: FrameStore
  readonly authors: RoomAuthor[] = []
  base: Base = NO_BASE
  #onFirstJoin: (() => void) | undefined

  constructor(parts: {
    readonly name: string
    readonly group: Group
    readonly meter: GroupMeter
    readonly number: number
    readonly inGroup: number
    readonly isEverybodyHere: boolean
    readonly budget: KeepBudget
  }) {
    this.name = parts.name
    this.group = parts.group
    this.meter = parts.meter
    this.number = parts.number
    this.inGroup = parts.inGroup
    this.isEverybodyHere = parts.isEverybodyHere
    this.frames = new FrameStore((update) => this.resolve(update), parts.budget)
  }

  /** Once, when the first of this worker's clients is in the room. */
  onFirstJoin(act: () => void): void {
    this.#onFirstJoin = act
  }

  joined(): void {
    this.#onFirstJoin?.()
    this.#onFirstJoin = undefined
  }

  addAuthor(author: Author, client: number): void {
    this.authors.push({ author, client, edits: [] })
    this.edits.addAuthor(author.clientId)
  }

  /** Which edits an update holds, and how much of the document. */
  resolve(update: Uint8Array): { edits: readonly number[]; baseLength: number } {
    const { structs, deletes } = readUpdate(update)
    const edits: number[] = []
    let baseLength = 0
    for (const range of structs) {
      const found = this.edits.inserted(range)
      if (found !== undefined) edits.push(...found)
      else if (this.base.clocks.has(range.client)) baseLength += range.length
    }
    for (const range of deletes) edits.push(...this.edits.deleted(range))
    return { edits, baseLength }
  }
}
