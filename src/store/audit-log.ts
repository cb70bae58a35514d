/**
 * The audit trail: who came, who was turned away, who changed what. Never what somebody wrote.
 *
 * Events are gathered and written in the background, so that nobody who causes one waits for it. They
 * are on their way to the disk within half a second, and before anybody reads the trail.
 */
import type { AuditAction, AuditEvent, AuditLog } from '../access/audit.ts'
import { runInBackground } from '../lib/run-in-background.ts'
import { auditId, auditKey, auditRange, keyAfter, parseAuditId, timeOfAuditKey } from './audit-keys.ts'
import { type AuditTrimPolicy, AuditTrimmer } from './audit-trim.ts'
import type { LevelDatabase } from './level-database.ts'
import type { Operation } from './level-handle.ts'
import { seal, unseal } from './record.ts'

export type RecordedEvent = AuditEvent & {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What to read; everything that is left out matches. Times are milliseconds since the epoch. */
export type AuditFilter = {
  readonly resource: string
  /** Included. */
  readonly since?: number | undefined
  /** Not included. */
  readonly until?: number | undefined
  readonly actor?: string | undefined
  readonly action?: AuditAction | undefined
}

export type AuditPage = {
  /** The newest first. */
  readonly events: readonly RecordedEvent[]
  /** Where the next page begins; undefined when there is nothing more. */
  readonly next: string | undefined
}

export type AuditOptions = AuditTrimPolicy & {
  readonly database: LevelDatabase
  /** False records nothing; what there is can still be read. */
  readonly isRecording: boolean
  readonly now?: (() => number) | undefined
}

const WRITE_AFTER_MS = 500
const RETRY_MS = 1000
/** Reached only while the store cannot write; what comes then is lost, and counted in the log. */
const MAX_WAITING = 10_000
const MAX_PER_WRITE = 1000
const MAX_TEXT = 500
/** A page that finds little ends here, so that no single request reads the whole trail. */
const MAX_LOOKED_AT = 20_000
const EXPORT_PORTION = 500

export class LevelAuditLog implements AuditLog {
  readonly #options: AuditOptions
  readonly #now: () => number
  readonly #trimmer: AuditTrimmer
  readonly #waiting: { readonly key: Buffer; readonly event: AuditEvent }[] = []
  #number = 0
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #isFailing = false
  #isClosed = false

  constructor(options: AuditOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#trimmer = new AuditTrimmer(options.database, { ...options, now: this.#now })
  }

  record(event: AuditEvent): void {
    if (!this.#options.isRecording || this.#isClosed) return
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1
      return
    }
    this.#number += 1
    const key = auditKey(this.#now(), this.#options.database.token, this.#number)
    this.#waiting.push({ key, event: clipped(event) })
    this.#writeLater(WRITE_AFTER_MS)
  }

  /** Throws `SyncError` `store_unavailable`. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined))
      await this.#writing
    }
  }

  /**
   * `before`: the `next` of the page before. Undefined when it is no such thing. A page may be short, or
   * empty, although another one follows. Throws `SyncError` `store_unavailable`.
   */
  async page(
    filter: AuditFilter,
    { limit, before }: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<AuditPage | undefined> {
    const end = before === undefined ? undefined : parseAuditId(before)
    if (before !== undefined && end === undefined) return undefined
    await this.flush()
    const whole = rangeOf(filter)
    const range = end !== undefined && end.compare(whole.lte) <= 0 ? { ...whole, lte: end } : whole
    return await this.#options.database.read(async (reader) => {
      const events: RecordedEvent[] = []
      let lookedAt = 0
      let last: Buffer | undefined
      for await (const [key, value] of reader.entries('audit', range, { isReversed: true })) {
        if (end !== undefined && key.equals(end)) continue
        if (events.length >= limit || lookedAt >= MAX_LOOKED_AT)
          return { events, next: last && auditId(last) }
        lookedAt += 1
        last = key
        const event = this.#decode(key, value)
        if (event !== undefined && isMeant(event, filter)) events.push(event)
      }
      return { events, next: undefined }
    })
  }

  /** The oldest first, in portions; nothing is held between two of them. Throws as `page` does. */
  async *read(filter: AuditFilter): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    await this.flush()
    let range: { readonly gte: Buffer; readonly lte: Buffer } | undefined = rangeOf(filter)
    while (range !== undefined) {
      const { gte, lte }: { readonly gte: Buffer; readonly lte: Buffer } = range
      const { events, last } = await this.#portion(filter, { gte, lte })
      if (events.length > 0) yield events
      range = last && { gte: keyAfter(last), lte }
    }
  }

  /** Forgets what is older or more than may be kept. */
  async trim(): Promise<void> {
    await this.#trimmer.trim()
  }

  /** Writes what waits. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#trimmer.close()
    try {
      await this.flush()
    } catch (error) {
      this.#tellFailure(error)
    }
  }

  async #portion(
    filter: AuditFilter,
    range: { readonly gte: Buffer; readonly lte: Buffer },
  ): Promise<{ readonly events: readonly RecordedEvent[]; readonly last: Buffer | undefined }> {
    return await this.#options.database.read(async (reader) => {
      const events: RecordedEvent[] = []
      let lookedAt = 0
      let last: Buffer | undefined
      for await (const [key, value] of reader.entries('audit', range, { limit: EXPORT_PORTION })) {
        lookedAt += 1
        last = key
        const event = this.#decode(key, value)
        if (event !== undefined && isMeant(event, filter)) events.push(event)
      }
      return { events, last: lookedAt < EXPORT_PORTION ? undefined : last }
    })
  }

  #writeLater(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      runInBackground(
        async () => this.flush(),
        (error) => {
          this.#tellFailure(error)
          if (!this.#isClosed) this.#writeLater(RETRY_MS)
        },
      )
    }, ms)
  }

  /** The keys are given already, so that what was written with an unknown outcome can be written again. */
  async #write(): Promise<void> {
    const batch = this.#waiting.slice(0, MAX_PER_WRITE)
    await this.#options.database.write(batch.map(({ key, event }) => putOf(key, event)))
    this.#waiting.splice(0, batch.length)
    this.#isFailing = false
    this.#trimmer.added(batch.length)
    if (this.#lost === 0) return
    this.#options.database.log.error({ events: this.#lost }, 'events of the audit trail were lost')
    this.#lost = 0
  }

  #tellFailure(error: unknown): void {
    if (this.#isFailing && !this.#isClosed) return
    this.#isFailing = true
    const facts = { err: error, events: this.#waiting.length }
    this.#options.database.log.error(facts, 'the audit trail cannot be written')
  }

  #decode(key: Buffer, value: Uint8Array): RecordedEvent | undefined {
    const payload = unseal(key, value)
    if ('damage' in payload) {
      this.#options.database.log.warn({ id: auditId(key) }, 'an event of the audit trail is damaged')
      return undefined
    }
    const event = JSON.parse(Buffer.from(payload).toString()) as AuditEvent
    return { id: auditId(key), at: timeOfAuditKey(key), ...event }
  }
}

function rangeOf({ since = 0, until = Number.MAX_SAFE_INTEGER }: AuditFilter) {
  return auditRange(since, until)
}

function isMeant(event: AuditEvent, { resource, actor, action }: AuditFilter): boolean {
  return (
    event.resource === resource &&
    (actor === undefined || event.actor === actor) &&
    (action === undefined || event.action === action)
  )
}

function putOf(key: Buffer, event: AuditEvent): Operation {
  return { type: 'put', sublevel: 'audit', key, value: seal(key, Buffer.from(JSON.stringify(event))) }
}

/** Names and details may come from outside. */
function clipped(event: AuditEvent): AuditEvent {
  const entries = Object.entries(event) as [string, string][]
  return Object.fromEntries(
    entries.map(([name, text]) => [name, text.slice(0, MAX_TEXT)]),
  ) as unknown as AuditEvent
}
