/** A document of the simulated server, and what is tied to it from outside, in place of a file. */
import type { DocumentId } from '../../src/protocol/names.ts'
import type { BoundRoom, DocumentBinding, RoomSpec } from '../../src/room/ports.ts'
import type { Dialect, SaveStatus } from '../../src/protocol/message.ts'
import { testDocument } from '../support/room-fixture.ts'
import type { Random } from '../support/random-document.ts'

export type Place = {
  readonly document: DocumentId
  readonly spec: RoomSpec
  /** Of the room that is open now, or was last. */
  binding: SimBinding | undefined
}

/** In the document, where binding records are counted and imports are marked. */
export const IMPORTS = 'imports'
export const SAVES = 'saves'

export function place(name: string, options: { dialect: Dialect; isBound: boolean; random: Random }): Place {
  const document = testDocument(name)
  const { dialect, isBound, random } = options
  const made: Place = {
    document,
    spec: {
      document,
      dialect,
      persistence: 'durable',
      ...(isBound ? { binding: (room) => (made.binding = new SimBinding(room, random)) } : {}),
    },
    binding: undefined,
  }
  return made
}

/**
 * Imports once, and from then on counts its saves: in the document and, in the same durable step, in
 * the binding record. Any crash must leave the two counts equal.
 */
export class SimBinding implements DocumentBinding {
  readonly #room: BoundRoom
  #count: number
  hasUnsavedChanges = false

  constructor(room: BoundRoom, random: Random) {
    this.#room = room
    this.#count = countOf(room.storedBinding)
    // Not that of an earlier process: a killed one may have used clocks that nobody has seen.
    room.doc.clientID = random.int(2 ** 32)
  }

  get roomDoc(): BoundRoom['doc'] {
    return this.#room.doc
  }

  async open(): Promise<void> {
    if (!this.#room.isNew) return
    await this.#write('import', (doc) => {
      doc.getArray(IMPORTS).push(['imported'])
      doc.getText('text').insert(0, 'imported text')
    })
  }

  changed(): void {
    this.hasUnsavedChanges = true
  }

  async save(): Promise<SaveStatus> {
    this.hasUnsavedChanges = false
    await this.#write('saved', () => {})
    return 'success'
  }

  async close(): Promise<void> {
    if (this.hasUnsavedChanges) await this.save()
  }

  async #write(origin: string, change: (doc: BoundRoom['doc']) => void): Promise<void> {
    await this.#room.edit({
      origin,
      change: (doc) => {
        change(doc)
        this.#count += 1
        doc.getMap(SAVES).set('count', this.#count)
      },
      binding: () => Uint8Array.of(this.#count >> 8, this.#count & 255),
    })
  }
}

export function countOf(binding: Uint8Array | undefined): number {
  return binding === undefined ? 0 : ((binding[0] ?? 0) << 8) + (binding[1] ?? 0)
}
