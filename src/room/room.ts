/**
 * One document, the people in it and its way to disk. Rules: SPEC.md beside this file.
 *
 * A keystroke's way through here: `receiveEdit` queues it, the commit loop calls `takeBatch`
 * (apply), writes, and calls `committed` (broadcast).
 */
import { type Doc, encodeStateVector } from 'yjs'
import type { CloseReason } from '../protocol/close-reason.ts'
import { DECODE_LIMITS, type DecodeLimits } from '../protocol/decode.ts'
import { encodeRaw, encodeSyncStep1 } from '../protocol/encode.ts'
import { SyncError } from '../protocol/errors.ts'
import type { AwarenessEntry, Dialect } from '../protocol/message.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { Clock } from './clock.ts'
import type { Committer } from './commit-loop.ts'
import { BackgroundTurns } from './background-turns.ts'
import { Compactor } from './compactor.ts'
import { DocumentFeed } from './document-feed.ts'
import { DocumentLog } from './document-log.ts'
import { DocumentSize, storedBytes } from './document-size.ts'
import { type ClientOwners, ownersOf } from './client-owners.ts'
import { type Change, type ClientEdit, EditQueue } from './edit-queue.ts'
import { FloodGate } from './flood-gate.ts'
import { GrowthLimits } from './growth-limits.ts'
import { answerSave } from './manual-save.ts'
import type { RoomMemory } from './memory-budget.ts'
import type { RoomPolicy } from './policy.ts'
import type {
  AppendItem,
  BoundRoom,
  DocumentBinding,
  RoomObserver,
  RoomSpec,
  Seq,
  ServerEdit,
  StoredDocument,
} from './ports.ts'
import { Presence } from './presence.ts'
import type { RoomDeps } from './room-deps.ts'
import { RoomMeter } from './room-meter.ts'
import { type Member, Session } from './session.ts'
import { type RestoredDoc, restoreDoc } from './restore-doc.ts'
import { knownState } from './state-answers.ts'
import { Vigil } from './vigil.ts'

type Admit = (storedBytes: number) => Promise<void>

export class Room implements Committer, BoundRoom {
  readonly document: DocumentId
  readonly dialect: Dialect
  readonly lineage: Lineage
  readonly doc: Doc
  readonly isNew: boolean
  readonly clock: Clock
  readonly observer: RoomObserver
  readonly policy: RoomPolicy
  readonly meter: RoomMeter
  readonly decodeLimits: DecodeLimits
  readonly feed: DocumentFeed
  readonly growth: GrowthLimits
  readonly vigil: Vigil
  readonly #deps: RoomDeps
  /** Absent in transient rooms. */
  readonly #log: DocumentLog | undefined
  readonly #compactor: Compactor | undefined
  readonly #owners: ClientOwners | undefined
  readonly #edits: EditQueue
  readonly #gate = new FloodGate()
  readonly #presence: Presence
  readonly #sessions = new Set<Session>()
  readonly #size: DocumentSize
  #inFlight: Change[] | undefined
  #binding: DocumentBinding | undefined
  #storedBinding: Uint8Array | undefined
  #isClosed = false
  /** The live document holds what the store never took. */
  #isLost = false
  #onEmpty: () => void = () => {}
  #onLost: () => void = () => {}
  #flushWaiters: (() => void)[] = []

  /**
   * Loads the document and lets its binding import or merge. Throws `SyncError`; leaves nothing behind
   * then. `admit` is asked before the document is built from its stored bytes.
   */
  static async load(spec: RoomSpec, deps: RoomDeps, admit: Admit): Promise<Room> {
    const stored = spec.persistence === 'durable' ? await deps.store.load(spec.document) : undefined
    await admit(storedBytes(stored))
    const turns = deps.turns ?? new BackgroundTurns(deps.clock)
    const restored = await restoreDoc(stored, turns)
    const room = new Room(spec, { ...deps, turns }, { ...restored, stored })
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
    { doc, unseen, stored }: RestoredDoc & { readonly stored: StoredDocument | undefined },
  ) {
    this.document = spec.document
    this.dialect = spec.dialect
    this.clock = deps.clock
    this.observer = deps.observer
    this.policy = deps.policy
    this.meter = new RoomMeter(deps)
    this.decodeLimits = { ...DECODE_LIMITS, maxAwarenessStateBytes: deps.policy.maxAwarenessStateBytes }
    this.#deps = deps
    this.lineage = stored?.lineage ?? deps.mintLineage()
    this.isNew = stored === undefined
    this.doc = doc
    this.#owners = ownersOf(this, stored?.owners)
    this.#edits = new EditQueue({ owners: this.#owners, unseen })
    this.feed = new DocumentFeed({
      clock: deps.clock,
      meter: this.meter,
      encoding: deps.encoding,
      doc: this.doc,
      known: knownState(stored),
      requestCommit: () => deps.loop.schedule(this),
      hasLeftOver: () => this.#edits.isCutShort,
    })
    this.#size = new DocumentSize(this.doc, this.clock, storedBytes(stored))
    const { dialect, clock, policy, meter } = this
    const onWarning = (warning: string): void => deps.onWarning?.(warning, this.document)
    this.growth = new GrowthLimits({ doc, clock, policy, size: this.#size, onWarning })
    this.#storedBinding = stored?.binding
    this.#log =
      spec.persistence === 'durable'
        ? new DocumentLog({ ...deps, document: this.document, lineage: this.lineage, stored })
        : undefined
    this.#compactor = this.#log && new Compactor(this, this.#log, deps)
    this.vigil = new Vigil(this)
    this.#presence = new Presence({ dialect, clock, policy, meter, viewers: this.#sessions })
  }

  get storedBinding(): Uint8Array | undefined {
    return this.#storedBinding
  }

  get durableSeq(): Seq {
    return this.#log?.durableSeq ?? 0
  }

  get sessions(): ReadonlySet<Session> {
    return this.#sessions
  }

  get pendingBytes(): number {
    return this.#edits.bytes
  }

  get peers(): number {
    return this.#sessions.size
  }

  /** About the size of the document's state; 0 in a transient room. */
  get stateBytes(): number {
    return this.#log?.storedBytes ?? 0
  }

  /** Something was received that is in no batch yet. */
  get hasQueuedEdits(): boolean {
    return !this.#edits.isEmpty
  }

  get memory(): RoomMemory {
    return { documents: this.#size.memoryBytes, caches: this.feed.cachedBytes, queues: this.#edits.bytes }
  }

  /** A flush costs one socket write for each peer, so a large room gathers more before each. */
  get flushGapMs(): number {
    const gapMs = Math.min(this.policy.maxFlushGapMs, this.#sessions.size * this.policy.flushGapPerPeerMs)
    return Math.max(gapMs, this.#edits.restMs)
  }

  /** False while something typed is neither on disk nor, for a bound room, in its file. */
  get isClean(): boolean {
    return this.#edits.isEmpty && this.#inFlight === undefined && this.#binding?.hasUnsavedChanges !== true
  }

  onEmpty(listener: () => void): void {
    this.#onEmpty = listener
  }

  onLost(listener: () => void): void {
    this.#onLost = listener
  }

  join(member: Member): Session {
    if (member.access === 'none') throw new SyncError('access_revoked')
    if (this.#sessions.size >= this.policy.maxSessions) throw new SyncError('room_full')
    const session = new Session(this, member)
    this.#sessions.add(session)
    session.reply(encodeSyncStep1(this.stateVector()))
    this.sendPresence(session)
    return session
  }

  leave(session: Session): void {
    if (!this.#sessions.delete(session)) return
    this.#presence.leave(session)
    this.vigil.leave(session)
    this.feed.leave(session)
    this.observer.left()
    if (this.#sessions.size === 0) this.#onEmpty()
  }

  receiveEdit(session: Session, edit: ClientEdit): void {
    const { bytes } = this.#edits
    if (bytes > 0 && bytes + edit.update.length > this.policy.maxPendingBytes) {
      // Only while the store cannot write does this much gather; the client keeps its edits.
      throw new SyncError('store_unavailable')
    }
    this.meter.received(edit)
    this.vigil.stir()
    this.#edits.pushClient(session, edit)
    this.#gate.received(session.peer, this.#edits)
    this.#deps.loop.schedule(this)
  }

  async edit(edit: ServerEdit): Promise<void> {
    if (this.#isClosed || this.#isLost) throw new SyncError('internal', `${this.document} is closed`)
    const done = this.#edits.pushServer(edit, this.clock.elapsed())
    this.#deps.loop.schedule(this)
    await done
  }

  requestMissing(session: Session): void {
    session.reply(encodeSyncStep1(this.stateVector()))
  }

  receivePresence(session: Session, entries: readonly AwarenessEntry[]): void {
    for (const id of this.#presence.receive(session, entries)) this.#owners?.claim(id, session.owner)
  }

  sendPresence(session: Session): void {
    const snapshot = this.#presence.snapshot()
    if (snapshot !== undefined) session.deliver(snapshot)
  }

  /** The session takes its bytes again. */
  sendMissedPresence(session: Session): void {
    this.#presence.caughtUp(session)
  }

  awarenessStates(): Record<string, unknown>[] {
    return this.#presence.states()
  }

  notify(json: string): void {
    const message = encodeRaw(json)
    for (const session of this.#sessions) session.reply(message)
  }

  save(session: Session, saveId: number): void {
    answerSave(session, saveId, { binding: this.#binding, onError: (error) => this.onError(error) })
  }

  stateVector(): Uint8Array {
    return encodeStateVector(this.doc)
  }

  onError(error: unknown): void {
    this.#deps.onError(error, this.document)
  }

  takeBatch(): readonly AppendItem[] {
    const startedAt = this.clock.elapsed()
    this.feed.taking()
    try {
      this.#inFlight = this.#edits.applyTo(this.doc)
    } catch (error) {
      // Yjs failed in the middle of a transaction; from then on it would report no change any more.
      this.#lose(new SyncError('load_failed', `${this.document} is broken`, { cause: error }))
      return []
    }
    this.meter.applied(this.#inFlight, startedAt)
    this.growth.applied(this.#inFlight)
    return this.#log?.recordsOf(this.#inFlight, this.clock.now()) ?? []
  }

  committed(): void {
    if (this.#isLost) return
    const changes = this.#inFlight ?? []
    this.#inFlight = undefined
    this.#log?.committed(changes)
    this.vigil.stir()
    this.feed.show(changes, this.#sessions)
    for (const change of changes) {
      if (change.binding !== undefined) this.#storedBinding = change.binding
      change.settle()
    }
    this.#gate.open(this.#edits)
    if (this.#edits.isCutShort) this.#deps.loop.schedule(this)
    else this.feed.serveWaiting()
    if (changes.some((change) => change.update !== undefined && change.authors.size > 0))
      this.#binding?.changed()
    this.#compactor?.committed()
    for (const resolve of this.#flushWaiters.splice(0)) resolve()
  }

  stale(): void {
    this.#lose(new SyncError('store_unavailable', `${this.document} is owned by another process`))
  }

  /** Nothing more is taken from the live document or shown: who comes back loads what is stored. */
  #lose(error: SyncError): void {
    this.#isLost = true
    for (const change of this.#inFlight ?? []) change.settle(error)
    this.#inFlight = undefined
    this.#edits.abandon(error)
    this.onError(error)
    this.closeSessions('restarting')
    for (const resolve of this.#flushWaiters.splice(0)) resolve()
    this.#onLost()
  }

  closeSessions(reason: CloseReason, text?: string): void {
    for (const session of this.#sessions) session.close(reason, text)
  }

  /** Saves, writes what is pending, and lets go of everything. Idempotence is the registry's business. */
  async close(): Promise<void> {
    this.closeSessions('restarting')
    try {
      await this.#binding?.close()
    } catch (error) {
      // A document that was lost takes no last save; what people typed they bring to the next room.
      if (!this.#isLost) throw error
    }
    await this.#flushed()
    if (!this.#isLost) await this.#compactor?.close()
    this.#dispose()
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
    this.feed.close()
    this.doc.destroy()
  }
}
