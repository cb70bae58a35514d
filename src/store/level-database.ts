/**
 * The one LevelDB database of a data folder, shared by everything that is kept in it.
 *
 * Writes go one after the other: LevelDB acknowledges a write that was queued behind a failed one
 * although it will not be found again. For the same reason the first failure makes the database
 * *suspect*: whatever LevelDB says from then on may be gone after a restart, so the next operation
 * first closes it and opens it again, which reads back what is really there.
 */
import { runInBackground } from '../lib/run-in-background.ts'
import { SyncError } from '../protocol/errors.ts'
import type { Token } from '../room/ports.ts'
import type { DataFolderGuard } from './data-folder-guard.ts'
import { type LevelHandle, type Operation, type Reader, asStoreError } from './level-handle.ts'
import { readGeneration, syncMark } from './level-instance.ts'
import { SerialQueue } from './serial-queue.ts'
import type { StoreLog } from './store-log.ts'

/**
 * When a write is behind an fsync; the words are Redis's.
 *
 * - `always`: before it is acknowledged. A power cut loses nothing acknowledged.
 * - `everysec`: at most a second later. A power cut loses at most that second.
 * - `never`: the operating system decides.
 *
 * In every mode a write survives the end of this process, `kill -9` included.
 */
export type FsyncMode = 'always' | 'everysec' | 'never'

/**
 * - `policy`: as the fsync mode says.
 * - `synced`: behind an fsync in every mode. For what would contradict itself if half of it were lost.
 * - `lazy`: never waits for an fsync. For what does no harm when it is undone.
 */
export type Durability = 'policy' | 'synced' | 'lazy'

export type OpenParts = {
  readonly handle: LevelHandle
  readonly guard: DataFolderGuard
  readonly token: Token
  readonly fsync: FsyncMode
  readonly log: StoreLog
}

/** Leaves room in the promised second for the fsync itself. */
const SYNC_AFTER_MS = 800

/** Made by `openLevelDatabase`; whoever opened it closes it. */
export class LevelDatabase {
  /** Rises with every process that opens the folder. */
  readonly token: Token
  readonly log: StoreLog
  readonly #handle: LevelHandle
  readonly #guard: DataFolderGuard
  readonly #fsync: FsyncMode
  readonly #writes = new SerialQueue()
  readonly #reads = new Set<Promise<unknown>>()
  /** Ends the reads that nothing can wait for. */
  #longReads = new AbortController()
  #incarnation = 1
  #isSuspect = false
  #reopening: Promise<void> | undefined
  #isDirty = false
  #syncTimer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  constructor(parts: OpenParts) {
    this.token = parts.token
    this.log = parts.log
    this.#handle = parts.handle
    this.#guard = parts.guard
    this.#fsync = parts.fsync
  }

  /** Rises with every reopening. What was learned under an older one has to be read again. */
  get incarnation(): number {
    return this.#incarnation
  }

  /** True from a failed write until the database was opened again. */
  get isSuspect(): boolean {
    return this.#isSuspect
  }

  /** True while acknowledged writes wait for the fsync of `everysec`. */
  get hasUnsyncedWrites(): boolean {
    return this.#isDirty
  }

  /**
   * Writes all operations or none. An exception means that the outcome is unknown.
   * `incarnation`: refuse when the database was reopened since; nothing was written then.
   */
  async write(
    operations: readonly Operation[],
    options: { readonly durability?: Durability; readonly incarnation?: number } = {},
  ): Promise<void> {
    this.#refuseWhenClosed()
    const { durability = 'policy', incarnation } = options
    await this.#writes.run(async () => {
      while (this.#isSuspect) await this.#reopenOnce()
      if (incarnation !== undefined && incarnation !== this.#incarnation) {
        throw new SyncError('store_unavailable', 'The database was opened again in between.')
      }
      await this.#writeNow(operations, durability)
    })
  }

  /** Reads from one consistent view of the database. */
  async read<Result>(task: (reader: Reader) => Promise<Result>): Promise<Result> {
    this.#refuseWhenClosed()
    while (this.#isSuspect) await this.#reopenOnce()
    this.#refuseWhenClosed()
    // Nothing is awaited between the check and this, so no reopening can miss the read.
    const reading = this.#handle.read(task)
    this.#reads.add(reading)
    try {
      return await reading
    } catch (error) {
      throw asStoreError(error)
    } finally {
      this.#reads.delete(reading)
    }
  }

  /**
   * As `read`, for what may take minutes. Nothing waits for it: `signal` aborts as soon as the database
   * is to be reopened or closed, and the task must then end at once.
   */
  async readLong<Result>(task: (reader: Reader, signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return this.read(async (reader) => task(reader, this.#longReads.signal))
  }

  /** Closes and opens again, so that what is read from now on is what is on disk. */
  async reopen(): Promise<void> {
    this.#refuseWhenClosed()
    await this.#writes.run(async () => this.#reopenOnce())
  }

  /** Waits for what is in flight; with `everysec`, syncs what is not synced yet. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    await this.#closing
  }

  async #writeNow(operations: readonly Operation[], durability: Durability): Promise<void> {
    const isSynced = durability === 'synced' || (durability === 'policy' && this.#fsync === 'always')
    try {
      await this.#handle.write(operations, isSynced)
    } catch (error) {
      this.#isSuspect = true
      throw new SyncError('store_unavailable', undefined, { cause: error })
    }
    if (isSynced) this.#clean()
    else if (durability === 'policy' && this.#fsync === 'everysec') this.#soil()
  }

  async #reopenOnce(): Promise<void> {
    this.#reopening ??= this.#reopenHandle()
    try {
      await this.#reopening
    } finally {
      this.#reopening = undefined
    }
  }

  async #reopenHandle(): Promise<void> {
    // Until it is open again, nothing it says counts.
    this.#isSuspect = true
    this.#abortLongReads('the database was opened again')
    await Promise.allSettled(this.#reads)
    try {
      await this.#handle.close()
      await this.#handle.open({ createIfMissing: false })
      await this.#checkToken()
    } catch (error) {
      throw new SyncError('store_unavailable', undefined, { cause: error })
    }
    this.#incarnation += 1
    this.#isSuspect = false
    this.log.warn({ incarnation: this.#incarnation }, 'the database was closed and opened again')
  }

  async #checkToken(): Promise<void> {
    const generation = await this.#handle.read(readGeneration)
    if (generation === this.token) return
    throw new Error(`the database is at generation ${generation}, this process holds ${this.token}`)
  }

  #soil(): void {
    this.#isDirty = true
    this.#syncTimer ??= setTimeout(() => {
      runInBackground(
        async () => this.#syncInTurn(),
        (error) => this.#syncFailed(error),
      )
    }, SYNC_AFTER_MS)
  }

  #clean(): void {
    this.#isDirty = false
    clearTimeout(this.#syncTimer)
    this.#syncTimer = undefined
  }

  async #syncInTurn(): Promise<void> {
    this.#syncTimer = undefined
    // Closing syncs what is left.
    if (this.#closing === undefined) await this.write([syncMark()], { durability: 'synced' })
  }

  #syncFailed(error: unknown): void {
    this.log.error({ err: error }, 'the last second of writes could not be synced to disk')
  }

  #abortLongReads(why: string): void {
    this.#longReads.abort(new SyncError('store_unavailable', `Interrupted: ${why}.`))
    this.#longReads = new AbortController()
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw new SyncError('store_unavailable', 'The database is closed.')
  }

  async #shutDown(): Promise<void> {
    try {
      await this.#writes.idle()
      await this.#reopening?.catch(() => {})
      this.#abortLongReads('the database is being closed')
      await Promise.allSettled(this.#reads)
      if (this.#isDirty && !this.#isSuspect) await this.#writeNow([syncMark()], 'synced')
    } finally {
      this.#clean()
      await this.#closeHandle()
    }
  }

  async #closeHandle(): Promise<void> {
    try {
      await this.#handle.close()
    } finally {
      await this.#guard.release()
    }
  }
}
