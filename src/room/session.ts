/**
 * One principal in one room over one peer. `receive` is where a keystroke enters:
 * decode -> authorize -> room.
 */
import type { Access, Principal } from '../access/model.ts'
import { mayWrite, permits } from '../access/permits.ts'
import { inspectUpdate } from '../document/update-inspect.ts'
import { addsNothing } from '../document/update-novelty.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import { decodeClientMessage } from '../protocol/decode.ts'
import { encodeConflict, encodeStored } from '../protocol/encode.ts'
import { ERRORS, type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { ClientMessage } from '../protocol/message.ts'
import { type Outbound, outbound } from '../protocol/outbound.ts'
import { isBookkeeping } from './bookkeeping.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { Author, ClientEdit } from './edit-queue.ts'
import { Outlet } from './outlet.ts'
import type { Peer } from './ports.ts'
import { RefusalCount } from './refusal-count.ts'
import type { Room } from './room.ts'
import { type EditMessage, SessionGrowth } from './session-growth.ts'

/** Reading the clock twice costs a hundredth of what an edit costs; one of so many tells as much. */
const TIMED_EVERY = 16

export type Member = {
  readonly principal: Principal
  readonly access: Access
  readonly peer: Peer
  /** The client asked to be told which of its edits are stored. */
  readonly wantsAcknowledgements?: boolean | undefined
}

const NOTHING_PARKED: readonly ClientEdit[] = []

export class Session implements Author {
  readonly principal: Principal
  readonly peer: Peer
  /** Milliseconds since the epoch. */
  readonly since: number
  #access: Access
  readonly #room: Room
  readonly #outlet: Outlet
  /** Most sessions never have any. */
  #parked: ClientEdit[] | undefined
  #refusedWrites = 0
  #refusals: RefusalCount | undefined
  #growth: SessionGrowth | undefined
  readonly #acknowledgements: Acknowledgements | undefined

  constructor(room: Room, member: Member) {
    this.#room = room
    this.principal = member.principal
    this.#access = member.access
    this.peer = member.peer
    this.since = room.clock.now()
    if (member.wantsAcknowledgements === true) this.#acknowledgements = new Acknowledgements()
    this.#outlet = new Outlet(this, room)
  }

  /** What the principal may do here at this moment. */
  get access(): Access {
    return this.#access
  }

  /**
   * Holds from this moment on. What was received before counts, unless it still waits for something
   * that it builds on. With `none` the session is over, and its peer is somebody else's to close.
   */
  changeAccess(access: Access): void {
    const before = this.#access
    if (access === before) return
    this.#access = access
    this.#refusedWrites = 0
    if (!mayWrite(access)) this.#parked = undefined
    // What its client was refused until now, and shows all the same.
    else if (!mayWrite(before)) this.#room.requestMissing(this)
    if (access === 'none') this.leave()
  }

  /** Awareness entries belong to a person, so that a reconnect can take over its own. */
  get ownerKey(): string {
    return this.principal.id
  }

  get authorId(): string {
    return this.principal.id
  }

  get owner(): string | undefined {
    return this.principal.isAuthenticated ? this.principal.id : undefined
  }

  /** True once the client was sent the document. */
  get isSynced(): boolean {
    return this.#outlet.isSynced
  }

  /** True while the client has edits that a limit kept out of the document. */
  get lacksEdits(): boolean {
    return this.#growth?.lacksEdits === true
  }

  get isBehind(): boolean {
    return this.#outlet.isBehind
  }

  /** Something of it is to be seen to before long: `lookAfter` does. */
  get isRestless(): boolean {
    return this.isBehind || this.lacksEdits
  }

  get lastSentAt(): number {
    return this.#outlet.lastSentAt
  }

  /** Since when the peer has been over its budget. */
  get laggingSince(): number | undefined {
    return this.#outlet.laggingSince
  }

  /** Total: whatever arrives, only this session can suffer from it. */
  receive(frame: Uint8Array): void {
    if (this.#access === 'none') return
    const { meter, clock, observer } = this.#room
    const { traffic } = meter
    const startedAt = traffic.frames % TIMED_EVERY === 0 ? clock.elapsed() : undefined
    traffic.frames += 1
    try {
      const message = decodeClientMessage(frame, this.#room.dialect, this.#room.decodeLimits)
      observer.received(message.kind, frame.length)
      switch (permits(this.access, message)) {
        case 'apply':
          this.#apply(message)
          if (startedAt !== undefined && isEdit(message)) observer.inspected(clock.elapsed() - startedAt)
          return
        case 'read-only':
          this.#refuseWrite(message)
          return
        case 'ignore':
          return
        case 'refuse':
          throw new SyncError(message.kind === 'unknown' ? 'malformed_message' : 'forbidden')
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** One small message that the client waits for. */
  reply(message: Uint8Array): void {
    this.#outlet.reply(outbound(message))
  }

  /** Presence; see `Outlet`. */
  deliver(message: Outbound): void {
    this.#outlet.deliver(message)
  }

  deliverUpdates(message: Outbound): void {
    this.#outlet.deliverUpdates(message)
  }

  /** Sends of the document what is due, if it may be sent now. */
  serve(): void {
    this.#outlet.serve()
  }

  /** The socket took everything: what was missed may be made up for. */
  drained(): void {
    if (this.#access !== 'none') this.#outlet.serve()
  }

  /** For the sweep, while the session is restless. */
  lookAfter(now: number): void {
    this.#outlet.lookAfter(now)
    if (this.laggingSince === undefined) this.#growth?.retry(now, () => this.#room.requestMissing(this))
  }

  keepAlive(message: Outbound): void {
    this.#outlet.keepAlive(message)
  }

  close(reason: CloseReason, text?: string): void {
    this.#outlet.endLag(reason === 'too_slow' ? 'too_slow' : 'left')
    this.peer.close(reason, text)
    this.leave()
  }

  leave(): void {
    this.#outlet.endLag('left')
    this.#refusals?.end(this.#room.clock.elapsed())
    this.#room.leave(this)
  }

  park(edit: ClientEdit): void {
    if (!mayWrite(this.#access)) return
    const { maxParkedEdits, maxParkedBytes, maxParkedMs } = this.#room.policy
    const oldest = this.#room.clock.elapsed() - maxParkedMs
    const parked = (this.#parked ?? []).filter(({ receivedAt }) => receivedAt >= oldest)
    const bytes = parked.reduce((sum, { update }) => sum + update.length, edit.update.length)
    // A dropped edit is not lost: the client still has it and answers our step 1 with it.
    const isKept = parked.length < maxParkedEdits && bytes <= maxParkedBytes
    if (isKept) parked.push(edit)
    this.#parked = parked
    this.#room.observer.parked(isKept ? 'kept' : 'dropped')
    if (this.#growth?.isWorthAsking(edit.facts) !== false) this.#room.requestMissing(this)
  }

  applied(edit: ClientEdit): void {
    if (this.#acknowledgements === undefined) return
    this.#acknowledgements.applied(edit)
    this.#room.feed.tellWhenStored(this)
  }

  /** All of the document is in the log. */
  tellStored(): void {
    const count = this.#acknowledgements?.tell()
    if (count !== undefined) this.reply(encodeStored(count))
  }

  unpark(): readonly ClientEdit[] {
    const parked = this.#parked ?? NOTHING_PARKED
    this.#parked = undefined
    return parked
  }

  /** Counts an edit, or another message, that was not taken. */
  noteRefusal(code: ErrorCode): void {
    this.#room.observer.rejected(code)
    const { document, meter } = this.#room
    this.#refusals ??= new RefusalCount((refused) =>
      meter.refused({ ...refused, document, personId: this.principal.id }),
    )
    this.#refusals.add(code, this.#room.clock.elapsed())
  }

  reject(code: ErrorCode): void {
    this.#fail(new SyncError(code))
  }

  #apply(message: ClientMessage): void {
    switch (message.kind) {
      case 'syncStep1':
        this.#outlet.answerStep1(message.stateVector)
        return
      case 'syncStep2':
      case 'update':
        this.#applyUpdate(message)
        return
      case 'awareness':
        this.#room.observer.presenceReceived(message.entries.length)
        this.#room.receivePresence(this, message.entries)
        return
      case 'queryAwareness':
        this.#room.sendPresence(this)
        return
      case 'save':
        this.#room.save(this, message.saveId)
        return
      case 'unknown':
        return
    }
  }

  #applyUpdate(message: EditMessage): void {
    this.#growth ??= new SessionGrowth(this.#room, this)
    const isStep2 = message.kind === 'syncStep2'
    const facts = this.#growth.admit(message)
    if (this.lacksEdits) this.#room.vigil.watch(this)
    if (facts === undefined) {
      this.#keptOut(isStep2)
      return
    }
    const edit = { update: message.update, facts, isStep2, receivedAt: this.#room.clock.elapsed() }
    this.#acknowledgements?.received(edit)
    this.#room.receiveEdit(this, edit)
  }

  /** An edit that adds nothing, or that a limit refused. */
  #keptOut(isStep2: boolean): void {
    if (this.#acknowledgements === undefined) return
    if (this.lacksEdits) this.#acknowledgements.receivedRefused()
    else this.#acknowledgements.receivedKnown(isStep2)
    this.#room.feed.tellWhenStored(this)
  }

  /**
   * A reader's client is told once that it may not write. One that does not stop is closed; but
   * JupyterLab would come back at once and say the same again, so it is only ignored.
   */
  #refuseWrite(message: ClientMessage): void {
    if (message.kind !== 'update' && message.kind !== 'syncStep2') return
    const { update } = message
    if (addsNothing(update, inspectUpdate(update), this.#room.doc) || isBookkeeping(this.#room, update))
      return
    this.noteRefusal('read_only')
    this.#refusedWrites += 1
    if (this.#room.dialect === 'jupyter') {
      if (this.#refusedWrites === 1) this.reply(encodeConflict())
    } else if (this.#refusedWrites > this.#room.policy.maxRefusedWrites) this.close('read_only')
  }

  #fail(error: unknown): void {
    const code = error instanceof SyncError ? error.code : 'internal'
    this.noteRefusal(code)
    if (!(error instanceof SyncError)) this.#room.onError(error)
    this.close(ERRORS[code].close)
  }
}

function isEdit({ kind }: ClientMessage): boolean {
  return kind === 'update' || kind === 'syncStep2'
}
