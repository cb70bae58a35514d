import { SyncError } from '../protocol/errors.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { AppendItem, AppendResult, DocumentStore, LogRecord } from '../room/ports.ts'
import type { RecordKind, Seq, StoredDocument, Token } from '../room/ports.ts'
import { type DocumentAppend, planAppend } from './append-plan.ts'

type History = {
  readonly lineage: Lineage
  snapshot: { readonly seq: Seq; readonly bytes: Uint8Array | undefined }
  /** Up to here the log was compacted away. */
  compactedTo: Seq
  log: LogRecord[]
  readonly kept: Map<RecordKind, Uint8Array>
  head: Seq
}

/** Keeps everything in memory, by the rules of a real store, until the process ends. */
export class MemoryDocumentStore implements DocumentStore {
  readonly token: Token = 1
  readonly #histories = new Map<DocumentId, History>()
  #isClosed = false

  async append(items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    this.#refuseWhenClosed()
    const headOf = (document: DocumentId): Seq => this.#histories.get(document)?.head ?? 0
    const plan = planAppend(items, this.token, headOf)
    for (const accepted of plan.accepted) this.#add(accepted)
    return plan.results
  }

  async load(document: DocumentId): Promise<StoredDocument | undefined> {
    this.#refuseWhenClosed()
    const history = this.#histories.get(document)
    if (history === undefined) return undefined
    const { lineage, snapshot, log, kept, head } = history
    const tail = log.filter((record) => record.seq > snapshot.seq && record.kind === 'update')
    return {
      lineage,
      snapshotSeq: snapshot.seq,
      snapshot: snapshot.bytes,
      tail,
      binding: kept.get('binding'),
      owners: kept.get('owners'),
      head,
    }
  }

  async readAfter(document: DocumentId, seq: Seq, limit: number): Promise<readonly LogRecord[]> {
    this.#refuseWhenClosed()
    const history = this.#histories.get(document)
    if (history === undefined || limit <= 0) return []
    if (seq < history.compactedTo) {
      const message = `Records up to ${history.compactedTo} were compacted; load the document instead.`
      throw new SyncError('not_found', message)
    }
    return history.log.filter((record) => record.seq > seq).slice(0, limit)
  }

  async compact(
    document: DocumentId,
    token: Token,
    upTo: Seq,
    snapshot: Uint8Array,
  ): Promise<'done' | 'stale'> {
    this.#refuseWhenClosed()
    const history = this.#histories.get(document)
    if (history === undefined || token !== this.token) return 'stale'
    if (upTo < 1 || upTo > history.head || upTo < history.snapshot.seq) return 'stale'
    if (upTo === history.snapshot.seq) return 'done'
    history.compactedTo = history.snapshot.seq
    history.log = history.log.filter((record) => record.seq > history.compactedTo)
    history.snapshot = { seq: upTo, bytes: snapshot.slice() }
    return 'done'
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #add({ document, items, lineage, kept, head }: DocumentAppend): void {
    const history = this.#histories.get(document) ?? newHistory(lineage)
    if (history === undefined) return
    for (const item of items) history.log.push(copyRecord(item))
    for (const { kind, bytes } of kept) history.kept.set(kind, bytes.slice())
    history.head = head
    this.#histories.set(document, history)
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new SyncError('store_unavailable', 'The store is closed.')
  }
}

/** A document's first append is accepted only with its lineage. */
function newHistory(lineage: Lineage | undefined): History | undefined {
  if (lineage === undefined) return undefined
  const snapshot = { seq: 0, bytes: undefined }
  return { lineage, snapshot, compactedTo: 0, log: [], kept: new Map(), head: 0 }
}

function copyRecord({ seq, at, kind, author, bytes }: AppendItem): LogRecord {
  return { seq, at, kind, author, bytes: bytes.slice() }
}
