/**
 * Shows rows to people: one frame for all of them, a few at a time when it is large, and apart from
 * the others to whoever is behind.
 */
import type { AwarenessOwner, AwarenessRow } from '../document/awareness-table.ts'
import { encodeAwareness } from '../protocol/encode.ts'
import { type Outbound, byteLength, outbound } from '../protocol/outbound.ts'
import type { Clock } from './clock.ts'
import type { Rows } from './presence-batch.ts'
import type { RoomMeter } from './room-meter.ts'
import type { Session } from './session.ts'

/** What presence has to know of a session. */
export type Viewer = AwarenessOwner & Pick<Session, 'principal' | 'access' | 'isBehind' | 'deliver'>

export type Audience = 'everybody' | 'editors' | 'readers'

export type FanoutOptions = {
  readonly clock: Clock
  /** Everyone in the room, at any time. */
  readonly viewers: ReadonlySet<Viewer>
  readonly meter: Pick<RoomMeter, 'presence'>
}

/** Handed to sockets in one go. A large room's frame to everybody would hold up every other room. */
const SLICE_BYTES = 4 * 1024 * 1024
/**
 * Rows remembered for a viewer that is behind: people present, and some that left meanwhile. Beyond
 * it all are forgotten; renewals, and their absence, put its client right within half a minute.
 */
const MAX_MISSED_ROWS = 10_000

type Round = {
  readonly rows: Rows<Viewer>
  readonly frame: Outbound
  readonly audience: Audience
  /** Who said all of it need not be told. */
  readonly author: Viewer | undefined
  readonly rest: Iterator<Viewer>
  recipients: number
}

export class PresenceFanout {
  readonly #options: FanoutOptions
  #round: Round | undefined
  #missed: Map<Viewer, Map<number, AwarenessRow<Viewer>>> | undefined

  constructor(options: FanoutOptions) {
    this.#options = options
  }

  /** Some have not been sent the last frame yet; the next one has to wait. */
  get isBusy(): boolean {
    return this.#round !== undefined
  }

  /** Not while `isBusy`: frames must not overtake each other. */
  send(rows: Rows<Viewer>, audience: Audience): void {
    this.#round = {
      rows,
      frame: framed(rows),
      audience,
      author: soleOwner(rows),
      rest: this.#options.viewers.values(),
      recipients: 0,
    }
    this.#continue(this.#round)
  }

  /** It has taken what was sent to it: now what it missed, those who left included. */
  caughtUp(viewer: Viewer): void {
    const missed = this.#missed?.get(viewer)
    this.forget(viewer)
    if (missed !== undefined && missed.size > 0) viewer.deliver(framed(missed))
  }

  forget(viewer: Viewer): void {
    this.#missed?.delete(viewer)
    if (this.#missed?.size === 0) this.#missed = undefined
  }

  close(): void {
    this.#round = undefined
    this.#missed = undefined
  }

  #continue(round: Round): void {
    let sentBytes = 0
    while (this.#round === round) {
      // The iterator of a set that changes passes over those who left and goes on to those who came.
      const next = round.rest.next()
      if (next.done === true) {
        this.#round = undefined
        this.#options.meter.presence(byteLength(round.frame), round.rows.size, round.recipients)
      } else if (next.value !== round.author && belongsTo(round.audience, next.value)) {
        this.#show(next.value, round)
        sentBytes += byteLength(round.frame)
        if (sentBytes < SLICE_BYTES) continue
        this.#options.clock.defer(() => this.#continue(round))
        return
      }
    }
  }

  #show(viewer: Viewer, round: Round): void {
    if (viewer.isBehind) {
      this.#remember(viewer, round.rows)
      return
    }
    viewer.deliver(round.frame)
    round.recipients += 1
  }

  #remember(viewer: Viewer, rows: Rows<Viewer>): void {
    this.#missed ??= new Map()
    const missed = this.#missed.get(viewer) ?? new Map<number, AwarenessRow<Viewer>>()
    this.#missed.set(viewer, missed)
    for (const [clientId, row] of rows) missed.set(clientId, row)
    if (missed.size > MAX_MISSED_ROWS) missed.clear()
  }
}

function framed(rows: Rows<Viewer>): Outbound {
  return outbound(encodeAwareness([...rows.values()]))
}

function belongsTo(audience: Audience, viewer: Viewer): boolean {
  return audience === 'everybody' || (audience === 'readers') === (viewer.access === 'read')
}

function soleOwner(rows: Rows<Viewer>): Viewer | undefined {
  let sole: Viewer | undefined
  for (const { owner } of rows.values()) {
    if (sole !== undefined && owner !== sole) return undefined
    sole = owner
  }
  return sole
}
