/**
 * What a room's peers are sent of its document: what was committed, answers to step 1, and what
 * somebody missed while its socket was full.
 *
 * Answers wait for the log. Nobody is shown what a crash could take back, and a step 2 tells its
 * client that all it sent before is stored.
 */
import { type Doc, encodeStateVector } from 'yjs'
import { type Outbound, byteLength, outboundUpdates } from '../protocol/outbound.ts'
import type { Clock } from './clock.ts'
import type { Change } from './edit-queue.ts'
import type { RoomMeter } from './room-meter.ts'
import type { Session } from './session.ts'
import { type KnownState, StateAnswers } from './state-answers.ts'
import type { TurnBudget } from './turn-budget.ts'
import type { TailMark } from './update-tail.ts'

/** A moment of the document, to be brought up to date from; shared by all who stopped there. */
export type FeedPoint = { readonly mark: TailMark; readonly stateVector: Uint8Array }

export type DocumentFeedOptions = {
  readonly doc: Doc
  readonly known: KnownState | undefined
  readonly clock: Clock
  readonly meter: RoomMeter
  /** Diffs of a large document take their time, and many people may come back at once. */
  readonly encoding: TurnBudget
  /** Makes the commit loop call the room soon, also when nothing is to be written. */
  readonly requestCommit: () => void
  /** The last batch left edits to the next one. */
  readonly hasLeftOver: () => boolean
}

export class DocumentFeed {
  readonly #options: DocumentFeedOptions
  readonly #answers: StateAnswers
  /** Sessions to be served when the document holds exactly what was shown. */
  #waiting: Set<Session> | undefined
  /** Sessions to be told what of theirs is stored, once it is. */
  #toTell: Set<Session> | undefined
  #point: FeedPoint | undefined
  /** Batches applied to the document, and those of them that were shown. */
  #taken = 0
  #shown = 0
  #beganEmpty = false

  constructor(options: DocumentFeedOptions) {
    this.#options = options
    this.#answers = new StateAnswers(options.doc, options.known, options.clock.elapsed())
  }

  /** The document holds exactly what was shown: not while a batch is being written. */
  get isSettled(): boolean {
    return this.#taken === this.#shown
  }

  /** The batch that holds everything received so far; `hasQueued`: something is in no batch yet. */
  barrier(hasQueued: boolean): number {
    return this.#taken + (hasQueued ? 1 : 0)
  }

  /** Memory held for those who may come. */
  get cachedBytes(): number {
    return this.#answers.cachedBytes
  }

  /** A batch is about to be applied. */
  taking(): void {
    this.#taken += 1
    this.#point = undefined
    this.#beganEmpty = this.#options.doc.store.clients.size === 0
  }

  /** The batch that was taken is in the log: everybody but its only author is shown it. */
  show(changes: readonly Change[], sessions: ReadonlySet<Session>): void {
    this.#shown = this.#taken
    this.#tell()
    const shown = changes.filter((change) => change.update !== undefined)
    if (shown.length === 0) return
    const updates = shown.flatMap((change) => change.update ?? [])
    const message = outboundUpdates(updates)
    const [first] = updates
    this.#answers.shown(message, updates.length)
    if (this.#beganEmpty && first !== undefined && updates.length === 1)
      this.#answers.shownFirst(first, this.#options.clock.elapsed())
    const startedAt = this.#options.clock.elapsed()
    const author = onlyAuthor(shown)
    let recipients = 0
    for (const session of sessions) {
      if (session === author) continue
      session.deliverUpdates(message)
      recipients += 1
    }
    this.#options.meter.shown({
      updates: updates.length,
      bytes: byteLength(message),
      recipients,
      receivedAt: Math.min(...shown.map((change) => change.receivedAt)),
      startedAt,
    })
  }

  /** Tells the session what of its edits is stored: now, or when the batch at hand is. */
  tellWhenStored(session: Session): void {
    if (this.isSettled) {
      session.tellStored()
      return
    }
    this.#toTell ??= new Set()
    this.#toTell.add(session)
  }

  #tell(): void {
    const sessions = this.#toTell
    this.#toTell = undefined
    for (const session of sessions ?? []) session.tellStored()
  }

  /** Whoever waited is served, now that a batch was shown. */
  serveWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const session of waiting ?? []) session.serve()
  }

  /**
   * Whether the session may be sent of the document now: the batch with this number is in the log and
   * nothing else is in the document, and there is time. If not, `session.serve` is called when it may be.
   */
  mayServe(session: Session, barrier: number): boolean {
    const { encoding, requestCommit, hasLeftOver } = this.#options
    const isStored = this.isSettled && this.#shown >= barrier && !hasLeftOver()
    if (isStored && encoding.hasTime) return true
    const isFirst = this.#waiting === undefined
    this.#waiting ??= new Set()
    this.#waiting.add(session)
    if (!isStored) requestCommit()
    else if (isFirst) encoding.whenThereIsTime(() => this.serveWaiting())
    return false
  }

  leave(session: Session): void {
    this.#waiting?.delete(session)
    this.#toTell?.delete(session)
  }

  /** The answer to a step 1. Only when settled. */
  answer(stateVector: Uint8Array): Outbound {
    const { clock, encoding } = this.#options
    return encoding.spend(() => this.#answers.answer(stateVector, clock.elapsed()))
  }

  /** What was shown since. Only when settled. */
  since(point: FeedPoint): Outbound {
    return this.#answers.since(point.mark) ?? this.answer(point.stateVector)
  }

  /** Where a peer stops that was sent everything. Only when settled. */
  point(): FeedPoint {
    this.#answers.expect(this.#options.clock.elapsed())
    this.#point ??= { mark: this.#answers.mark, stateVector: encodeStateVector(this.#options.doc) }
    return this.#point
  }

  /** See `StateAnswers`. */
  releaseIfUnused(now: number): number {
    return this.#answers.releaseIfUnused(now)
  }

  close(): void {
    this.#waiting = undefined
    this.#toTell = undefined
    this.#answers.release()
  }
}

/** An only author has it already; of several, each one misses the others' part. */
function onlyAuthor(changes: readonly Change[]): unknown {
  const [first] = changes
  if (first?.authors.size !== 1) return undefined
  const [author] = first.authors
  const isOnly = changes.every((change) => change.authors.size === 1 && change.authors.has(author as never))
  return isOnly ? author : undefined
}
