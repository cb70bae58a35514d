/**
 * Every room of the process: the one map, and the only place that changes a room's state.
 * One sweep timer serves all rooms and sessions.
 */
import { runInBackground } from '../lib/run-in-background.ts'
import type { CloseReason } from '../protocol/close-reason.ts'
import { SyncError } from '../protocol/errors.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { Evictable } from './choose-evictions.ts'
import { type HeapUse, memoryBytes } from './memory-budget.ts'
import type { RoomOpener, RoomSpec } from './ports.ts'
import { RoomSpace, type Space, type SpaceRefusal } from './room-space.ts'
import type { RoomState } from './room-state.ts'
import {
  type PresentSession,
  type RegistryActivity,
  type RegistryStats,
  type RoomSummary,
  activityOf,
  presentIn,
  statsOf,
  summariesOf,
} from './room-views.ts'
import { Room } from './room.ts'
import type { RoomDeps } from './room-deps.ts'
import type { Member, Session } from './session.ts'
import { TurnBudget } from './turn-budget.ts'

export type RegistryDeps = Omit<RoomDeps, 'encoding'> & {
  /** V8's heap; left out, only the rooms' own estimate bounds them. */
  readonly heap?: (() => HeapUse) | undefined
}

const SWEEP_MS = 1000
/** In one turn of the event loop. */
const SWEEP_BUDGET_MS = 3
/** For answers to people who come back, in one turn of the event loop. */
const ENCODING_BUDGET_MS = 5

export class RoomRegistry implements RoomOpener {
  readonly #deps: RoomDeps
  readonly #states = new Map<DocumentId, RoomState>()
  readonly #space: RoomSpace
  #closingCount = 0
  #cancelSweep: (() => void) | undefined
  #isDraining = false

  constructor(deps: RegistryDeps) {
    const encoding = new TurnBudget({ clock: deps.clock, budgetMs: ENCODING_BUDGET_MS })
    this.#deps = { ...deps, encoding }
    this.#space = new RoomSpace({
      policy: deps.policy,
      heap: deps.heap,
      now: () => deps.clock.elapsed(),
      evictable: () => this.#evictable(),
      // What is being unloaded has made its space already.
      roomCount: () => this.#states.size - this.#closingCount,
      isHeldBy: (document, personId) => this.#isHeldBy(document, personId),
    })
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
    this.#makeSpace(this.#space.forPerson(spec.document, member.principal.id))
    let room = await this.#acquire(spec)
    // It may have begun to close before we were woken, to make space for another one.
    while (!this.#isOpen(room)) room = await this.#acquire(spec)
    if (lineage !== undefined && lineage !== room.lineage) throw new SyncError('other_lineage')
    const session = room.join(member)
    this.#states.set(spec.document, { kind: 'open', room })
    this.#space.entered(spec.document, member.principal.id)
    this.#deps.observer.joined(this.#deps.clock.elapsed() - startedAt)
    return session
  }

  /**
   * Why this person would not be let into the room now, as far as that can be told without loading it.
   * Asked before a websocket is accepted: a client whose handshake fails waits before it tries again.
   */
  refusalOf(document: DocumentId, personId: string): SpaceRefusal | undefined {
    const kind = this.#states.get(document)?.kind
    const isInMemory = kind !== undefined && kind !== 'closing'
    const spaces = [
      this.#space.forPerson(document, personId),
      ...(isInMemory ? [] : [this.#space.forLoading(document)]),
    ]
    return spaces.find((space) => typeof space === 'string')
  }

  stats(): RegistryStats {
    return statsOf(this.#states, this.#space)
  }

  summaries(): RoomSummary[] {
    return summariesOf(this.#states)
  }

  present(): PresentSession[] {
    return presentIn(this.#states)
  }

  /** For whoever watches; see `activityOf`. */
  activity(): RegistryActivity {
    return activityOf(this.#states, this.#deps.clock.elapsed())
  }

  /** Closes every session and room: files saved, logs flushed. Failures of all rooms are reported together. */
  async closeAll(): Promise<void> {
    this.#isDraining = true
    this.#cancelSweep?.()
    await this.#closeTogether([...this.#states], 'restarting')
  }

  /**
   * Closes the rooms of these documents, and tells those inside why: files saved, logs flushed. Whoever
   * comes meanwhile waits and loads anew. Failures are reported together.
   */
  async closeWhere(isMeant: (document: DocumentId) => boolean, reason: CloseReason): Promise<void> {
    await this.#closeTogether(
      [...this.#states].filter(([document]) => isMeant(document)),
      reason,
    )
  }

  async #closeTogether(
    rooms: readonly (readonly [DocumentId, RoomState])[],
    reason: CloseReason,
  ): Promise<void> {
    const results = await Promise.allSettled(
      rooms.map(([document, state]) => this.#closeNow(document, state, reason)),
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
    this.#makeSpace(this.#space.forLoading(spec.document))
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
      const room = await Room.load(spec, this.#deps, (storedBytes) => this.#admit(spec.document, storedBytes))
      this.#space.measured(spec.document, memoryBytes(room.memory))
      room.onEmpty(() => this.#becomeIdle(room))
      room.onLost(() => {
        // Nobody joins it any more: who comes back waits until it is gone, and loads anew.
        if (this.#isOpen(room)) this.#startClosing(spec.document, room)
      })
      this.#becomeIdle(room)
      return room
    } catch (error) {
      this.#states.delete(spec.document)
      this.#space.left(spec.document)
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

  /** Waits until the rooms that make space are gone, so that memory is never taken twice. */
  async #admit(document: DocumentId, storedBytes: number): Promise<void> {
    const leaving = this.#makeSpace(this.#space.reserve(document, storedBytes))
    await Promise.all(
      leaving.map(async (other) => {
        const state = this.#states.get(other)
        if (state?.kind === 'closing') await state.done
      }),
    )
  }

  /** Unloads what has to go, and names it; throws when there is no space. */
  #makeSpace(space: Space): DocumentId[] {
    if (typeof space === 'string') throw new SyncError(space)
    for (const [document, reason] of space) {
      const state = this.#states.get(document)
      if (state?.kind !== 'idle') continue
      this.#startClosing(document, state.room)
      this.#deps.observer.evicted(reason)
    }
    return [...space.keys()]
  }

  /** Nobody is in them, and nothing in them is unsaved. */
  #evictable(): Evictable[] {
    return [...this.#states].flatMap(([document, state]) =>
      state.kind === 'idle' && state.room.isClean
        ? [{ document, bytes: memoryBytes(state.room.memory), idleSince: state.since }]
        : [],
    )
  }

  #isHeldBy(document: DocumentId, personId: string): boolean {
    const state = this.#states.get(document)
    if (state?.kind !== 'open') return true
    for (const { principal } of state.room.sessions) if (principal.id === personId) return true
    return false
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined || this.#isDraining) return
    this.#cancelSweep = this.#deps.clock.after(SWEEP_MS, () => this.#sweep(this.#states.entries()))
  }

  /** After a restart everybody came at once, and all rooms are due at once. */
  #sweep(states: MapIterator<[DocumentId, RoomState]>): void {
    if (this.#isDraining) return
    const startedAt = this.#deps.clock.elapsed()
    for (const [document, state] of states) {
      if (!this.#sweepRoom(document, state, startedAt)) continue
      if (this.#deps.clock.elapsed() - startedAt < SWEEP_BUDGET_MS) continue
      this.#deps.clock.defer(() => this.#sweep(states))
      return
    }
    this.#cancelSweep = undefined
    this.#makeSpace(this.#space.toRelieve())
    if (this.#states.size > 0) this.#scheduleSweep()
  }

  /** Returns whether there was anything to do. */
  #sweepRoom(document: DocumentId, state: RoomState, now: number): boolean {
    if (state.kind !== 'open' && state.kind !== 'idle') return false
    const { room } = state
    if (state.kind === 'idle' && now - state.since >= this.#deps.policy.idleUnloadMs && room.isClean) {
      this.#startClosing(document, room)
      return true
    }
    if (!room.vigil.isDue(now)) return false
    room.vigil.sweep(now)
    this.#space.measured(document, memoryBytes(room.memory))
    return true
  }

  #startClosing(document: DocumentId, room: Room): void {
    runInBackground(
      () => this.#close(document, room),
      (error) => this.#deps.onError(error, document),
    )
  }

  async #close(document: DocumentId, room: Room, reason?: CloseReason): Promise<void> {
    const done = room.close(reason)
    // Whoever waits for the end of closing only wants to load anew; a failure is the caller's.
    this.#states.set(document, { kind: 'closing', done: done.catch(() => {}) })
    this.#closingCount += 1
    this.#space.leaving(document)
    try {
      await done
    } finally {
      this.#closingCount -= 1
      this.#states.delete(document)
      this.#space.left(document)
    }
  }

  async #closeNow(document: DocumentId, state: RoomState, reason: CloseReason): Promise<void> {
    switch (state.kind) {
      case 'loading': {
        const room = await state.ready.catch(() => undefined)
        if (room !== undefined && this.#isOpen(room)) await this.#close(document, room, reason)
        return
      }
      case 'open':
      case 'idle':
        await this.#close(document, state.room, reason)
        return
      case 'closing':
        await state.done
    }
  }
}
