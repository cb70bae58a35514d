/**
 * Document histories in LevelDB. The rules it keeps are in SPEC.md beside this file.
 *
 * Appends are decided and written one after the other, and so are compactions; the two do not touch
 * the same keys, except that an append may begin a document, which compaction cannot know yet.
 */
import { SyncError } from '../protocol/errors.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { AppendItem, AppendResult, DocumentStore, LogRecord } from '../room/ports.ts'
import type { Seq, StoredDocument, Token } from '../room/ports.ts'
import { type DocumentAppend, planAppend } from './append-plan.ts'
import { deleteCovered, writeSnapshot } from './compact-document.ts'
import { NO_SNAPSHOT, encodeEntry } from './document-entry.ts'
import { documentKey, logKey } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import { type Operation, type Reader, isCorruption } from './level-handle.ts'
import { readDocument, readEntry, readHead, readRecords } from './read-document.ts'
import { RecentMap } from './recent-map.ts'
import { encodeRecord } from './record.ts'
import { SerialQueue } from './serial-queue.ts'
import { keepDamaged, revertToPrevious } from './set-aside.ts'
import { StoreDamage } from './store-damage.ts'

/** Heads are a cache of what is on disk; more rooms than this are hardly open at once. */
const MAX_HEADS = 20_000

/** Follows no sequence number, so every append to such a document is stale. */
const UNKNOWN_HEAD = Number.NaN

export class LevelDocumentStore implements DocumentStore {
  readonly #database: LevelDatabase
  readonly #appends = new SerialQueue()
  readonly #compactions = new SerialQueue()
  readonly #mayBegin: () => boolean
  readonly #heads = new RecentMap<DocumentId, Seq>(MAX_HEADS)
  #headsIncarnation = 0
  #isClosed = false

  /**
   * The database stays the caller's: it is closed after the store. `mayBegin`: whether there is room
   * for documents that do not exist yet; existing ones are served in any case.
   */
  constructor(database: LevelDatabase, options: { readonly mayBegin?: (() => boolean) | undefined } = {}) {
    this.#database = database
    this.#mayBegin = options.mayBegin ?? (() => true)
  }

  get token(): Token {
    return this.#database.token
  }

  async append(items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    this.#refuseWhenClosed()
    return this.#appends.run(async () => this.#append(items))
  }

  async load(document: DocumentId): Promise<StoredDocument | undefined> {
    this.#refuseWhenClosed()
    const reading = await this.#read(document, async (reader) => readDocument(reader, document))
    switch (reading.kind) {
      case 'absent':
        // Refused here, before anybody has written into it, and not at the first append.
        if (!this.#mayBegin()) throw new SyncError('disk_full')
        return undefined
      case 'whole':
        return reading.stored
      case 'fell-back':
        await this.#compactions.run(async () => revertToPrevious(this.#database, document, reading))
        return reading.stored
      case 'damaged':
        await keepDamaged(this.#database, document, reading.fault)
        throw new StoreDamage(document, reading.fault.fault)
    }
  }

  async readAfter(document: DocumentId, seq: Seq, limit: number): Promise<readonly LogRecord[]> {
    this.#refuseWhenClosed()
    if (limit <= 0) return []
    const records = await this.#read(document, async (reader) => {
      const entry = await readEntry(reader, document)
      if (entry === undefined || 'fault' in entry) return entry ?? []
      const { seq: compactedTo } = entry.previous ?? entry.current
      return seq < compactedTo ? compactedTo : readRecords(reader, document, { after: seq, limit })
    })
    if (typeof records === 'number') {
      throw new SyncError('not_found', `Records up to ${records} were compacted; load the document instead.`)
    }
    if ('fault' in records) throw new StoreDamage(document, records.fault)
    return records
  }

  async compact(
    document: DocumentId,
    token: Token,
    upTo: Seq,
    snapshot: Uint8Array,
  ): Promise<'done' | 'stale'> {
    this.#refuseWhenClosed()
    if (token !== this.token) return 'stale'
    return this.#compactions.run(async () => {
      const result = await writeSnapshot(this.#database, { document, upTo, snapshot })
      if (result === 'done') await this.#deleteCovered(document)
      return result
    })
  }

  /** Closes and opens the database again and forgets what was believed about it. */
  async reopen(): Promise<void> {
    this.#refuseWhenClosed()
    await this.#database.reopen()
  }

  /** Waits for what is in flight. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#appends.idle()
    await this.#compactions.idle()
  }

  async #append(items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    const documents = new Set(items.map((item) => item.document))
    const heads = await this.#headsOf(documents)
    const plan = planAppend(items, this.token, (document) => heads.get(document) ?? UNKNOWN_HEAD)
    if (plan.accepted.length === 0) return plan.results
    const operations = plan.accepted.flatMap(operationsOf)
    // Should the database have been reopened since the heads were read, they prove nothing.
    await this.#database.write(operations, { incarnation: this.#headsIncarnation })
    for (const { document, head } of plan.accepted) this.#heads.set(document, head)
    return plan.results
  }

  async #headsOf(documents: ReadonlySet<DocumentId>): Promise<ReadonlyMap<DocumentId, Seq>> {
    const heads = new Map<DocumentId, Seq>()
    await this.#forgetOldHeads()
    for (const document of documents) {
      heads.set(document, this.#heads.get(document) ?? (await this.#readHead(document)))
    }
    return heads
  }

  async #forgetOldHeads(): Promise<void> {
    if (this.#database.isSuspect) await this.#database.reopen()
    if (this.#headsIncarnation === this.#database.incarnation) return
    this.#heads.clear()
    this.#headsIncarnation = this.#database.incarnation
  }

  async #readHead(document: DocumentId): Promise<Seq> {
    try {
      const head = await this.#database.read(async (reader) => readHead(reader, document))
      return head ?? UNKNOWN_HEAD
    } catch (error) {
      // One document's damage must not fail the batch that others are in.
      if (isCorruption(error)) return UNKNOWN_HEAD
      throw error
    }
  }

  async #read<Result>(document: DocumentId, task: (reader: Reader) => Promise<Result>): Promise<Result> {
    try {
      return await this.#database.read(task)
    } catch (error) {
      if (!isCorruption(error)) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new StoreDamage(document, `LevelDB cannot read it (${reason})`, { cause: error })
    }
  }

  /** The snapshot counts whether or not this succeeds; the next compaction tries again. */
  async #deleteCovered(document: DocumentId): Promise<void> {
    try {
      await deleteCovered(this.#database, document, () => this.#isClosed)
    } catch (error) {
      this.#database.log.warn({ err: error, document }, 'the compacted log could not be deleted yet')
    }
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new SyncError('store_unavailable', 'The store is closed.')
  }
}

function operationsOf({ document, items, lineage, kept }: DocumentAppend): Operation[] {
  const operations: Operation[] = items.map((item) => {
    const key = logKey(document, item.seq)
    return { type: 'put', sublevel: 'log', key, value: encodeRecord(key, item) }
  })
  if (lineage !== undefined) {
    const key = documentKey(document, 'entry')
    const value = encodeEntry(key, { lineage, current: NO_SNAPSHOT, previous: undefined })
    operations.push({ type: 'put', sublevel: 'document', key, value })
  }
  for (const record of kept) {
    const key = documentKey(document, record.kind)
    operations.push({ type: 'put', sublevel: 'document', key, value: encodeRecord(key, record) })
  }
  return operations
}
