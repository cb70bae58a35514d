/**
 * Which rooms in memory are there because of whom: a room is a person's who was the first to enter
 * it, while that person is in it or has left it empty.
 */
import type { DocumentId } from '../protocol/names.ts'

/** Whether the room is still there for this person. */
export type IsHeld = (document: DocumentId, personId: string) => boolean

export class RoomsByPerson {
  readonly #isHeld: IsHeld
  readonly #personOf = new Map<DocumentId, string>()
  readonly #roomsOf = new Map<string, Set<DocumentId>>()

  constructor(isHeld: IsHeld) {
    this.#isHeld = isHeld
  }

  has(document: DocumentId): boolean {
    return this.#personOf.has(document)
  }

  /** The room is this person's, unless it is somebody else's already. */
  add(document: DocumentId, personId: string): void {
    if (this.#personOf.has(document)) return
    this.#personOf.set(document, personId)
    const rooms = this.#roomsOf.get(personId)
    if (rooms === undefined) this.#roomsOf.set(personId, new Set([document]))
    else rooms.add(document)
  }

  delete(document: DocumentId): void {
    const personId = this.#personOf.get(document)
    if (personId === undefined) return
    this.#personOf.delete(document)
    const rooms = this.#roomsOf.get(personId)
    rooms?.delete(document)
    if (rooms?.size === 0) this.#roomsOf.delete(personId)
  }

  /** Empty while there are fewer than `limit`: only at the limit it is looked at closely. */
  roomsAtLimit(personId: string, limit: number): readonly DocumentId[] {
    if ((this.#roomsOf.get(personId)?.size ?? 0) < limit) return []
    // Those that were left to others count no longer.
    for (const document of this.#roomsOf.get(personId) ?? []) {
      if (!this.#isHeld(document, personId)) this.delete(document)
    }
    const held = this.#roomsOf.get(personId)
    return held !== undefined && held.size >= limit ? [...held] : []
  }
}
