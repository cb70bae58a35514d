/**
 * Space for rooms: how many there may be, what memory they may take, and how many of them for one
 * person. Decides; the registry loads and unloads.
 */
import { storedDocumentMemory } from '../document/memory-estimate.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { DocumentId } from '../protocol/names.ts'
import { type Evictable, chooseEvictions } from './choose-evictions.ts'
import { type HeapUse, MemoryBudget } from './memory-budget.ts'
import type { RoomPolicy } from './policy.ts'
import type { EvictionReason } from './ports.ts'
import { RoomsByPerson } from './rooms-by-person.ts'

export type RoomSpaceOptions = {
  readonly policy: Pick<RoomPolicy, 'maxOpenRooms' | 'maxMemoryBytes' | 'maxRoomsPerPerson'>
  /** V8's heap; left out, only the rooms' own estimate bounds them. */
  readonly heap: (() => HeapUse) | undefined
  readonly now: () => number
  /** The rooms that may be unloaded at this moment. */
  readonly evictable: () => readonly Evictable[]
  readonly roomCount: () => number
  /** Whether the person is in the room, or nobody is. */
  readonly isHeldBy: (document: DocumentId, personId: string) => boolean
}

export type SpaceRefusal = Extract<ErrorCode, 'server_full' | 'too_many_open'>
/** What to unload first, and why; or why there is no space. */
export type Space = ReadonlyMap<DocumentId, EvictionReason> | SpaceRefusal

const NOTHING: ReadonlyMap<DocumentId, EvictionReason> = new Map()

export class RoomSpace {
  readonly #options: RoomSpaceOptions
  readonly #budget: MemoryBudget
  readonly #people: RoomsByPerson

  constructor(options: RoomSpaceOptions) {
    this.#options = options
    this.#budget = new MemoryBudget(options.policy.maxMemoryBytes, options.heap)
    this.#people = new RoomsByPerson(options.isHeldBy)
  }

  get usedBytes(): number {
    return this.#budget.usedBytes
  }

  get maxBytes(): number {
    return this.#budget.maxBytes
  }

  /** For a room that is not in memory; its size counts only when it was refused for it before. */
  forLoading(document: DocumentId): Space {
    const evictable = this.#lazyEvictable()
    const leaving = new Map<DocumentId, EvictionReason>()
    if (this.#options.roomCount() >= this.#options.policy.maxOpenRooms) {
      const [first] = chooseEvictions(evictable(), 1, this.#options.now())
      if (first === undefined) return 'server_full'
      leaving.set(first.document, 'rooms')
    }
    const needed = Math.max(this.#budget.knownNeedOf(document), storedDocumentMemory(0))
    const forMemory = this.#forMemory(needed, evictable)
    if (typeof forMemory === 'string') return forMemory
    return new Map([...leaving, ...forMemory])
  }

  /** For a person who enters a room that nobody entered before. */
  forPerson(document: DocumentId, personId: string): Space {
    if (this.#people.has(document)) return NOTHING
    const own = this.#people.roomsAtLimit(personId, this.#options.policy.maxRoomsPerPerson)
    if (own.length === 0) return NOTHING
    const candidates = this.#options.evictable().filter((room) => own.includes(room.document))
    const [first] = chooseEvictions(candidates, 1, this.#options.now())
    return first === undefined ? 'too_many_open' : new Map([[first.document, 'person']])
  }

  /** The document was read and is about to be built: now its size is known. */
  reserve(document: DocumentId, storedBytes: number): Space {
    const bytes = storedDocumentMemory(storedBytes)
    this.#budget.delete(document)
    const space = this.#forMemory(bytes, this.#lazyEvictable())
    if (typeof space === 'string') this.#budget.refuse(document, bytes)
    else {
      this.#budget.forgetNeedOf(document)
      this.#budget.set(document, bytes)
    }
    return space
  }

  /** What has to go although nobody asks for space. */
  toRelieve(): ReadonlyMap<DocumentId, EvictionReason> {
    const excess = this.#budget.excessBytes(0)
    if (excess === 0) return NOTHING
    return asMemoryEvictions(chooseEvictions(this.#options.evictable(), excess, this.#options.now()))
  }

  /** The room's memory, as it estimates it now. */
  measured(document: DocumentId, bytes: number): void {
    this.#budget.set(document, bytes)
  }

  entered(document: DocumentId, personId: string): void {
    this.#people.add(document, personId)
  }

  leaving(document: DocumentId): void {
    this.#budget.leave(document)
  }

  left(document: DocumentId): void {
    this.#budget.delete(document)
    this.#people.delete(document)
  }

  #forMemory(neededBytes: number, evictable: () => readonly Evictable[]): Space {
    const excess = this.#budget.excessBytes(neededBytes)
    if (excess === 0) return NOTHING
    const chosen = chooseEvictions(evictable(), excess, this.#options.now())
    const freed = chosen.reduce((sum, { bytes }) => sum + bytes, 0)
    return freed >= excess ? asMemoryEvictions(chosen) : 'server_full'
  }

  /** Looking for them costs a step per room, which most loads need not pay. */
  #lazyEvictable(): () => readonly Evictable[] {
    let found: readonly Evictable[] | undefined
    return () => (found ??= this.#options.evictable())
  }
}

function asMemoryEvictions(rooms: readonly Evictable[]): ReadonlyMap<DocumentId, EvictionReason> {
  return new Map(rooms.map(({ document }) => [document, 'memory']))
}
