/**
 * One principal in one room over one peer. `receive` is where a keystroke enters:
 * decode -> authorize -> room.
 */
import type { Access, Principal } from '../access/model.ts'
import { permits } from '../access/permits.ts'
import { inspectUpdate } from '../document/update-inspect.ts'
import { addsNothing } from '../document/update-novelty.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import { DECODE_LIMITS, type DecodeLimits, decodeClientMessage } from '../protocol/decode.ts'
import { encodeConflict } from '../protocol/encode.ts'
import { type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { ClientMessage } from '../protocol/message.ts'
import type { Author, ClientEdit } from './edit-queue.ts'
import type { Peer } from './ports.ts'
import type { Room } from './room.ts'

export type Member = { readonly principal: Principal; readonly access: Access; readonly peer: Peer }

/** What a peer misses while it is slow: the batch that did not fit, and everything after `since`. */
type Lag = {
  readonly held: Uint8Array[]
  /** The document already holds the whole batch, so `since` covers what is still to be held. */
  readonly batch: number
  readonly since: Uint8Array
  readonly startedAt: number
}

export class Session implements Author {
  readonly principal: Principal
  readonly access: Access
  readonly peer: Peer
  readonly #room: Room
  readonly #limits: DecodeLimits
  readonly #parked: ClientEdit[] = []
  #refusedWrites = 0
  #lag: Lag | undefined
  #lastSentAt: number
  #isSynced = false

  constructor(room: Room, member: Member, now: number) {
    this.#room = room
    this.#limits = { ...DECODE_LIMITS, maxAwarenessStateBytes: room.policy.maxAwarenessStateBytes }
    this.principal = member.principal
    this.access = member.access
    this.peer = member.peer
    this.#lastSentAt = now
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
    return this.#isSynced
  }

  get lastSentAt(): number {
    return this.#lastSentAt
  }

  get laggingSince(): number | undefined {
    return this.#lag?.startedAt
  }

  /** Total: whatever arrives, only this session can suffer from it. */
  receive(frame: Uint8Array): void {
    try {
      const message = decodeClientMessage(frame, this.#room.dialect, this.#limits)
      this.#room.observer.received(message.kind, frame.length)
      switch (permits(this.access, message)) {
        case 'apply':
          this.#apply(message)
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

  /** Sends even to a lagging peer: small answers that a client waits for without a time limit. */
  reply(frame: Uint8Array): void {
    this.#lastSentAt = this.#room.clock.elapsed()
    this.peer.send(frame)
  }

  /** Sends unless the peer lags: what it misses then is made up for when it has caught up. */
  deliver(frame: Uint8Array): void {
    if (this.#lag === undefined) this.reply(frame)
  }

  /** Like `deliver`, for document updates: these may not be dropped, only replaced by a diff. */
  deliverUpdate(frame: Uint8Array): void {
    const { batch, clock, policy } = this.#room
    if (this.#lag === undefined && this.peer.bufferedBytes > policy.maxPeerBufferedBytes) {
      this.#lag = { held: [], batch, since: this.#room.stateVector(), startedAt: clock.elapsed() }
    }
    if (this.#lag === undefined) this.reply(frame)
    else if (this.#lag.batch === batch) this.#lag.held.push(frame)
  }

  /** The document itself: the answer to a step 1. */
  deliverState(frame: Uint8Array): void {
    this.#isSynced = true
    this.deliver(frame)
  }

  /** The socket took everything: send what was missed, as one diff. */
  drained(): void {
    const lag = this.#lag
    if (lag === undefined || this.peer.bufferedBytes > 0) return
    this.#lag = undefined
    for (const frame of lag.held) this.deliver(frame)
    this.#room.answerStep1(this, lag.since)
    this.#room.sendPresence(this)
  }

  close(reason: CloseReason, text?: string): void {
    this.peer.close(reason, text)
    this.leave()
  }

  leave(): void {
    this.#room.leave(this)
  }

  park(edit: ClientEdit): void {
    const { maxParkedEdits, maxParkedBytes, maxParkedMs } = this.#room.policy
    const oldest = this.#room.clock.elapsed() - maxParkedMs
    while (this.#parked.length > 0 && (this.#parked[0]?.receivedAt ?? 0) < oldest) this.#parked.shift()
    const bytes = this.#parked.reduce((sum, parked) => sum + parked.update.length, edit.update.length)
    // A dropped edit is not lost: the client still has it and answers our step 1 with it.
    if (this.#parked.length < maxParkedEdits && bytes <= maxParkedBytes) this.#parked.push(edit)
    this.#room.requestMissing(this)
  }

  unpark(): readonly ClientEdit[] {
    return this.#parked.splice(0)
  }

  reject(code: ErrorCode): void {
    this.#fail(new SyncError(code))
  }

  #apply(message: ClientMessage): void {
    switch (message.kind) {
      case 'syncStep1':
        this.#room.answerStep1(this, message.stateVector)
        return
      case 'syncStep2':
      case 'update':
        this.#applyUpdate(message)
        return
      case 'awareness':
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

  #applyUpdate({ kind, update }: Extract<ClientMessage, { update: Uint8Array }>): void {
    const facts = inspectUpdate(update)
    // What a client with nothing to say answers to our step 1.
    if (addsNothing(update, facts, this.#room.doc)) return
    this.#room.receiveEdit(this, {
      update,
      facts,
      isStep2: kind === 'syncStep2',
      receivedAt: this.#room.clock.elapsed(),
    })
  }

  /**
   * A reader's client is told once that it may not write. One that does not stop is closed; but
   * JupyterLab would come back at once and say the same again, so it is only ignored.
   */
  #refuseWrite(message: ClientMessage): void {
    if (message.kind !== 'update' && message.kind !== 'syncStep2') return
    const { update } = message
    if (addsNothing(update, inspectUpdate(update), this.#room.doc) || this.#room.isBookkeeping(update)) return
    this.#room.observer.rejected('read_only')
    this.#refusedWrites += 1
    if (this.#room.dialect === 'jupyter') {
      if (this.#refusedWrites === 1) this.reply(encodeConflict())
    } else if (this.#refusedWrites > this.#room.policy.maxRefusedWrites) this.close('read_only')
  }

  #fail(error: unknown): void {
    const code = error instanceof SyncError ? error.code : 'internal'
    this.#room.observer.rejected(code)
    if (!(error instanceof SyncError)) this.#room.onError(error)
    this.close(this.#room.closeReasonOf(code))
  }
}
