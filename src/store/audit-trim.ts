/** Forgets the oldest events of the audit trail, a few at a time and in the background. */
import { runInBackground } from '../lib/run-in-background.ts'
import { auditRange, keyAfter } from './audit-keys.ts'
import type { LevelDatabase } from './level-database.ts'

export type AuditTrimPolicy = {
  /** Events older than this are forgotten. */
  readonly keepMs: number
  /** Above it the oldest go first. */
  readonly maxEvents: number
}

const TRIM_EVERY_MS = 60_000
const PORTION = 500

export class AuditTrimmer {
  readonly #database: LevelDatabase
  readonly #policy: AuditTrimPolicy & { readonly now: () => number }
  readonly #timer: NodeJS.Timeout
  /** About how many there are. Undefined until they were counted, which is done once. */
  #events: number | undefined
  #trimming: Promise<void> | undefined
  #isClosed = false

  constructor(database: LevelDatabase, policy: AuditTrimPolicy & { readonly now: () => number }) {
    this.#database = database
    this.#policy = policy
    this.#timer = setInterval(() => this.#trimSoon(), TRIM_EVERY_MS)
    this.#timer.unref()
  }

  added(events: number): void {
    if (this.#events !== undefined) this.#events += events
  }

  /** Shares one run between callers. Throws `SyncError` `store_unavailable`. */
  async trim(): Promise<void> {
    this.#trimming ??= this.#run().finally(() => (this.#trimming = undefined))
    await this.#trimming
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#trimming?.catch(() => {})
  }

  async #run(): Promise<void> {
    const { keepMs, maxEvents, now } = this.#policy
    this.#events ??= await this.#count()
    await this.#forget(auditRange(0, now() - keepMs), Number.POSITIVE_INFINITY)
    await this.#forget({}, this.#events - maxEvents)
  }

  async #forget(range: { readonly gte?: Buffer; readonly lte?: Buffer }, atMost: number): Promise<void> {
    for (let left = atMost; left > 0 && !this.#isClosed; left -= PORTION) {
      const limit = Math.min(left, PORTION)
      const keys = await this.#database.read(async (reader) => reader.keys('audit', range, { limit }))
      if (keys.length === 0) return
      // When it is undone, it is only done again.
      await this.#database.write(
        keys.map((key) => ({ type: 'del', sublevel: 'audit', key })),
        { durability: 'lazy' },
      )
      if (this.#events !== undefined) this.#events -= keys.length
      if (keys.length < limit) return
    }
  }

  /** In portions, each a read of its own, so that nothing is held up. */
  async #count(): Promise<number> {
    let events = 0
    let range: { readonly gte?: Buffer } = {}
    while (!this.#isClosed) {
      const keys = await this.#database.read(async (reader) =>
        reader.keys('audit', range, { limit: PORTION }),
      )
      events += keys.length
      const last = keys.at(-1)
      if (last === undefined || keys.length < PORTION) break
      range = { gte: keyAfter(last) }
    }
    return events
  }

  #trimSoon(): void {
    runInBackground(
      () => this.trim(),
      (error) => this.#database.log.warn({ err: error }, 'the audit trail could not be trimmed'),
    )
  }
}
