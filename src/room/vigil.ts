/**
 * What has to be seen to in one room from time to time, and when: that nobody hears nothing for too
 * long, that whoever is behind gets on, that bytes nobody asks for are given back.
 *
 * Most rooms are at rest. A sweep passes them by without a look at anybody in them.
 */
import { KEEP_ALIVE } from '../protocol/encode.ts'
import { outbound } from '../protocol/outbound.ts'
import type { DocumentFeed } from './document-feed.ts'
import type { RoomPolicy } from './policy.ts'
import type { Session } from './session.ts'

const KEEP_ALIVE_MESSAGE = outbound(KEEP_ALIVE)

/** The room, as far as this file cares. */
export type Watched = {
  readonly policy: Pick<RoomPolicy, 'keepAliveMs'>
  readonly sessions: ReadonlySet<Session>
  readonly feed: Pick<DocumentFeed, 'releaseIfUnused'>
}

export class Vigil {
  readonly #room: Watched
  /** Nothing has to be done before. All times may be too early, and none too late. */
  #dueAt = 0
  #keepAliveAt = 0
  /** To be looked at in every sweep; most rooms have nobody who is. */
  #restless: Set<Session> | undefined

  constructor(room: Watched) {
    this.#room = room
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt
  }

  /** The room's memory may have changed. */
  stir(): void {
    this.#dueAt = 0
  }

  /** The session is restless from now on, for as long as it says so. */
  watch(session: Session): void {
    if (!this.#room.sessions.has(session)) return
    this.#restless ??= new Set()
    this.#restless.add(session)
    this.stir()
  }

  leave(session: Session): void {
    this.#restless?.delete(session)
  }

  sweep(now: number): void {
    this.#lookAfterRestless(now)
    if (now >= this.#keepAliveAt) this.#keepAlive(now)
    const releaseAt = this.#room.feed.releaseIfUnused(now)
    this.#dueAt = this.#restless === undefined ? Math.min(this.#keepAliveAt, releaseAt) : now
  }

  #lookAfterRestless(now: number): void {
    for (const session of this.#restless ?? []) {
      session.lookAfter(now)
      if (!session.isRestless) this.#restless?.delete(session)
    }
    if (this.#restless?.size === 0) this.#restless = undefined
  }

  /** Early to those who are due soon, so that from then on all are due together. */
  #keepAlive(now: number): void {
    const { sessions, policy } = this.#room
    this.#keepAliveAt = now + policy.keepAliveMs
    for (const session of sessions) {
      if (now - session.lastSentAt >= policy.keepAliveMs / 2) session.keepAlive(KEEP_ALIVE_MESSAGE)
      this.#keepAliveAt = Math.min(this.#keepAliveAt, session.lastSentAt + policy.keepAliveMs)
    }
  }
}
