/**
 * The room side of a file binding without a room: a real `Y.Doc`, edits that become durable a turn
 * later, and what is durable kept apart, so that a test can crash the process and open the rest.
 */
import * as Y from 'yjs'
import {
  type DocumentId,
  type FileId,
  type Lineage,
  type RoomName,
  documentId,
} from '../../src/protocol/names.ts'
import type { BoundRoom, DocumentBinding, RoomOpener, RoomSpec, ServerEdit } from '../../src/room/ports.ts'
import type { FileIndex } from '../../src/store/file-index.ts'

export const TEST_LINEAGE = '0'.repeat(32) as Lineage

export type Durable = { update: Uint8Array; binding: Uint8Array | undefined }

export class FileRoom implements BoundRoom {
  readonly document: DocumentId
  readonly lineage = TEST_LINEAGE
  readonly doc = new Y.Doc()
  readonly isNew: boolean
  readonly notices: unknown[] = []
  /** Origins of the server's edits, in order. */
  readonly edits: string[] = []
  people: Record<string, unknown>[] = [{ user: { name: 'Ann' } }]
  binding: DocumentBinding | undefined
  /** Set by tests: an edit of this origin is applied in memory and never becomes durable. */
  crashesAt: string | undefined
  #durable: Durable
  #storedBinding: Uint8Array | undefined
  #seq = 0
  #isClosed = false

  constructor(durable?: Durable, document = documentId('jupyter', 'text:file:1' as RoomName)) {
    this.document = document
    this.isNew = durable === undefined
    if (durable !== undefined) Y.applyUpdate(this.doc, durable.update)
    this.#storedBinding = durable?.binding
    this.#durable = durable ?? { update: Y.encodeStateAsUpdate(this.doc), binding: undefined }
  }

  get storedBinding(): Uint8Array | undefined {
    return this.#storedBinding
  }

  get durableSeq(): number {
    return this.#seq
  }

  /** What a new process would find. */
  get durable(): Durable {
    return this.#durable
  }

  async edit({ origin, change, binding }: ServerEdit): Promise<void> {
    await Promise.resolve()
    if (this.#isClosed) throw new Error('the room is closed')
    this.doc.transact(() => change(this.doc), origin)
    const bytes = binding?.()
    const durable = { update: Y.encodeStateAsUpdate(this.doc), binding: bytes ?? this.#storedBinding }
    await new Promise((resolve) => setImmediate(resolve))
    if (this.crashesAt === origin) {
      this.#isClosed = true
      throw new Error(`crashed at ${origin}`)
    }
    this.#storedBinding = durable.binding
    this.#durable = durable
    this.#seq += 1
    this.edits.push(origin)
  }

  awarenessStates(): Record<string, unknown>[] {
    return this.people
  }

  notify(json: string): void {
    this.notices.push(JSON.parse(json))
  }

  /** A client's edit: applied, durable, and the binding told. */
  type(change: (doc: Y.Doc) => void): void {
    this.doc.transact(() => change(this.doc), 'client')
    this.#durable = { update: Y.encodeStateAsUpdate(this.doc), binding: this.#storedBinding }
    this.#seq += 1
    this.binding?.changed()
  }

  /** The process is gone: nothing in memory reaches disk any more. */
  crash(): Durable {
    this.#isClosed = true
    return this.#durable
  }

  get text(): string {
    return this.doc.getText('source').toJSON()
  }

  state(key: string): unknown {
    return this.doc.getMap('state').get(key)
  }
}

/** A file index in memory. */
export class MemoryFileIndex implements FileIndex {
  readonly #ids = new Map<string, FileId>()
  #minted = 0

  async idFor(path: string): Promise<{ readonly fileId: FileId; readonly isNew: boolean }> {
    const known = this.#ids.get(path)
    if (known !== undefined) return { fileId: known, isNew: false }
    this.#minted += 1
    const fileId = `file-${this.#minted}` as FileId
    this.#ids.set(path, fileId)
    return { fileId, isNew: true }
  }

  async find(path: string): Promise<FileId | undefined> {
    return this.#ids.get(path)
  }

  async pathOf(fileId: FileId): Promise<string | undefined> {
    return [...this.#ids].find(([, id]) => id === fileId)?.[0]
  }

  async move(from: string, to: string): Promise<void> {
    for (const [path, fileId] of this.#ids) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#ids.delete(path)
      this.#ids.set(to + path.slice(from.length), fileId)
    }
  }

  async remove(path: string): Promise<void> {
    for (const known of this.#ids.keys())
      if (known === path || known.startsWith(`${path}/`)) this.#ids.delete(known)
  }
}

/** Opens rooms as the registry does, for as many documents as a test needs. */
export class FileRooms implements RoomOpener {
  readonly rooms = new Map<DocumentId, FileRoom>()

  async open(spec: RoomSpec): Promise<{ readonly lineage: Lineage }> {
    const open = this.rooms.get(spec.document)
    if (open !== undefined) return open
    const room = new FileRoom(undefined, spec.document)
    try {
      room.binding = spec.binding?.(room)
      await room.binding?.open()
    } catch (error) {
      await room.binding?.close()
      throw error
    }
    this.rooms.set(spec.document, room)
    return room
  }

  async close(document: DocumentId): Promise<void> {
    await this.rooms.get(document)?.binding?.close()
    this.rooms.delete(document)
  }

  async closeAll(): Promise<void> {
    for (const document of this.rooms.keys()) await this.close(document)
  }
}
