/**
 * The document's side of a file room: reads the live document, and makes every durable edit that
 * follows from a look at the file. What is remembered changes only together with the document.
 */
import type { Doc } from 'yjs'
import type { FileId } from '../protocol/names.ts'
import type { BoundRoom } from '../room/ports.ts'
import type { DiskVersion } from './file-binding-disk.ts'
import {
  type Base,
  type Stamp,
  decodeRecord,
  digestOf,
  encodeRecord,
  packContent,
} from './file-binding-record.ts'
import { isMarkedDirty, writeFileState } from './file-binding-state.ts'
import { ContentVersion } from './file-binding-version.ts'
import type { Content, DocumentModel } from './models/document-model.ts'
import type { LineEndings } from './models/text-model.ts'

export type BoundDocumentOptions = {
  readonly room: BoundRoom
  readonly model: DocumentModel<Content>
  readonly fileId: FileId
  readonly path: string
}

/** What the document said at one moment. */
export type Reading = {
  /** See `ContentVersion`. */
  readonly version: number
  readonly content: Content
  readonly digest: string
}

/** A version of the file that the server wrote itself. */
export type SavedVersion = Stamp & Reading & { readonly eol: LineEndings; readonly packed: Uint8Array }

type Memory = { readonly base: Base; readonly intent: string | undefined }

export class BoundDocument {
  readonly #room: BoundRoom
  readonly #model: DocumentModel<Content>
  readonly #fileId: FileId
  readonly #version: ContentVersion
  #path: string
  #memory: Memory
  #reading: Reading | undefined

  private constructor({ room, model, fileId, path }: BoundDocumentOptions, memory: Memory) {
    this.#room = room
    this.#model = model
    this.#fileId = fileId
    this.#path = path
    this.#memory = memory
    this.#version = new ContentVersion(room.doc)
  }

  /**
   * Takes up what the room's history remembers. A record that cannot be read is as none: the base is
   * empty then, so that the next look at the file merges, and neither side loses anything.
   */
  static async restore(options: BoundDocumentOptions): Promise<BoundDocument> {
    const { storedBinding } = options.room
    const record = storedBinding === undefined ? undefined : await decodeRecord(storedBinding)
    const memory = record ?? { base: await emptyBase(options.model), intent: undefined }
    const document = new BoundDocument(options, { base: memory.base, intent: memory.intent })
    if (!options.room.isNew && !document.equalsBase(document.read())) document.#version.markMoved()
    return document
  }

  get path(): string {
    return this.#path
  }

  get base(): Base {
    return this.#memory.base
  }

  /** True while the outcome of a write is not known. */
  get hasIntent(): boolean {
    return this.#memory.intent !== undefined
  }

  /** True for what a write put into the file whose outcome was never learned. */
  isOwnWrite({ digest }: { readonly digest: string }): boolean {
    return digest === this.#memory.intent
  }

  /** True while the document has, or may have, what the file does not. */
  get hasMoved(): boolean {
    return this.#version.hasMoved
  }

  get isMarkedDirty(): boolean {
    return isMarkedDirty(this.#room.doc)
  }

  /** Read and digested once per version: of a large notebook that costs tens of milliseconds. */
  read(): Reading {
    const version = this.#version.current
    if (this.#reading?.version === version) return this.#reading
    const content = this.#model.read(this.#room.doc)
    this.#reading = { version, content, digest: digestOf(content) }
    return this.#reading
  }

  equalsBase({ digest }: { readonly digest: string }): boolean {
    return digest === this.base.digest
  }

  /** The file becomes the document of a new history. */
  async import(disk: DiskVersion): Promise<void> {
    await this.#commit('import', await memoryOf(disk), (doc) => {
      this.#model.write(doc, disk.content)
      writeFileState(doc, { path: this.#path, dirty: false })
      return true
    })
  }

  /** The file says what it said before, or what the server wrote: the document stays as it is. */
  async adopt(disk: DiskVersion): Promise<void> {
    const memory = await memoryOf(disk)
    await this.#commit('file', memory, () => this.read().digest === disk.digest)
  }

  /** The file's content is known, its stamp is new: somebody touched it, or the hash came late. */
  async restamp({ hash, lastModified }: Stamp): Promise<void> {
    const base = { ...this.base, hash, lastModified }
    await this.#commit('file', { base, intent: this.#memory.intent }, () => !this.hasMoved)
  }

  /**
   * Brings what changed in the file into the live document. Returns what could not be merged into
   * place. Base and merge are one durable step: merging the same version again changes nothing.
   */
  async merge(disk: DiskVersion): Promise<readonly string[]> {
    const { base } = this
    let conflicts: readonly string[] = []
    await this.#commit('merge', await memoryOf(disk), (doc) => {
      const live = this.#model.read(doc)
      const merged = this.#model.merge(base.content, live, disk.content)
      conflicts = merged.conflicts
      this.#model.write(doc, merged.content)
      return this.#model.equals(merged.content, disk.content)
    })
    return conflicts
  }

  /** What a merge would not be able to put into place. */
  conflictsWith(disk: DiskVersion): readonly string[] {
    return this.#model.merge(this.base.content, this.read().content, disk.content).conflicts
  }

  /** Before a write: after a crash the file may hold this content, and that is no foreign change. */
  async intend({ digest }: Reading): Promise<void> {
    const memory = { base: this.base, intent: digest }
    await this.#room.edit({ origin: 'intent', change: () => {}, binding: () => this.#remember(memory) })
  }

  /** After a write. What was typed meanwhile stays marked as unsaved. */
  async saved({ version, ...base }: SavedVersion): Promise<void> {
    await this.#commit('saved', { base, intent: undefined }, () => this.#version.current === version)
  }

  /** The document at `version` says what the file says. */
  async settle(version: number): Promise<void> {
    this.#version.markSaved(version)
    await this.#writeState()
  }

  /** Makes the shared `state` say what is known, after a restart. */
  async refreshState(): Promise<void> {
    await this.#writeState()
  }

  /** The file has another name. */
  async rename(path: string): Promise<void> {
    if (path === this.#path) return
    this.#path = path
    await this.#room.edit({
      origin: 'rename',
      change: (doc) => writeFileState(doc, { path }),
      binding: () => this.#remember(this.#memory),
    })
  }

  close(): void {
    this.#version.close()
  }

  async #writeState(): Promise<void> {
    const next = (): { path: string; hash: string | null; dirty: boolean } => ({
      path: this.#path,
      hash: this.base.hash ?? null,
      dirty: this.hasMoved,
    })
    const state = this.#room.doc.getMap('state')
    const { path, hash, dirty } = next()
    const isRight =
      state.get('path') === path && (state.get('hash') ?? null) === hash && state.get('dirty') === dirty
    if (isRight) return
    await this.#room.edit({ origin: 'state', change: (doc) => writeFileState(doc, next()) })
  }

  /** `change` tells whether the document now says what the file says. */
  async #commit(origin: string, memory: Memory, change: (doc: Doc) => boolean): Promise<void> {
    let isSaved = false
    await this.#room.edit({
      origin,
      change: (doc) => {
        isSaved = change(doc)
        writeFileState(doc, { hash: memory.base.hash ?? null, dirty: !isSaved })
      },
      binding: () => {
        // The transaction is over and nothing else has touched the document: the moment to count.
        if (isSaved) this.#version.markSaved(this.#version.current)
        else this.#version.markMoved()
        return this.#remember(memory)
      },
    })
  }

  /** Runs as part of the edit, so that records and memory change in the same order. */
  #remember(memory: Memory): Uint8Array {
    this.#memory = memory
    return encodeRecord({ path: this.#path, fileId: this.#fileId, ...memory })
  }
}

async function memoryOf({ facts, content, digest, eol }: DiskVersion): Promise<Memory> {
  const packed = await packContent(content)
  return {
    base: { content, digest, eol, packed, hash: facts.hash, lastModified: facts.lastModified },
    intent: undefined,
  }
}

/** No file ever has this stamp. */
async function emptyBase(model: DocumentModel<Content>): Promise<Base> {
  const content =
    model.contentsType === 'file' ? '' : { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }
  const digest = digestOf(content)
  const packed = await packContent(content)
  return { content, digest, eol: 'lf', packed, hash: undefined, lastModified: '' }
}
