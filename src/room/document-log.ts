/**
 * One document's place in the store: numbers its records, knows what is durable, and decides when a
 * snapshot is worth writing.
 */
import { shouldCompact, shouldCompactOnUnload } from '../document/compaction.ts'
import type { Lineage, DocumentId } from '../protocol/names.ts'
import type { Change } from './edit-queue.ts'
import type { RoomPolicy } from './policy.ts'
import type { Clock } from './clock.ts'
import type { AppendItem, DocumentStore, RoomObserver, Seq, StoredDocument } from './ports.ts'

export type DocumentLogOptions = {
  readonly document: DocumentId
  readonly lineage: Lineage
  readonly store: DocumentStore
  readonly policy: Pick<RoomPolicy, 'compaction' | 'compactOnUnloadRecords'>
  readonly stored: StoredDocument | undefined
  readonly clock: Clock
  readonly observer: Pick<RoomObserver, 'compacted'>
}

/** A place in the log, and what lies between the newest snapshot and it. */
export type LogMark = { readonly seq: Seq; readonly records: number; readonly bytes: number }

export class DocumentLog {
  readonly #options: DocumentLogOptions
  #seq: Seq
  #durableSeq: Seq
  #tail: { records: number; bytes: number; snapshotBytes: number }

  constructor(options: DocumentLogOptions) {
    this.#options = options
    const { stored } = options
    this.#seq = stored?.head ?? 0
    this.#durableSeq = this.#seq
    const tail = stored?.tail ?? []
    this.#tail = {
      records: tail.length,
      bytes: tail.reduce((sum, record) => sum + record.bytes.length, 0),
      snapshotBytes: stored?.snapshot?.length ?? 0,
    }
  }

  get durableSeq(): Seq {
    return this.#durableSeq
  }

  /** What a load would read: snapshot and log. About the size of the document's state. */
  get storedBytes(): number {
    return this.#tail.snapshotBytes + this.#tail.bytes
  }

  /** The records of one batch, numbered. The first of all names the lineage. */
  recordsOf(changes: readonly Change[], at: number): AppendItem[] {
    const items: AppendItem[] = []
    const { document, lineage, store } = this.#options
    const add = (kind: AppendItem['kind'], author: string, bytes: Uint8Array): void => {
      this.#seq += 1
      items.push({ document, token: store.token, seq: this.#seq, at, kind, author, bytes })
    }
    for (const { update, binding, owners, authorIds } of changes) {
      if (update === undefined && binding === undefined) continue
      if (this.#seq === 0) add('created', authorIds, new TextEncoder().encode(lineage))
      if (update !== undefined) add('update', authorIds, update)
      if (binding !== undefined) add('binding', authorIds, binding)
      if (owners !== undefined) add('owners', authorIds, owners)
    }
    return items
  }

  /** Everything numbered so far is in the store. */
  committed(changes: readonly Change[]): void {
    this.#durableSeq = this.#seq
    for (const { update } of changes) {
      if (update === undefined) continue
      this.#tail.records += 1
      this.#tail.bytes += update.length
    }
  }

  get isWorthCompacting(): boolean {
    return shouldCompact(this.#tail, this.#options.policy.compaction)
  }

  get isWorthCompactingOnUnload(): boolean {
    const { compaction, compactOnUnloadRecords } = this.#options.policy
    return shouldCompactOnUnload(this.#tail, compaction, compactOnUnloadRecords)
  }

  /** What is durable now. */
  mark(): LogMark {
    return { seq: this.#durableSeq, records: this.#tail.records, bytes: this.#tail.bytes }
  }

  /** `snapshot` must hold exactly what is stored up to the mark. */
  async compact(mark: LogMark, snapshot: Uint8Array): Promise<void> {
    const { document, store, clock, observer } = this.#options
    const startedAt = clock.elapsed()
    if ((await store.compact(document, store.token, mark.seq, snapshot)) === 'stale') return
    this.#tail.records -= mark.records
    this.#tail.bytes -= mark.bytes
    this.#tail.snapshotBytes = snapshot.length
    observer.compacted({ bytes: snapshot.length, ms: clock.elapsed() - startedAt })
  }
}
