/**
 * One document, the people in it and its way to disk. Rules: SPEC.md beside this file.
 *
 * A keystroke's way through here: `receiveEdit` queues it, the commit loop calls `takeBatch`
 * (apply), writes, and calls `committed` (broadcast).
 */
import { type Doc, encodeStateVector } from 'yjs'
import { touchesOnly } from '../document/touches-only.ts'
import { runInBackground } from '../lib/run-in-background.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import { encodeRaw, encodeSaveReply, encodeSyncStep1, encodeUpdate } from '../protocol/encode.ts'
import { ERRORS, type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { AwarenessEntry, Dialect, SaveStatus } from '../protocol/message.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { Clock } from './clock.ts'
import type { CommitLoop, Committer } from './commit-loop.ts'
import { BackgroundTurns } from './background-turns.ts'
import { Compactor } from './compactor.ts'
import { DocumentLog } from './document-log.ts'
import { type Change, type ClientEdit, EditQueue } from './edit-queue.ts'
import type { RoomPolicy } from './policy.ts'
import type {
  AppendItem,
  BoundRoom,
  DocumentBinding,
  DocumentStore,
  RoomObserver,
  RoomSpec,
  Seq,
  ServerEdit,
  StoredDocument,
} from './ports.ts'
import { Presence } from './presence.ts'
import { type Member, Session } from './session.ts'
import { restoreDoc } from './restore-doc.ts'
import type { SnapshotThread } from './snapshot-thread.ts'
import { StateCache } from './state-cache.ts'

export type RoomDeps = {
  readonly store: DocumentStore
  readonly loop: CommitLoop
  readonly clock: Clock
  readonly observer: RoomObserver
  readonly policy: RoomPolicy
  readonly mintLineage: () => Lineage
  /** Shared by all rooms of the process, so that only one of them loads or compacts in a turn. */
  readonly turns?: BackgroundTurns | undefined
  readonly snapshots?: SnapshotThread | undefined
  readonly onError: (error: unknown, document: DocumentId) => void
}

export class Room implements Committer, BoundRoom {
  readonly document: DocumentId
  readonly dialect: Dialect
  readonly lineage: Lineage
  readonly doc: Doc
  readonly isNew: boolean
  readonly clock: Clock
  readonly observer: RoomObserver
  readonly policy: RoomPolicy
  readonly #deps: RoomDeps
  /** Absent in transient rooms. */
  readonly #log: DocumentLog | undefined
  readonly #compactor: Compactor | undefined
  readonly #edits = new EditQueue()
  readonly #presence: Presence
  readonly #sessions = new Set<Session>()
  readonly #state: StateCache
  #waitingStep1: { readonly session: Session; readonly stateVector: Uint8Array }[] = []
  #inFlight: Change[] | undefined
  #batch = 0
  #binding: DocumentBinding | undefined
  #storedBinding: Uint8Array | undefined
  #isClosed = false
  #onEmpty: () => void = () => {}
  #flushWaiters: (() => void)[] = []

  /** Loads the document and lets its binding import or merge. Throws `SyncError`; leaves nothing behind then. */
  static async load(spec: RoomSpec, deps: RoomDeps): Promise<Room> {
    const stored = spec.persistence === 'durable' ? await deps.store.load(spec.document) : undefined
    const turns = deps.turns ?? new BackgroundTurns(deps.clock)
    const doc = await restoreDoc(stored, turns)
    const room = new Room(spec, { ...deps, turns }, { doc, stored })
    try {
      room.#binding = spec.binding?.(room)
      await room.#binding?.open()
    } catch (error) {
      await room.#binding?.close().catch(() => {})
      room.#dispose()
      throw error
    }
    return room
  }

  private constructor(
    spec: RoomSpec,
    deps: RoomDeps & { readonly turns: BackgroundTurns },
    { doc, stored }: { readonly doc: Doc; readonly stored: StoredDocument | undefined },
  ) {
    this.document = spec.document
    this.dialect = spec.dialect
    this.clock = deps.clock
    this.observer = deps.observer
    this.policy = deps.policy
    this.#deps = deps
    this.lineage = stored?.lineage ?? deps.mintLineage()
    this.isNew = stored === undefined
    this.doc = doc
    this.#state = new StateCache(this.doc)
    this.#storedBinding = stored?.binding
    this.#log =
      spec.persistence === 'durable'
        ? new DocumentLog({ ...deps, document: this.document, lineage: this.lineage, stored })
        : undefined
    this.#compactor = this.#log && this.#compactorFor(this.#log, deps)
    this.#presence = new Presence({
      dialect: this.dialect,
      clock: this.clock,
      windowMs: deps.policy.awarenessWindowMs,
      maxClientIdsPerSession: deps.policy.maxClientIdsPerSession,
      broadcast: (frame) => this.#broadcast(frame),
    })
  }

  get storedBinding(): Uint8Array | undefined {
    return this.#storedBinding
  }

  get durableSeq(): Seq {
    return this.#log?.durableSeq ?? 0
  }

  /** Counts the batches that were shown. */
  get batch(): number {
    return this.#batch
  }

  get sessions(): ReadonlySet<Session> {
    return this.#sessions
  }

  get pendingBytes(): number {
    return this.#edits.bytes
  }

  /** A flush costs one socket write for each peer, so a large room gathers more before each. */
  get flushGapMs(): number {
    return Math.min(this.policy.maxFlushGapMs, this.#sessions.size * this.policy.flushGapPerPeerMs)
  }

  /** False while something typed is neither on disk nor, for a bound room, in its file. */
  get isClean(): boolean {
    return this.#edits.isEmpty && this.#inFlight === undefined && this.#binding?.hasUnsavedChanges !== true
  }

  onEmpty(listener: () => void): void {
    this.#onEmpty = listener
  }

  join(member: Member): Session {
    if (this.#sessions.size >= this.policy.maxSessions) throw new SyncError('room_full')
    const session = new Session(this, member, this.clock.elapsed())
    this.#sessions.add(session)
    session.reply(encodeSyncStep1(this.stateVector()))
    this.sendPresence(session)
    return session
  }

  leave(session: Session): void {
    if (!this.#sessions.delete(session)) return
    this.#presence.leave(session)
    this.#waitingStep1 = this.#waitingStep1.filter((waiting) => waiting.session !== session)
    this.observer.left()
    if (this.#sessions.size === 0) this.#onEmpty()
  }

  receiveEdit(session: Session, edit: ClientEdit): void {
    if (this.#edits.bytes + edit.update.length > this.policy.maxPendingBytes) {
      // Only while the store cannot write does this much gather; the client keeps its edits.
      throw new SyncError('store_unavailable')
    }
    this.#edits.pushClient(session, edit)
    this.#deps.loop.schedule(this)
  }

  async edit(edit: ServerEdit): Promise<void> {
    if (this.#isClosed) throw new SyncError('internal', `${this.document} is closed`)
    const done = this.#edits.pushServer(edit, this.clock.elapsed())
    this.#deps.loop.schedule(this)
    await done
  }

  /**
   * Answers with what the client is missing, but only when all that was received before is in the
   * log: nobody is shown what a crash could take back, and the answer acknowledges what came before.
   */
  answerStep1(session: Session, stateVector: Uint8Array): void {
    if (this.#edits.isEmpty && this.#inFlight === undefined) {
      session.deliverState(this.#state.step2For(stateVector))
      return
    }
    this.#waitingStep1.push({ session, stateVector })
    this.#deps.loop.schedule(this)
  }

  requestMissing(session: Session): void {
    session.reply(encodeSyncStep1(this.stateVector()))
  }

  receivePresence(session: Session, entries: readonly AwarenessEntry[]): void {
    this.#presence.receive(session, entries)
  }

  sendPresence(session: Session): void {
    const snapshot = this.#presence.snapshot()
    if (snapshot !== undefined) session.deliver(snapshot)
  }

  awarenessStates(): Record<string, unknown>[] {
    return this.#presence.states()
  }

  notify(json: string): void {
    this.#broadcast(encodeRaw(json))
  }

  /** A manual save: answered exactly once, whatever happens; a stock client waits for ever otherwise. */
  save(session: Session, saveId: number): void {
    const answer = (status: SaveStatus): void => session.reply(encodeSaveReply(saveId, status))
    const binding = this.#binding
    if (binding === undefined || session.access === 'read') {
      answer('failed')
      return
    }
    runInBackground(
      async () => answer(await binding.save()),
      (error) => {
        this.onError(error)
        answer('failed')
      },
    )
  }

  stateVector(): Uint8Array {
    return encodeStateVector(this.doc)
  }

  /** Changes that a client makes by itself on opening a document; see `touchesOnly`. */
  isBookkeeping(update: Uint8Array): boolean {
    return this.dialect === 'jupyter' && touchesOnly(this.doc, update, 'state')
  }

  closeReasonOf(code: ErrorCode): CloseReason {
    return ERRORS[code].close
  }

  onError(error: unknown): void {
    this.#deps.onError(error, this.document)
  }

  takeBatch(): readonly AppendItem[] {
    this.#inFlight = this.#edits.applyTo(this.doc)
    return this.#log?.recordsOf(this.#inFlight, this.clock.now()) ?? []
  }

  committed(): void {
    const changes = this.#inFlight ?? []
    this.#inFlight = undefined
    this.#batch += 1
    this.#log?.committed(changes)
    for (const change of changes) this.#show(change)
    for (const { session, stateVector } of this.#waitingStep1.splice(0)) {
      session.deliverState(this.#state.step2For(stateVector))
    }
    if (changes.some((change) => change.update !== undefined && change.authors.size > 0))
      this.#binding?.changed()
    this.#compactor?.committed()
    for (const resolve of this.#flushWaiters.splice(0)) resolve()
  }

  stale(): void {
    const error = new SyncError('store_unavailable', `${this.document} is owned by another process`)
    for (const change of this.#inFlight ?? []) change.settle(error)
    this.#inFlight = undefined
    this.#edits.abandon(error)
    this.onError(error)
    this.closeSessions('restarting')
    for (const resolve of this.#flushWaiters.splice(0)) resolve()
  }

  closeSessions(reason: CloseReason, text?: string): void {
    for (const session of this.#sessions) session.close(reason, text)
  }

  /** Saves, writes what is pending, and lets go of everything. Idempotence is the registry's business. */
  async close(): Promise<void> {
    this.closeSessions('restarting')
    await this.#binding?.close()
    await this.#flushed()
    await this.#compactor?.close()
    this.#dispose()
  }

  #show(change: Change): void {
    if (change.update !== undefined) {
      this.#state.invalidate()
      const frame = encodeUpdate(change.update)
      let recipients = 0
      for (const session of this.#sessions) {
        // An only author has it already; with several authors each one misses the others' part.
        if (change.authors.size === 1 && change.authors.has(session)) continue
        session.deliverUpdate(frame)
        recipients += 1
      }
      const ms = this.clock.elapsed() - change.receivedAt
      this.observer.broadcast({ recipients, bytes: frame.length * recipients, ms })
    }
    if (change.binding !== undefined) this.#storedBinding = change.binding
    change.settle()
  }

  #broadcast(frame: Uint8Array): void {
    for (const session of this.#sessions) session.deliver(frame)
  }

  #compactorFor(log: DocumentLog, deps: RoomDeps & { readonly turns: BackgroundTurns }): Compactor {
    const { document, doc, observer } = this
    const { store, turns, snapshots } = deps
    const onError = (error: unknown): void => this.onError(error)
    return new Compactor({ document, doc, log, store, turns, snapshots, observer, onError })
  }

  async #flushed(): Promise<void> {
    while (!this.#edits.isEmpty || this.#inFlight !== undefined) {
      this.#deps.loop.schedule(this)
      await new Promise<void>((resolve) => this.#flushWaiters.push(resolve))
    }
  }

  #dispose(): void {
    this.#isClosed = true
    this.#edits.abandon(new SyncError('internal', `${this.document} is closed`))
    this.#presence.close()
    this.doc.destroy()
  }
}
