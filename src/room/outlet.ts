/**
 * One session's way out: what its peer is sent, and what becomes of it while the peer is slow.
 *
 * A peer that takes its bytes too slowly is sent nothing more of the document; only where it stopped
 * is remembered. When its socket has taken everything it gets what it missed, in one piece. The same
 * holds for a peer that is being sent something large: nothing is queued behind that.
 */
import { type Outbound, byteLength } from '../protocol/outbound.ts'
import type { FeedPoint } from './document-feed.ts'
import type { LagOutcome, Peer } from './ports.ts'
import type { Room } from './room.ts'
import type { Session } from './session.ts'

/** A peer whose socket has not taken everything. */
type Behind = {
  /** Over its budget; otherwise it is only being sent something large. */
  readonly isSlow: boolean
  readonly startedAt: number
  /** When the socket last took something. */
  progressAt: number
  bufferedBytes: number
  /** What it is sent all the same: answers that its client waits for. */
  replyBytes: number
  /** It was sent everything up to here, and no update since. */
  point: FeedPoint | undefined
  hasMissedPresence: boolean
}

/** A step 1 to be answered; `barrier` as in `DocumentFeed`. */
type Question = { readonly stateVector: Uint8Array; readonly barrier: number; readonly askedAt: number }

export class Outlet {
  readonly #session: Session
  readonly #peer: Peer
  readonly #room: Room
  #behind: Behind | undefined
  #question: Question | undefined
  #lastSentAt: number
  #isSynced = false

  constructor(session: Session, room: Room) {
    this.#session = session
    this.#peer = session.peer
    this.#room = room
    this.#lastSentAt = room.clock.elapsed()
  }

  get lastSentAt(): number {
    return this.#lastSentAt
  }

  /** True once the client was sent the document. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** Since when the peer has been over its budget. */
  get laggingSince(): number | undefined {
    return this.#behind?.isSlow === true ? this.#behind.startedAt : undefined
  }

  /** Something small that the client waits for: sent also to a peer that is behind, up to its budget. */
  reply(message: Outbound): void {
    this.#send(message)
    const behind = this.#behind
    if (behind === undefined) {
      if (this.#isOverBudget) this.#behind = this.#newBehind(true)
      return
    }
    behind.replyBytes += byteLength(message)
    if (behind.replyBytes > this.#room.policy.maxPeerBufferedBytes) this.#session.close('too_slow')
  }

  /** Its socket has not taken everything that is to be sent before anything else. */
  get isBehind(): boolean {
    return this.#behind !== undefined
  }

  /** Presence: dropped while the peer is behind, which gets everybody's when it has caught up. */
  deliver(message: Outbound): void {
    if (this.#isOverBudget) this.#behind ??= this.#newBehind(true)
    if (this.#behind !== undefined) {
      this.#behind.hasMissedPresence = true
      return
    }
    this.#send(message)
    if (this.#isOverBudget) this.#behind = this.#newBehind(true)
  }

  /** What was committed. Not for those who are about to get all of it in another way. */
  deliverUpdates(message: Outbound): void {
    if (this.#question === undefined && this.#behind?.point === undefined) this.#sendDocument(message)
  }

  /** Answered in its turn; a newer question takes the place of one that was not answered yet. */
  answerStep1(stateVector: Uint8Array): void {
    const { feed, clock, hasQueuedEdits } = this.#room
    this.#question = { stateVector, barrier: feed.barrier(hasQueuedEdits), askedAt: clock.elapsed() }
    this.serve()
  }

  /** Sends of the document what is due, if it may be sent now. */
  serve(): void {
    if (this.#isOverBudget) this.#behind ??= this.#newBehind(true)
    const behind = this.#behind
    if (behind !== undefined && this.#peer.bufferedBytes > 0) return
    const { feed } = this.#room
    const isDue = this.#question !== undefined || behind?.point !== undefined
    if (isDue && !feed.mayServe(this.#session, this.#question?.barrier ?? 0)) return
    this.endLag('caught_up')
    if (this.#question !== undefined) {
      this.#answer(this.#question)
    } else if (behind?.point !== undefined) this.#sendDocument(feed.since(behind.point))
    if (behind === undefined) return
    this.#room.sendMissedPresence(this.#session)
    if (behind.hasMissedPresence) this.#room.sendPresence(this.#session)
  }

  /** For the sweep: brings on a peer that is behind, and closes one whose socket takes nothing. */
  lookAfter(now: number): void {
    const behind = this.#behind
    if (behind === undefined) return
    const { bufferedBytes } = this.#peer
    // A socket below its own high-water mark does not say when it is empty.
    if (bufferedBytes === 0) this.serve()
    else if (bufferedBytes < behind.bufferedBytes) behind.progressAt = now
    else if (now - behind.progressAt > this.#room.policy.slowPeerMs) this.#session.close('too_slow')
    behind.bufferedBytes = bufferedBytes
  }

  /** For the sweep: something that means nothing. A peer with bytes on their way needs none. */
  keepAlive(message: Outbound): void {
    if (this.#behind === undefined) this.deliver(message)
    else if (this.#peer.bufferedBytes === 0) this.reply(message)
  }

  /** The peer has caught up, or is no more. */
  endLag(outcome: LagOutcome): void {
    const behind = this.#behind
    this.#behind = undefined
    if (behind?.isSlow !== true) return
    this.#room.observer.lagEnded(outcome, this.#room.clock.elapsed() - behind.startedAt)
  }

  #answer({ stateVector, askedAt }: Question): void {
    this.#question = undefined
    this.#isSynced = true
    const answer = this.#room.feed.answer(stateVector)
    this.#sendDocument(answer)
    this.#room.vigil.stir()
    this.#room.meter.answered(stateVector, byteLength(answer), askedAt)
  }

  /** Only when the document holds exactly what was shown, this message included. */
  #sendDocument(message: Outbound): void {
    if (message.length === 0) return
    this.#send(message)
    const isLarge = message.length > 1 && this.#peer.bufferedBytes > 0
    if (!isLarge && !this.#isOverBudget) return
    this.#behind ??= this.#newBehind(!isLarge)
    this.#behind.point ??= this.#room.feed.point()
  }

  #send(message: Outbound): void {
    // One whose access was removed is open for some more turns.
    if (!this.#peer.isOpen || this.#session.access === 'none') return
    this.#lastSentAt = this.#room.clock.elapsed()
    this.#peer.send(message)
  }

  get #isOverBudget(): boolean {
    return this.#peer.bufferedBytes > this.#room.policy.maxPeerBufferedBytes
  }

  #newBehind(isSlow: boolean): Behind {
    const now = this.#room.clock.elapsed()
    if (isSlow) this.#room.observer.lagStarted()
    this.#room.vigil.watch(this.#session)
    return {
      isSlow,
      startedAt: now,
      progressAt: now,
      bufferedBytes: this.#peer.bufferedBytes,
      replyBytes: 0,
      point: undefined,
      hasMissedPresence: false,
    }
  }
}
