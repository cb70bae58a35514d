/**
 * Every room of the process: the one map, and the only place that changes a room's state.
 * One sweep timer serves all rooms and sessions.
 */
import { runInBackground } from '../lib/run-in-background.ts'
import { KEEP_ALIVE } from '../protocol/encode.ts'
import { SyncError } from '../protocol/errors.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import { outbound } from '../protocol/outbound.ts'
import type { RoomOpener, RoomSpec } from './ports.ts'
import type { RoomState, RoomStateKind } from './room-state.ts'
import { Room, type RoomDeps } from './room.ts'
import type { Member, Session } from './session.ts'
import { TurnBudget } from './turn-budget.ts'

export type RegistryStats = {
  readonly rooms: Readonly<Record<RoomStateKind, number>>
  readonly sessions: number
  readonly pendingBytes: number
}

/** What a status page may show of a room. */
export type RoomSummary = {
  readonly document: DocumentId
  readonly people: readonly { readonly id: string; readonly displayName: string; readonly color: string }[]
}

export type RegistryDeps = Omit<RoomDeps, 'encoding'>

const SWEEP_MS = 1000
/** For answers to people who come back, in one turn of the event loop. */
const ENCODING_BUDGET_MS = 5
const KEEP_ALIVE_MESSAGE = outbound(KEEP_ALIVE)

export class RoomRegistry implements RoomOpener {
  readonly #deps: RoomDeps
  readonly #states = new Map<DocumentId, RoomState>()
  #cancelSweep: (() => void) | undefined
  #isDraining = false

  constructor(deps: RegistryDeps) {
    const encoding = new TurnBudget({ clock: deps.clock, budgetMs: ENCODING_BUDGET_MS })
    this.#deps = { ...deps, encoding }
  }

  async open(spec: RoomSpec): Promise<{ readonly lineage: Lineage }> {
    return await this.#acquire(spec)
  }

  /**
   * Opens the room and joins it. `lineage`: the history that the client says it has; another one is
   * refused with `other_lineage` before a byte of the client's state is applied.
   */
  async join(spec: RoomSpec, member: Member, lineage: string | undefined): Promise<Session> {
    const startedAt = this.#deps.clock.elapsed()
    let room = await this.#acquire(spec)
    // It may have begun to close before we were woken, to make space for another one.
    while (!this.#isOpen(room)) room = await this.#acquire(spec)
    if (lineage !== undefined && lineage !== room.lineage) throw new SyncError('other_lineage')
    const session = room.join(member)
    this.#states.set(spec.document, { kind: 'open', room })
    this.#deps.observer.joined(this.#deps.clock.elapsed() - startedAt)
    return session
  }

  stats(): RegistryStats {
    const rooms = { loading: 0, open: 0, idle: 0, closing: 0 }
    let sessions = 0
    let pendingBytes = 0
    for (const state of this.#states.values()) {
      rooms[state.kind] += 1
      if (state.kind !== 'open') continue
      sessions += state.room.sessions.size
      pendingBytes += state.room.pendingBytes
    }
    return { rooms, sessions, pendingBytes }
  }

  summaries(): RoomSummary[] {
    return [...this.#states].flatMap(([document, state]) => {
      if (state.kind !== 'open') return []
      const people = new Map([...state.room.sessions].map(({ principal }) => [principal.id, principal]))
      return [
        {
          document,
          people: [...people.values()].map(({ id, displayName, color }) => ({ id, displayName, color })),
        },
      ]
    })
  }

  /** Closes every session and room: files saved, logs flushed. Failures of all rooms are reported together. */
  async closeAll(): Promise<void> {
    this.#isDraining = true
    this.#cancelSweep?.()
    const results = await Promise.allSettled(
      [...this.#states].map(([document, state]) => this.#closeNow(document, state)),
    )
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    )
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} rooms could not be closed`)
  }

  async #acquire(spec: RoomSpec): Promise<Room> {
    for (;;) {
      if (this.#isDraining) throw new SyncError('draining')
      const state = this.#states.get(spec.document)
      switch (state?.kind) {
        case undefined:
          return await this.#load(spec)
        case 'loading':
          return await state.ready
        case 'open':
          return state.room
        case 'idle':
          this.#states.set(spec.document, { ...state, since: this.#deps.clock.elapsed() })
          return state.room
        case 'closing':
          await state.done
      }
    }
  }

  #isOpen(room: Room): boolean {
    const state = this.#states.get(room.document)
    return (state?.kind === 'open' || state?.kind === 'idle') && state.room === room
  }

  async #load(spec: RoomSpec): Promise<Room> {
    this.#makeSpace()
    const startedAt = this.#deps.clock.elapsed()
    const ready = this.#loadRoom(spec)
    this.#states.set(spec.document, { kind: 'loading', ready })
    const room = await ready
    this.#deps.observer.loaded(this.#deps.clock.elapsed() - startedAt)
    return room
  }

  /** Leaves an idle room, or nothing at all: a failed load never becomes an empty document. */
  async #loadRoom(spec: RoomSpec): Promise<Room> {
    try {
      const room = await Room.load(spec, this.#deps)
      room.onEmpty(() => this.#becomeIdle(room))
      this.#becomeIdle(room)
      return room
    } catch (error) {
      this.#states.delete(spec.document)
      if (error instanceof SyncError) throw error
      this.#deps.onError(error, spec.document)
      throw new SyncError('load_failed', undefined, { cause: error })
    }
  }

  #becomeIdle(room: Room): void {
    const state = this.#states.get(room.document)
    if (state?.kind === 'closing') return
    this.#states.set(room.document, { kind: 'idle', room, since: this.#deps.clock.elapsed() })
    this.#scheduleSweep()
  }

  /** At the limit of open rooms the longest idle clean one goes; if there is none, the newcomer is refused. */
  #makeSpace(): void {
    if (this.#states.size < this.#deps.policy.maxOpenRooms) return
    for (const [document, state] of this.#states) {
      if (state.kind !== 'idle' || !state.room.isClean) continue
      this.#startClosing(document, state.room)
      return
    }
    throw new SyncError('room_full')
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined || this.#isDraining) return
    this.#cancelSweep = this.#deps.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined
      this.#sweep()
      if (this.#states.size > 0) this.#scheduleSweep()
    })
  }

  #sweep(): void {
    const now = this.#deps.clock.elapsed()
    for (const [document, state] of this.#states) {
      if (state.kind === 'open') this.#sweepSessions(state.room, now)
      if (state.kind === 'open' || state.kind === 'idle') state.room.releaseUnusedBytes(now)
      if (state.kind !== 'idle' || now - state.since < this.#deps.policy.idleUnloadMs || !state.room.isClean)
        continue
      this.#startClosing(document, state.room)
    }
  }

  #sweepSessions(room: Room, now: number): void {
    for (const session of room.sessions) session.sweep(now, KEEP_ALIVE_MESSAGE)
  }

  #startClosing(document: DocumentId, room: Room): void {
    runInBackground(
      () => this.#close(document, room),
      (error) => this.#deps.onError(error, document),
    )
  }

  async #close(document: DocumentId, room: Room): Promise<void> {
    const done = room.close()
    // Whoever waits for the end of closing only wants to load anew; a failure is the caller's.
    this.#states.set(document, { kind: 'closing', done: done.catch(() => {}) })
    try {
      await done
    } finally {
      this.#states.delete(document)
    }
  }

  async #closeNow(document: DocumentId, state: RoomState): Promise<void> {
    switch (state.kind) {
      case 'loading': {
        const room = await state.ready.catch(() => undefined)
        if (room !== undefined) await this.#close(document, room)
        return
      }
      case 'open':
      case 'idle':
        await this.#close(document, state.room)
        return
      case 'closing':
        await state.done
    }
  }
}
