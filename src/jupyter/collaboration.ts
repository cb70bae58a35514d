/**
 * The file rooms of one Jupyter server: which room belongs to which file, and who has to hear about
 * it when a file is renamed, deleted or written. Rules: SPEC.md beside this file.
 */
import { runInBackground } from '../lib/run-in-background.ts'
import { SyncError } from '../protocol/errors.ts'
import { type DocumentId, type FileId, type Lineage, type RoomName, documentId } from '../protocol/names.ts'
import { type Clock, systemClock } from '../room/clock.ts'
import type { BindingFactory, BoundRoom, DocumentBinding, RoomOpener, RoomSpec } from '../room/ports.ts'
import type { FileIndex } from '../store/file-index.ts'
import { decodedOnceMore, isWithin, movedPath, normalizePath, plainPath } from './collaboration-path.ts'
import { formatJupyterRoom, parseJupyterRoom } from './collaboration-room-name.ts'
import type { ContentsEvent } from './contents-event.ts'
import { FileBinding } from './file-binding.ts'
import type { ContentsPort } from './file-binding-disk.ts'
import type { FileEvent } from './file-binding-event.ts'
import { DEFAULT_FILE_POLICY, type FilePolicy } from './file-binding-policy.ts'
import { type Content, type DocumentModel, modelFor } from './models/document-model.ts'
import { withDeadline } from './save-deadline.ts'

export type CollaborationDeps = {
  readonly rooms: RoomOpener
  readonly files: FileIndex
  readonly contents: ContentsPort
  readonly policy?: Partial<FilePolicy> | undefined
  readonly clock?: Clock | undefined
  readonly onEvent?: ((event: FileEvent, document: DocumentId) => void) | undefined
  readonly onError: (error: unknown, document: DocumentId) => void
}

/** What JupyterLab is told about a document that it wants to open. */
export type CollaborationSession = {
  readonly fileId: FileId
  readonly format: string
  readonly type: string
  /** The lineage of the document's history: a client with another one must not merge its state. */
  readonly sessionId: Lineage
  /** The path had no file id before. */
  readonly isNew: boolean
}

type OpenFile = { readonly document: DocumentId; readonly view: string; readonly binding: FileBinding }
type Found = { readonly path: string; readonly fileId: FileId; readonly isNew: boolean }
type FileRoom = { readonly fileId: FileId; readonly view: string; readonly model: DocumentModel<Content> }

/** A rename or delete that passes waits this long for a save, and holds saves off this long. */
const ALONE_MS = 5_000

export class Collaboration {
  readonly #deps: CollaborationDeps
  readonly #policy: FilePolicy
  readonly #clock: Clock
  /** At most one room per file: two would not see each other and overwrite one file. */
  readonly #open = new Map<FileId, OpenFile>()

  constructor(deps: CollaborationDeps) {
    this.#deps = deps
    this.#policy = { ...DEFAULT_FILE_POLICY, ...deps.policy }
    this.#clock = deps.clock ?? systemClock
  }

  /** How to open the room of that name; undefined when there is no such room here. */
  async roomSpec(name: RoomName): Promise<RoomSpec | undefined> {
    const room = parseJupyterRoom(name)
    if (room === undefined) return undefined
    const document = documentId('jupyter', name)
    if (room.kind === 'presence') return { document, dialect: 'jupyter', persistence: 'transient' }
    if ((await this.#deps.files.pathOf(room.fileId)) === undefined) return undefined
    const view = `${room.format}:${room.type}`
    return {
      document,
      dialect: 'jupyter',
      persistence: 'durable',
      binding: this.#bindingOf({ fileId: room.fileId, view, model: room.model }),
    }
  }

  /**
   * Opens the document of a file. Throws `SyncError`: `not_found`, `bad_request` (no such type of
   * document, not such a file, open in another view), `jupyter_unreachable`, `load_failed`.
   */
  async session(path: string, format: string, type: string): Promise<CollaborationSession> {
    if (modelFor(format, type) === undefined)
      throw new SyncError('bad_request', 'Documents of this format and type cannot be edited together here.')
    const { fileId, isNew } = await this.#find(normalizePath(path))
    const name = formatJupyterRoom(format, type, fileId)
    const spec = name && (await this.roomSpec(name))
    // Renamed or deleted in this very moment.
    if (spec === undefined) throw new SyncError('not_found')
    this.#refuseSecondView(fileId, spec.document)
    const { lineage } = await this.#deps.rooms.open(spec)
    return { fileId, format, type, sessionId: lineage, isNew }
  }

  /** A change of Jupyter's files that was made through Jupyter. */
  async contentsChanged(event: ContentsEvent): Promise<void> {
    switch (event.kind) {
      case 'renamed':
        return await this.#renamed(normalizePath(event.from), normalizePath(event.to))
      case 'deleted':
        return await this.#deleted(normalizePath(event.path))
      case 'written':
        for (const { binding } of this.#within(event.path)) binding.lookSoon()
    }
  }

  /**
   * Resolves when no save of that file is under way and JupyterLab had time to take over the hash of
   * the last one. Before that, its Ctrl+S would ask about a change that was nobody's.
   */
  async settled(path: string): Promise<void> {
    await Promise.all(this.#within(path).map(({ binding }) => binding.settled()))
  }

  /**
   * Runs `task`, something that renames, deletes or writes files in Jupyter, while no save of these
   * files is under way; otherwise a save could bring a file back at its old name. `task` should
   * include the call of `contentsChanged`.
   */
  async alone<T>(paths: readonly string[], task: () => Promise<T>): Promise<T> {
    const releases = await Promise.all(
      [...new Set(paths.flatMap((path) => this.#within(path)))].map((file) => this.#hold(file)),
    )
    try {
      return await task()
    } finally {
      for (const release of releases) release()
    }
  }

  /**
   * For the moment before Jupyter ends: saves every open file, then lets `leave` close the rooms, each
   * within `withinMs`. Gives the paths of the files that lack something which the history has.
   */
  async saveAndLeave(leave: () => Promise<void>, withinMs: number): Promise<readonly string[]> {
    const files = [...this.#open.values()]
    const saves = files.map(({ binding, document }) =>
      binding.saveForStop().catch((error: unknown) => this.#deps.onError(error, document)),
    )
    await withDeadline(this.#clock, withinMs, Promise.all(saves), undefined)
    const all = new Set([...files, ...this.#open.values()])
    await withDeadline(this.#clock, withinMs, leave(), undefined)
    return [...all].filter(({ binding }) => binding.isBehindFile).map(({ binding }) => binding.path ?? '')
  }

  async #find(path: string): Promise<Found> {
    const { files } = this.#deps
    for (const candidate of [path, decodedOnceMore(path)]) {
      if (candidate === undefined) continue
      const known = await files.find(candidate)
      if (known !== undefined) return { path: candidate, fileId: known, isNew: false }
      const answer = await this.#deps.contents.stat(candidate)
      if (answer.kind === 'unreachable')
        throw new SyncError('jupyter_unreachable', undefined, { cause: answer.cause })
      // Other faults are told apart when the file is read.
      if (answer.kind !== 'missing') return { path: candidate, ...(await files.idFor(candidate)) }
    }
    throw new SyncError('not_found', 'There is no such file.')
  }

  #bindingOf({ fileId, view, model }: FileRoom): BindingFactory {
    return (room: BoundRoom): DocumentBinding => {
      this.#refuseSecondView(fileId, room.document)
      const { contents, files, onEvent, onError } = this.#deps
      const binding = new FileBinding({
        room,
        fileId,
        model,
        contents,
        clock: this.#clock,
        policy: this.#policy,
        locate: () => files.pathOf(fileId),
        onEvent: (event) => onEvent?.(event, room.document),
        onError: (error) => onError(error, room.document),
        onClosed: () => {
          if (this.#open.get(fileId)?.binding === binding) this.#open.delete(fileId)
        },
      })
      this.#open.set(fileId, { document: room.document, view, binding })
      return binding
    }
  }

  #refuseSecondView(fileId: FileId, document: DocumentId): void {
    const open = this.#open.get(fileId)
    if (open === undefined || open.document === document) return
    const [, type] = open.view.split(':')
    throw new SyncError('bad_request', `This file is open as a ${type}; close that view first.`)
  }

  async #renamed(from: string, to: string): Promise<void> {
    const { files } = this.#deps
    await files.move(from, to)
    const moves = [...this.#open.values()].map(async ({ binding }) => {
      const { path } = binding
      const next = path === undefined ? undefined : movedPath(path, from, to)
      if (next !== undefined) await binding.moved(next)
    })
    await Promise.all(moves)
  }

  async #deleted(path: string): Promise<void> {
    const gone = this.#within(path)
    await this.#deps.files.remove(path)
    for (const { binding } of gone) binding.deleted()
  }

  /** The open files at or below a path in any spelling; none when it names no file. */
  #within(path: string): OpenFile[] {
    const folder = plainPath(path)
    if (folder === undefined) return []
    return [...this.#open.values()].filter(
      ({ binding }) => binding.path !== undefined && isWithin(binding.path, folder),
    )
  }

  /** Resolves when the binding leaves the file alone, or after a while; gives what ends that. */
  async #hold({ binding, document }: OpenFile): Promise<() => void> {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const held = new Promise<void>((resolve) => {
      runInBackground(
        () =>
          binding.alone(async () => {
            resolve()
            await withDeadline(this.#clock, ALONE_MS, released, undefined)
          }),
        (error) => this.#deps.onError(error, document),
      )
    })
    await withDeadline(this.#clock, ALONE_MS, held, undefined)
    return release
  }
}
