import type { Clock } from './clock.ts'
import type { Change, ClientEdit } from './edit-queue.ts'
import type { RoomObserver } from './ports.ts'
import type { RefusedEdits } from './refusal-count.ts'
import type { RoomDeps } from './room-deps.ts'

/**
 * What went through one room since it was loaded: plain numbers, added to on the way and read only
 * when somebody looks. Rooms have no metric labels of their own, so this is where they differ.
 */
export type RoomTraffic = {
  /** Messages of any kind, from everyone in the room. */
  frames: number
  edits: number
  editBytes: number
  /** Edits handed to sockets: one update to three peers is three. */
  deliveries: number
  /** Edits, presence and answers to step 1, as handed to sockets. */
  sentBytes: number
  /** Monotonic milliseconds; of the load until somebody edits. */
  lastEditAt: number
}

export type ShownBatch = {
  readonly updates: number
  /** As sent to one of them. */
  readonly bytes: number
  readonly recipients: number
  /** When its oldest edit was received (monotonic ms). */
  readonly receivedAt: number
  readonly startedAt: number
}

/** Counts for one room, and tells the observer, which counts for all. */
export class RoomMeter {
  readonly traffic: RoomTraffic
  readonly #clock: Clock
  readonly #observer: RoomObserver

  readonly #onRefused: RoomDeps['onRefused']

  constructor({ clock, observer, onRefused }: Pick<RoomDeps, 'clock' | 'observer' | 'onRefused'>) {
    this.#clock = clock
    this.#observer = observer
    this.#onRefused = onRefused
    const lastEditAt = clock.elapsed()
    this.traffic = { frames: 0, edits: 0, editBytes: 0, deliveries: 0, sentBytes: 0, lastEditAt }
  }

  refused(edits: RefusedEdits): void {
    this.#onRefused?.(edits)
  }

  received({ update, receivedAt }: ClientEdit): void {
    this.traffic.edits += 1
    this.traffic.editBytes += update.length
    this.traffic.lastEditAt = receivedAt
  }

  /** A batch was taken at `startedAt` and has been applied. */
  applied(changes: readonly Change[], startedAt: number): void {
    if (changes.length === 0) return
    const oldest = changes.reduce((least, change) => Math.min(least, change.receivedAt), startedAt)
    this.#observer.applied({ waitMs: startedAt - oldest, ms: this.#clock.elapsed() - startedAt })
  }

  /** A batch was handed to so many sockets, from `startedAt` until now. */
  shown(batch: ShownBatch): void {
    const { updates, recipients, receivedAt, startedAt } = batch
    const now = this.#clock.elapsed()
    const bytes = batch.bytes * recipients
    this.traffic.deliveries += updates * recipients
    this.traffic.sentBytes += bytes
    this.#observer.broadcast({ recipients, bytes, ms: now - receivedAt, fanOutMs: now - startedAt })
  }

  /** A step 1 that came at `at` was answered. */
  answered(stateVector: Uint8Array, bytes: number, at: number): void {
    this.traffic.sentBytes += bytes
    // An empty state vector is the single byte 0: no clients.
    const kind = stateVector.length <= 1 ? 'whole' : 'difference'
    this.#observer.answered({ kind, bytes, ms: this.#clock.elapsed() - at })
  }

  /** `frameBytes`: as sent to one of them. */
  presence(frameBytes: number, states: number, recipients: number): void {
    const bytes = frameBytes * recipients
    this.traffic.sentBytes += bytes
    this.#observer.presenceSent(states * recipients, bytes)
  }
}
