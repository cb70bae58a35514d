/**
 * Keeps one room's document and one file of Jupyter's in agreement: decides when to look at the
 * file, when to save, and what to tell the people in the room. What a look or a save does is in
 * `FileSync`. Rules: SPEC.md beside this file.
 */
import { runInBackground } from '../lib/run-in-background.ts'
import { SyncError } from '../protocol/errors.ts'
import type { SaveStatus } from '../protocol/message.ts'
import type { FileId } from '../protocol/names.ts'
import type { Clock } from '../room/clock.ts'
import type { BoundRoom, DocumentBinding } from '../room/ports.ts'
import type { ContentsPort } from './file-binding-disk.ts'
import { BoundDocument } from './file-binding-document.ts'
import type { FileEvent } from './file-binding-event.ts'
import type { FilePolicy } from './file-binding-policy.ts'
import { autosaveWish } from './file-binding-state.ts'
import { FileSync, type SyncResult } from './file-binding-sync.ts'
import type { Trouble } from './file-binding-trouble.ts'
import type { Content, DocumentModel } from './models/document-model.ts'
import { withDeadline } from './save-deadline.ts'
import { SavePauses } from './save-pauses.ts'
import { SaveSchedule } from './save-schedule.ts'
import { SaveTurns } from './save-turns.ts'

export type FileBindingOptions = {
  readonly room: BoundRoom
  readonly fileId: FileId
  readonly model: DocumentModel<Content>
  readonly contents: ContentsPort
  readonly clock: Clock
  readonly policy: FilePolicy
  /** Where the file is now; undefined when nobody knows. */
  readonly locate: () => Promise<string | undefined>
  readonly onEvent: (event: FileEvent) => void
  /** Faults of our own; the binding goes on. */
  readonly onError: (error: unknown) => void
  readonly onClosed?: (() => void) | undefined
}

/** Trouble that time may heal: worth another try, and a reason to keep the room in memory. */
const PASSING: ReadonlySet<Trouble | undefined> = new Set([
  undefined,
  'unreachable',
  'write-failed',
  'unsettled',
])
const RETRIED: ReadonlySet<SyncResult> = new Set<SyncResult>(['unreachable', 'write-failed', 'unsettled'])

/** How often a manual save waits for a file that looks torn. */
const MAX_MANUAL_ROUNDS = 4

export class FileBinding implements DocumentBinding {
  readonly #options: FileBindingOptions
  readonly #turns = new SaveTurns()
  readonly #schedule: SaveSchedule
  readonly #pauses: SavePauses
  /** Set by `open`. */
  #parts: { readonly document: BoundDocument; readonly sync: FileSync } | undefined
  /** A rename that came before `open` was done. */
  #newPath: string | undefined
  #trouble: Trouble | undefined
  #isAutosaveWanted = true
  #queuedSave: Promise<SyncResult> | undefined
  #cancelLook: (() => void) | undefined
  #lookDelayMs: number
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(options: FileBindingOptions) {
    const { clock, policy } = options
    this.#options = options
    this.#lookDelayMs = policy.pollMs
    this.#pauses = new SavePauses(clock)
    this.#schedule = new SaveSchedule({
      clock,
      delayMs: policy.saveDelayMs,
      maxWaitMs: policy.saveMaxWaitMs,
      retryMinMs: policy.retryMinMs,
      retryMaxMs: policy.retryMaxMs,
      run: () => this.#inBackground(() => this.#autosave()),
    })
  }

  async open(): Promise<void> {
    const { room, model, fileId } = this.#options
    const path = await this.#options.locate()
    if (path === undefined) throw new SyncError('not_found')
    const document = await BoundDocument.restore({ room, model, fileId, path: this.#newPath ?? path })
    const sync = new FileSync({ ...this.#options, document })
    try {
      if (room.isNew) await sync.import()
      const result = room.isNew ? 'agreed' : await sync.resume()
      this.#parts = { document, sync }
      if (this.#newPath !== undefined) await document.rename(this.#newPath)
      this.#conclude(result)
    } catch (error) {
      document.close()
      throw error
    }
    this.#scheduleLook()
  }

  /** The file's path; undefined until the room is open. */
  get path(): string | undefined {
    return this.#parts?.document.path ?? this.#newPath
  }

  get hasUnsavedChanges(): boolean {
    return this.#isBehind && PASSING.has(this.#trouble) && this.#isAutosaveWanted
  }

  changed(): void {
    const parts = this.#parts
    if (parts === undefined || this.#isClosed) return
    // A client that marks the document dirty after its edit was saved is answered too.
    if (!parts.sync.isBehind && !parts.document.isMarkedDirty) return
    if (PASSING.has(this.#trouble) && this.#wantsAutosave()) this.#schedule.touch()
  }

  async save(): Promise<SaveStatus> {
    const { clock, policy } = this.#options
    if (this.#isClosed || this.#closing !== undefined || this.#trouble === 'deleted') return 'failed'
    const saved = this.#saveManually().catch((error: unknown): SaveStatus => {
      this.#report(error)
      return 'failed'
    })
    return await withDeadline(clock, policy.saveDeadlineMs, saved, 'failed')
  }

  /**
   * Saves what is unsaved, also where nobody wants autosave: Jupyter is about to end. A file that
   * vanished is not created.
   */
  async saveForStop(): Promise<void> {
    const sync = this.#parts?.sync
    if (sync === undefined || this.#isClosed || !this.#isBehind || this.#trouble === 'deleted') return
    const result = await this.#turns.run<SyncResult>(async () =>
      this.#isClosed ? 'agreed' : await sync.save({ mayCreate: false }),
    )
    this.#concludeSave(result)
  }

  /** True while the document has, or may have, what its file has not. */
  get isBehindFile(): boolean {
    return this.#isBehind
  }

  async close(): Promise<void> {
    this.#closing ??= this.#finish()
    await this.#closing
  }

  /** Renamed in Jupyter. */
  async moved(path: string): Promise<void> {
    this.#newPath = path
    if (this.#parts === undefined || this.#isClosed) return
    await this.#parts.document.rename(path)
    this.#options.onEvent({ kind: 'renamed', path })
    // At the old path it may have been seen missing.
    this.lookSoon()
  }

  /** Deleted in Jupyter: somebody wanted that, so nothing is written at this path any more. */
  deleted(): void {
    this.#setTrouble('deleted')
    this.#schedule.reset()
    this.#cancelLook?.()
  }

  /** Looks at the file at once. */
  lookSoon(): void {
    if (this.#parts !== undefined && !this.#isClosed) this.#inBackground(() => this.#look())
  }

  /** Resolves when no save is under way and clients had time to take over the hash of the last one. */
  async settled(): Promise<void> {
    await this.#parts?.sync.writing
    const { clock, policy } = this.#options
    const lastWriteAt = this.#parts?.sync.lastWriteAt
    if (lastWriteAt === undefined) return
    const remainingMs = lastWriteAt + policy.hashGraceMs - clock.elapsed()
    if (remainingMs > 0) await this.#pauses.wait(remainingMs)
  }

  /** Runs `task` while this binding leaves the file alone. */
  async alone<T>(task: () => Promise<T>): Promise<T> {
    return await this.#turns.run(task)
  }

  get #isBehind(): boolean {
    return this.#parts?.sync.isBehind === true
  }

  #wantsAutosave(): boolean {
    const states = this.#options.room.awarenessStates()
    // In an empty room the last people's wish still counts.
    if (states.length > 0) this.#isAutosaveWanted = autosaveWish(states) ?? true
    return this.#isAutosaveWanted
  }

  async #autosave(): Promise<void> {
    const sync = this.#parts?.sync
    if (sync === undefined || !PASSING.has(this.#trouble) || !this.#wantsAutosave()) return
    const result = await this.#turns.run<SyncResult>(async () => {
      if (this.#isClosed || (await sync.settleUnchanged())) return 'agreed'
      return await sync.save({ mayCreate: false })
    })
    this.#concludeSave(result)
    if (RETRIED.has(result)) this.#schedule.retry()
  }

  async #saveManually(): Promise<SaveStatus> {
    for (let round = 0; round < MAX_MANUAL_ROUNDS; round += 1) {
      // Whoever asks while a save waits for its turn is served by that one.
      this.#queuedSave ??= this.#turns.run(() => this.#manualTurn())
      const result = await this.#queuedSave
      this.#concludeSave(result)
      if (result === 'saved' || result === 'agreed') return 'success'
      if (result !== 'unsettled' || this.#isClosed) return 'failed'
      await this.#pauses.wait(this.#options.policy.credibleMs)
    }
    return 'failed'
  }

  async #manualTurn(): Promise<SyncResult> {
    this.#queuedSave = undefined
    const sync = this.#parts?.sync
    if (sync === undefined || this.#isClosed || this.#trouble === 'deleted') return 'rejected'
    // Asked for: a file that vanished outside Jupyter comes back.
    return await sync.save({ mayCreate: true })
  }

  async #look(): Promise<void> {
    const sync = this.#parts?.sync
    if (sync === undefined || this.#trouble === 'deleted') return
    const result = await this.#turns.run<SyncResult>(async () =>
      this.#isClosed ? 'agreed' : await sync.look(),
    )
    const { pollMs, pollMaxMs } = this.#options.policy
    this.#lookDelayMs = result === 'unreachable' ? Math.min(pollMaxMs, this.#lookDelayMs * 2) : pollMs
    // A look says nothing new about a write that did not work.
    if (result === 'agreed' && this.#isWriteTrouble(sync)) return
    const wasUnreachable = this.#trouble === 'unreachable'
    this.#conclude(result)
    if (wasUnreachable && this.#trouble === undefined && this.#schedule.isPending) this.#schedule.hurry()
  }

  #isWriteTrouble(sync: FileSync): boolean {
    if (this.#trouble === 'read-only') return !sync.isWritable
    return this.#trouble === 'rejected' || this.#trouble === 'write-failed'
  }

  #concludeSave(result: SyncResult): void {
    if (result === 'agreed' || result === 'saved') this.#schedule.succeeded()
    this.#conclude(result)
  }

  #conclude(result: SyncResult): void {
    if (this.#isClosed || this.#trouble === 'deleted') return
    const isFine = result === 'agreed' || result === 'saved'
    this.#setTrouble(isFine ? undefined : result)
    if (!PASSING.has(this.#trouble) || (isFine && !this.#isBehind)) this.#schedule.reset()
    else if (this.#isBehind && !this.#schedule.isPending && this.#wantsAutosave()) this.#schedule.touch()
  }

  #setTrouble(trouble: Trouble | undefined): void {
    if (trouble === this.#trouble) return
    const before = this.#trouble
    this.#trouble = trouble
    const path = this.path ?? ''
    if (trouble === undefined) this.#options.onEvent({ kind: 'recovered', path, detail: before })
    else this.#options.onEvent({ kind: 'trouble', path, detail: trouble })
    // Stock clients skip messages of a type they do not know.
    this.#options.room.notify(JSON.stringify({ type: 'file', trouble: trouble ?? null }))
  }

  #scheduleLook(): void {
    if (this.#isClosed || this.#trouble === 'deleted') return
    this.#cancelLook = this.#options.clock.after(this.#lookDelayMs, () => {
      this.#inBackground(async () => {
        try {
          const isWatched = this.#options.room.awarenessStates().length > 0 || this.hasUnsavedChanges
          if (isWatched) await this.#look()
        } finally {
          this.#scheduleLook()
        }
      })
    })
  }

  async #finish(): Promise<void> {
    const { clock, policy, onClosed } = this.#options
    this.#schedule.close()
    this.#cancelLook?.()
    if (this.#parts !== undefined && this.hasUnsavedChanges) {
      const last = this.#autosave().catch((error: unknown) => this.#report(error))
      await withDeadline(clock, policy.closeDeadlineMs, last, undefined)
    }
    this.#isClosed = true
    this.#pauses.close()
    this.#cancelLook?.()
    this.#parts?.document.close()
    onClosed?.()
  }

  #inBackground(task: () => Promise<void>): void {
    runInBackground(task, (error) => {
      this.#report(error)
      this.#lookDelayMs = Math.min(this.#options.policy.pollMaxMs, this.#lookDelayMs * 2)
      if (this.#isBehind) this.#schedule.retry()
    })
  }

  /** What a step that outlived its room stumbles over is no fault. */
  #report(error: unknown): void {
    if (!this.#isClosed) this.#options.onError(error)
  }
}
