/**
 * Presence of one room: collects awareness changes and shows each client's latest state once per
 * window. Nothing here is stored.
 */
import { AwarenessTable } from '../document/awareness-table.ts'
import { stampUser } from '../document/stamp-user.ts'
import { encodeAwareness } from '../protocol/encode.ts'
import type { AwarenessEntry, Dialect } from '../protocol/message.ts'
import type { Clock } from './clock.ts'
import type { Session } from './session.ts'

export type PresenceOptions = {
  readonly dialect: Dialect
  readonly clock: Clock
  /** Shortest time between two awareness frames of a room, in milliseconds. */
  readonly windowMs: number
  readonly maxClientIdsPerSession: number
  readonly broadcast: (frame: Uint8Array) => void
}

export class Presence {
  readonly #options: PresenceOptions
  readonly #table: AwarenessTable<Session>
  readonly #changed = new Set<number>()
  #removals: AwarenessEntry[] = []
  #cancelWindow: (() => void) | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#table = new AwarenessTable({ maxClientIdsPerOwner: options.maxClientIdsPerSession })
  }

  /** Returns the client ids that the session has a say in and that changed. */
  receive(session: Session, entries: readonly AwarenessEntry[]): readonly number[] {
    const stamped = entries.map((entry) =>
      entry.state === null
        ? entry
        : { ...entry, state: stampUser(entry.state, session.principal, this.#options.dialect) },
    )
    const changed = this.#table.apply(session, stamped)
    for (const clientId of changed) this.#changed.add(clientId)
    this.#openWindow()
    return changed
  }

  leave(session: Session): void {
    this.#removals.push(...this.#table.removeOwner(session))
    this.#openWindow()
  }

  /** Everyone present, as one frame; undefined when nobody is. */
  snapshot(): Uint8Array | undefined {
    const entries = this.#table.entries()
    return entries.length > 0 ? encodeAwareness(entries) : undefined
  }

  states(): Record<string, unknown>[] {
    return this.#table.states().map((state) => JSON.parse(state) as Record<string, unknown>)
  }

  close(): void {
    this.#cancelWindow?.()
    this.#cancelWindow = undefined
  }

  #openWindow(): void {
    if (this.#cancelWindow !== undefined || (this.#changed.size === 0 && this.#removals.length === 0)) return
    this.#cancelWindow = this.#options.clock.after(this.#options.windowMs, () => this.#flush())
  }

  #flush(): void {
    this.#cancelWindow = undefined
    // A client id that left and came back within the window is present.
    const present = this.#table.entries(this.#changed)
    const back = new Set(present.map((entry) => entry.clientId))
    const entries = [...this.#removals.filter((entry) => !back.has(entry.clientId)), ...present]
    this.#changed.clear()
    this.#removals = []
    if (entries.length > 0) this.#options.broadcast(encodeAwareness(entries))
  }
}
