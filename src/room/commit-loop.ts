/**
 * The commit loop: log before broadcast, with group commit.
 *
 * One loop serves the whole process. While a write is in flight, and for a few milliseconds where
 * many follow each other, the new edits of every room gather; the next write takes all of them in one
 * durable step. Nothing is shown to a peer before
 * its record is in the log, so what anybody has seen survives a crash of this process.
 *
 * A failed write has an unknown outcome. The loop holds everything, asks the store what arrived,
 * writes the rest, and only then goes on; edits keep gathering meanwhile, up to each room's limit.
 */
import { runInBackground } from '../lib/run-in-background.ts'
import type { Clock } from './clock.ts'
import { CommitPace } from './commit-pace.ts'
import type { AppendItem, DocumentStore, RoomObserver } from './ports.ts'

/** A room as the loop sees it. None of these may wait. */
export interface Committer {
  /** How many are shown each batch. */
  readonly peers: number
  /** The shortest time from one batch of this room to the next: the more peers, the more a flush costs. */
  readonly flushGapMs: number
  /** Applies what gathered, in one transaction, and hands over its log records (none: nothing to write). */
  takeBatch(): readonly AppendItem[]
  /** Everything taken is in the log: show it. */
  committed(): void
  /** Another owner has this document; what was taken was not written. */
  stale(): void
}

export type CommitLoopOptions = {
  readonly store: DocumentStore
  readonly clock: Clock
  readonly observer: Pick<RoomObserver, 'committed'>
  /** The shortest time from one commit to the next while many follow each other. */
  readonly gapMs: number
  /** Pause before the first retry, doubled up to `maxRetryMs`. */
  readonly retryMs: number
  readonly maxRetryMs: number
  readonly onFailure: (error: unknown) => void
}

type Batch = ReadonlyMap<Committer, readonly AppendItem[]>

/** Timers count in whole milliseconds: what is due within one is due, or every gap would be one longer. */
const TIMER_SLACK_MS = 1

export class CommitLoop {
  readonly #options: CommitLoopOptions
  readonly #pace: CommitPace
  readonly #waiting = new Set<Committer>()
  /** When a room's last batch was taken. */
  readonly #takenAt = new WeakMap<Committer, number>()
  /** While the loop waits for a gap: until when, and how to end that. */
  #sleep: { readonly until: number; readonly wake: () => void } | undefined
  #isRunning = false
  #failure: Error | undefined
  #idleWaiters: (() => void)[] = []

  constructor(options: CommitLoopOptions) {
    this.#options = options
    this.#pace = new CommitPace(options.gapMs)
  }

  /** Why nothing can be written at the moment; undefined while all is well. */
  get failure(): Error | undefined {
    return this.#failure
  }

  schedule(room: Committer): void {
    this.#waiting.add(room)
    if (this.#isRunning) {
      // A room that waits for its gap must not hold up this one; nor may this one wait for a gap that
      // has become shorter since, as that of a room that everybody has left.
      if (this.#sleep !== undefined && this.#dueAt(room) < this.#sleep.until) this.#sleep.wake()
      return
    }
    this.#isRunning = true
    // Deferred, so that all the frames of one burst of socket reads share one commit.
    this.#options.clock.defer(() => runInBackground(() => this.#run(), this.#options.onFailure))
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async idle(): Promise<void> {
    if (!this.#isRunning) return
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const rooms = await this.#nextRooms()
      await this.#commit(new Map(rooms.map((room) => [room, this.#take(room)])))
    }
    this.#isRunning = false
    for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }

  /** Waits for the pace of the process and for at least one room's own. */
  async #nextRooms(): Promise<Committer[]> {
    for (;;) {
      const now = this.#options.clock.elapsed()
      const ready: Committer[] = []
      let earliest = Number.POSITIVE_INFINITY
      for (const room of this.#waiting) {
        const dueAt = this.#dueAt(room)
        if (dueAt <= now + TIMER_SLACK_MS) ready.push(room)
        else earliest = Math.min(earliest, dueAt)
      }
      if (ready.length > 0) return this.#begin(ready, now)
      await this.#sleepUntil(earliest, now)
    }
  }

  #begin(ready: Committer[], now: number): Committer[] {
    this.#pace.began(now)
    for (const room of ready) {
      this.#waiting.delete(room)
      this.#takenAt.set(room, now)
    }
    // A large room's sockets take milliseconds: the small ones are shown theirs first.
    return ready.toSorted((a, b) => a.peers - b.peers)
  }

  /** Until then, or until another room has something that is due sooner. */
  async #sleepUntil(until: number, now: number): Promise<void> {
    const { clock } = this.#options
    let cancel = (): void => {}
    await new Promise<void>((resolve) => {
      cancel = clock.after(Math.floor(until - now), resolve)
      this.#sleep = { until, wake: () => clock.defer(resolve) }
    })
    cancel()
    this.#sleep = undefined
  }

  #dueAt(room: Committer): number {
    const takenAt = this.#takenAt.get(room) ?? Number.NEGATIVE_INFINITY
    return Math.max(this.#pace.nextAt, takenAt + room.flushGapMs)
  }

  async #commit(batch: Batch): Promise<void> {
    const items = [...batch.values()].flat()
    const startedAt = this.#options.clock.elapsed()
    const stale = items.length === 0 ? new Set<string>() : await this.#write(items)
    if (items.length > 0) this.#report(batch, items, this.#options.clock.elapsed() - startedAt)
    for (const [room, ownItems] of batch) {
      const first = ownItems[0]
      const isStale = first !== undefined && stale.has(first.document)
      this.#guard(() => (isStale ? room.stale() : room.committed()))
    }
  }

  #take(room: Committer): readonly AppendItem[] {
    let items: readonly AppendItem[] = []
    this.#guard(() => (items = room.takeBatch()))
    return items
  }

  /** One room's bug must not stop the writes of all the others. */
  #guard(step: () => unknown): void {
    try {
      step()
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  /** Resolves only when the outcome of every item is known. */
  async #write(items: readonly AppendItem[]): Promise<ReadonlySet<string>> {
    const stale = new Set<string>()
    let rest = items
    for (let attempt = 0; rest.length > 0; attempt += 1) {
      try {
        if (attempt > 0) rest = await this.#notYetWritten(rest)
        const results = rest.length > 0 ? await this.#options.store.append(rest) : []
        for (const { document, result } of results) if (result === 'stale') stale.add(document)
        this.#failure = undefined
        return stale
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error))
        this.#options.onFailure(error)
        await this.#pause(attempt)
      }
    }
    return stale
  }

  /** After an unknown outcome: a document's items are in the log together, or not at all. */
  async #notYetWritten(items: readonly AppendItem[]): Promise<AppendItem[]> {
    const rest: AppendItem[] = []
    for (const own of groupByDocument(items).values()) {
      const first = own[0]
      if (first === undefined) continue
      const found = await this.#options.store.readAfter(first.document, first.seq - 1, 1)
      if (found.length === 0) rest.push(...own)
    }
    return rest
  }

  async #pause(attempt: number): Promise<void> {
    const ms = Math.min(this.#options.retryMs * 2 ** attempt, this.#options.maxRetryMs)
    await new Promise<void>((resolve) => this.#options.clock.after(ms, resolve))
  }

  #report(batch: Batch, items: readonly AppendItem[], ms: number): void {
    const bytes = items.reduce((sum, item) => sum + item.bytes.length, 0)
    this.#options.observer.committed({ rooms: batch.size, records: items.length, bytes, ms })
  }
}

function groupByDocument(items: readonly AppendItem[]): Map<string, AppendItem[]> {
  const groups = new Map<string, AppendItem[]>()
  for (const item of items) {
    const group = groups.get(item.document)
    if (group === undefined) groups.set(item.document, [item])
    else group.push(item)
  }
  return groups
}
