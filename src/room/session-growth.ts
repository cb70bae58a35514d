/**
 * What one session adds to its document: lets an edit through or keeps it out, and tells the client.
 *
 * A refused edit stays with the client, which is told once. JupyterLab shows a dialog; any other
 * client is closed for good, as it has no other way to hear of it. One that comes back all the same,
 * as older y-websocket clients do ten times a second, is let in and goes without the edit: it reads,
 * it may delete, and it is asked again when there is space.
 */
import { type UpdateFacts, inspectUpdate } from '../document/update-inspect.ts'
import { addsNothing } from '../document/update-novelty.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import { encodeConflict } from '../protocol/encode.ts'
import { ERRORS, type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { ClientMessage } from '../protocol/message.ts'
import { isBookkeeping } from './bookkeeping.ts'
import type { GrowthRefusal } from './growth-limits.ts'
import type { Room } from './room.ts'

export type EditMessage = Extract<ClientMessage, { kind: 'syncStep2' | 'update' }>

/** The session, as far as this file cares. */
export interface Told {
  reply(frame: Uint8Array): void
  close(reason: CloseReason, text?: string): void
  noteRefusal(code: ErrorCode): void
}

/** Between two attempts to get an edit that there was no space for. */
const RETRY_MS = 10_000

export class SessionGrowth {
  readonly #room: Room
  readonly #session: Told
  #refused: { readonly at: number; readonly bytes: number } | undefined
  #newClientIds: Set<number> | undefined

  constructor(room: Room, session: Told) {
    this.#room = room
    this.#session = session
  }

  /** True while the client has edits that a limit kept out of the document. */
  get lacksEdits(): boolean {
    return this.#refused !== undefined
  }

  /**
   * The facts of an edit that may come in; undefined when there is nothing to apply. Throws what the
   * inspection throws, and `too_fast` for a connection that writes with ever new client ids.
   */
  admit({ kind, update }: EditMessage): UpdateFacts | undefined {
    const { growth, doc, pendingBytes } = this.#room
    if (growth.isTooLarge(update)) return this.#refuse('update_too_large', update)
    const facts = inspectUpdate(update)
    // What a client with nothing to say answers to our step 1.
    if (addsNothing(update, facts, doc)) return undefined
    const newClientIds = growth.newClientIds(facts)
    const refusal = growth.refusalOf(update, facts, { newClientIds, queuedBytes: pendingBytes })
    // JupyterLab's bookkeeping is only dropped: nobody typed it, and it comes again with the next edit.
    if (refusal !== undefined)
      return isBookkeeping(this.#room, update) ? undefined : this.#refuse(refusal, update)
    if (kind === 'update') this.#countClientIds(newClientIds)
    else this.#refused = undefined
    growth.letThrough(update, facts, newClientIds)
    return facts
  }

  /**
   * Whether to ask the client for what an edit builds on. If that is the refused edit, it would only be
   * refused again; but not necessarily together with an edit that deletes.
   */
  isWorthAsking(facts: UpdateFacts): boolean {
    return this.#refused === undefined || facts.deleteRanges > 0
  }

  /** Asks for what was refused once more, now and then, when there is space for it. */
  retry(now: number, ask: () => void): void {
    const refused = this.#refused
    if (refused === undefined || now - refused.at < RETRY_MS) return
    this.#refused = { ...refused, at: now }
    if (this.#room.growth.hasSpaceFor(refused.bytes)) ask()
  }

  /**
   * Each client id makes every later edit of the document slower, and a client needs one. What answers
   * our step 1 may bring any number: after a restored backup it holds other people's edits, which
   * nobody else may have any more. A relay that is closed here brings the rest in that way.
   */
  #countClientIds(newClientIds: readonly number[]): void {
    if (newClientIds.length === 0) return
    this.#newClientIds ??= new Set()
    for (const client of newClientIds) this.#newClientIds.add(client)
    if (this.#newClientIds.size > this.#room.policy.maxNewClientIds)
      throw new SyncError('too_fast', 'One connection writes with too many client ids.')
  }

  #refuse(code: GrowthRefusal, update: Uint8Array): undefined {
    const { growth, clock, dialect } = this.#room
    this.#session.noteRefusal(code)
    const wasToldHere = this.#refused !== undefined
    const bytes = code === 'document_full' ? update.length : Number.POSITIVE_INFINITY
    this.#refused = { at: clock.elapsed(), bytes }
    if (!growth.isNews(update) || wasToldHere) return
    if (dialect === 'jupyter') this.#session.reply(encodeConflict())
    else this.#session.close(ERRORS[code].close, ERRORS[code].message)
  }
}
