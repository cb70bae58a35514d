/**
 * Presence of one room: takes what sessions say of themselves and shows each client's latest state,
 * once per window. Nothing here is stored.
 *
 * A state is looked into when it comes in and is bytes from then on. What only says "still here"
 * waits longest: no one sees a difference, and a frame for each would be most of an idle room's
 * traffic.
 */
import { type AwarenessState, readAwarenessState } from '../document/awareness-state.ts'
import { AwarenessTable, type AwarenessRow } from '../document/awareness-table.ts'
import { encodeAwareness } from '../protocol/encode.ts'
import type { AwarenessEntry, Dialect } from '../protocol/message.ts'
import { type Outbound, outbound } from '../protocol/outbound.ts'
import type { Clock } from './clock.ts'
import type { RoomPolicy } from './policy.ts'
import { PresenceBatch } from './presence-batch.ts'
import { PresenceFanout, type Viewer } from './presence-fanout.ts'
import type { RoomMeter } from './room-meter.ts'
import { waitMsOf, windowMsFor } from './presence-window.ts'

export type PresenceOptions = {
  readonly dialect: Dialect
  readonly clock: Clock
  readonly policy: Pick<RoomPolicy, 'presence' | 'maxClientIdsPerSession'>
  readonly meter: Pick<RoomMeter, 'presence'>
  /** Everyone in the room, at any time. */
  readonly viewers: ReadonlySet<Viewer>
}

type At = { readonly atMs: number }

/** `state` is that of the entry, looked into; undefined when it is the same as before. */
type Said = { readonly entry: AwarenessEntry; readonly state: AwarenessState | null | undefined }

export class Presence {
  readonly #options: PresenceOptions
  readonly #table: AwarenessTable<Viewer>
  readonly #fanout: PresenceFanout
  /** For everybody; in a crowd for those who may edit, and then `#forReaders` takes it over. */
  readonly #changes: PresenceBatch<Viewer>
  readonly #forReaders: PresenceBatch<Viewer>
  readonly #renewals: PresenceBatch<Viewer>
  /** Lacks at most what is in `#changes`, which its reader is sent next. */
  #snapshot: Outbound | undefined
  #lastSentAt = Number.NEGATIVE_INFINITY

  constructor(options: PresenceOptions) {
    const { clock, policy, viewers, meter } = options
    this.#options = options
    this.#table = new AwarenessTable({ maxClientIdsPerOwner: policy.maxClientIdsPerSession })
    this.#fanout = new PresenceFanout({ clock, viewers, meter })
    this.#changes = new PresenceBatch(clock, () => this.#showChanges())
    this.#forReaders = new PresenceBatch(clock, () => this.#showReaders())
    this.#renewals = new PresenceBatch(clock, () => this.#showRenewals())
  }

  /**
   * Returns the client ids that the viewer has a say in and that changed.
   * Throws `SyncError('malformed_message')`; then nothing of it counts.
   */
  receive(viewer: Viewer, entries: readonly AwarenessEntry[]): readonly number[] {
    const at = { atMs: this.#options.clock.elapsed() }
    const changed = this.#read(viewer, entries, at).filter((said) => this.#take(viewer, said, at))
    this.#openWindow()
    return changed.map(({ entry }) => entry.clientId)
  }

  leave(viewer: Viewer): void {
    this.#fanout.forget(viewer)
    for (const row of this.#table.removeOwner(viewer)) this.#changed(row)
    if (this.#options.viewers.size > 0) {
      this.#openWindow()
      return
    }
    this.#table.forgetGone()
    this.close()
  }

  /** The viewer is no longer behind. */
  caughtUp(viewer: Viewer): void {
    this.#fanout.caughtUp(viewer)
  }

  /** Everyone present, as one frame; undefined when nobody is. */
  snapshot(): Outbound | undefined {
    if (this.#snapshot === undefined) {
      const rows = this.#table.present()
      if (rows.length > 0) this.#snapshot = outbound(encodeAwareness(rows))
    }
    return this.#snapshot
  }

  states(): Record<string, unknown>[] {
    return this.#table
      .present()
      .map(({ state }) => JSON.parse(Buffer.from(state ?? []).toString()) as Record<string, unknown>)
  }

  /** Lets go of every timer and of what waits to be shown. */
  close(): void {
    for (const batch of [this.#changes, this.#forReaders, this.#renewals]) batch.clear()
    this.#fanout.close()
    this.#snapshot = undefined
  }

  /** Of several entries of one client the newest counts. All states are looked into before one is taken. */
  #read(viewer: Viewer, entries: readonly AwarenessEntry[], at: At): readonly Said[] {
    let newest: Map<number, Said> | undefined
    for (const entry of entries) {
      const verdict = this.#table.judge(viewer, entry, at)
      if (verdict === 'drop' || entry.clock < (newest?.get(entry.clientId)?.entry.clock ?? 0)) continue
      newest ??= new Map()
      newest.set(entry.clientId, { entry, state: verdict === 'change' ? null : undefined })
    }
    return newest === undefined ? [] : [...newest.values()].flatMap((said) => this.#lookInto(viewer, said))
  }

  #lookInto(viewer: Viewer, said: Said): Said[] {
    const { entry } = said
    if (said.state === undefined || entry.state === null) return [said]
    const state = readAwarenessState(entry.state, viewer.principal, this.#options.dialect)
    // One that nests too deep is left out.
    if (state === undefined) return []
    return [{ entry: state === null ? { ...entry, state } : entry, state }]
  }

  /** Returns whether the state is another one now. */
  #take(viewer: Viewer, { entry, state }: Said, at: At): boolean {
    // Again, for those before may have used up what this session may introduce.
    const verdict = this.#table.judge(viewer, entry, at)
    if (verdict === 'drop') return false
    if (state !== undefined) {
      this.#changed(this.#table.change(viewer, entry, { state, ...at }))
      return true
    }
    const row = this.#table.renew(entry, at)
    if (row === undefined) return false
    if (verdict === 'renewal') this.#renewed(row)
    else this.#changed(row)
    return false
  }

  #changed(row: AwarenessRow<Viewer>): void {
    this.#changes.add(row)
    this.#renewals.delete(row.clientId)
  }

  #renewed(row: AwarenessRow<Viewer>): void {
    // A change that waits will show the new clock as well.
    if (this.#changes.has(row.clientId)) return
    this.#renewals.add(row)
    this.#renewals.schedule(this.#options.policy.presence.renewalMs)
  }

  #openWindow(): void {
    if (this.#changes.isEmpty || this.#changes.isScheduled) return
    const windowMs = this.#windowMs()
    const sinceMs = this.#options.clock.elapsed() - this.#lastSentAt
    this.#changes.schedule(waitMsOf(windowMs, sinceMs))
  }

  #windowMs(): number {
    return windowMsFor(this.#options.viewers.size, this.#options.policy.presence)
  }

  #showChanges(): void {
    const { clock, policy, viewers } = this.#options
    if (this.#mustWait(this.#changes)) return
    const rows = this.#changes.take()
    if (rows === undefined) return
    this.#lastSentAt = clock.elapsed()
    this.#snapshot = undefined
    const isCrowd = viewers.size > policy.presence.readersAbove
    this.#fanout.send(rows, isCrowd ? 'editors' : 'everybody')
    if (!isCrowd) return
    for (const row of rows.values()) this.#forReaders.add(row)
    this.#forReaders.schedule(Math.max(policy.presence.readerWindowMs, this.#windowMs()))
  }

  #showReaders(): void {
    if (this.#mustWait(this.#forReaders)) return
    const rows = this.#forReaders.take()
    if (rows !== undefined) this.#fanout.send(rows, 'readers')
  }

  #showRenewals(): void {
    if (this.#mustWait(this.#renewals)) return
    const rows = this.#renewals.take()
    if (rows === undefined) return
    this.#snapshot = undefined
    this.#fanout.send(rows, 'everybody')
  }

  /** Frames must not overtake each other, so that the last one that somebody is sent is the newest. */
  #mustWait(batch: PresenceBatch<Viewer>): boolean {
    if (this.#fanout.isBusy) batch.schedule(this.#options.policy.presence.windowMs)
    return this.#fanout.isBusy
  }
}
