/**
 * Replaces one document's log by a snapshot when that is worth it, beside the edits that go on.
 *
 * The snapshot is made of what is stored, in another thread when it is large, and compared with the
 * live document before anything is replaced: a snapshot that says something else than what people see
 * would be what they find after the next load.
 */
import { type Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import { type BuiltSnapshot, buildSnapshot } from '../document/build-snapshot.ts'
import { type DocumentFacts, encodeDeletes, orderDigest, structCount } from '../document/document-facts.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { BackgroundTurns } from './background-turns.ts'
import type { DocumentLog, LogMark } from './document-log.ts'
import type { DocumentStore, RoomObserver } from './ports.ts'
import { updatesOf } from './restore-doc.ts'
import type { SnapshotThread, ThreadSnapshot } from './snapshot-thread.ts'

/** A room, as far as its snapshots go. */
export type CompactedRoom = {
  readonly document: DocumentId
  readonly doc: Doc
  readonly observer: Pick<RoomObserver, 'auditFailed'>
  onError(error: unknown): void
}

export type CompactorDeps = {
  readonly store: DocumentStore
  readonly turns: BackgroundTurns
  /** Without one, every snapshot is made here. */
  readonly snapshots?: SnapshotThread | undefined
}

/** Facts of the live document; those that it would take too long to find out are left out. */
type LiveFacts = {
  readonly stateVector: Uint8Array
  readonly deletes: Uint8Array | undefined
  readonly order: string | undefined
}

/**
 * Up to here a snapshot is made in this thread, in a turn of 2 to 5 ms: a server whose documents are
 * all small never starts the other one. See `bench/micro/compaction.ts`.
 */
const INLINE_BYTES = 32 * 1024
/** Finding this out, right after a commit, takes up to 3 ms with so many (the same benchmark). */
const MAX_STRUCTS_FOR_ORDER = 10_000
const MAX_STRUCTS_FOR_DELETES = 500_000
/** Records that pass after a failure, which may be the disk's, before another try. */
const RETRY_RECORDS = 500

export class Compactor {
  readonly #room: CompactedRoom
  readonly #log: DocumentLog
  readonly #deps: CompactorDeps
  #running: Promise<void> | undefined
  /** The log cannot be replaced by a snapshot that says the same; not tried again before the next load. */
  #isDistrusted = false
  /** There was no thread: the live document is encoded at the next occasion. */
  #mustEncode = false
  /** Records in the log before which another try would most likely only fail again. */
  #notBefore = 0

  constructor(room: CompactedRoom, log: DocumentLog, deps: CompactorDeps) {
    this.#room = room
    this.#log = log
    this.#deps = deps
  }

  /** To be called right after a commit, when the document holds exactly what the log holds. */
  committed(): void {
    const log = this.#log
    if (this.#running !== undefined || this.#isDistrusted || !log.isWorthCompacting) return
    const mark = log.mark()
    if (mark.records < this.#notBefore) return
    if (this.#mustEncode) this.#start(mark, this.#encodeLive(mark))
    else this.#start(mark, this.#compact(mark, this.#quickFacts()))
  }

  /**
   * For a room that is being unloaded: nobody is in it, and all of it is durable. Never rejects: what
   * is not compacted is in the log.
   */
  async close(): Promise<void> {
    await this.#running
    const log = this.#log
    if (this.#isDistrusted || !log.isWorthCompactingOnUnload) return
    const mark = log.mark()
    this.#start(mark, this.#compactAtRest(mark))
    await this.#running
  }

  #start(mark: LogMark, task: Promise<void>): void {
    this.#running = task
      .catch((error: unknown) => {
        this.#notBefore = mark.records + RETRY_RECORDS
        this.#room.onError(error)
      })
      .finally(() => (this.#running = undefined))
  }

  async #compactAtRest(mark: LogMark): Promise<void> {
    await this.#compact(mark, await this.#allFacts())
    if (this.#mustEncode) await this.#encodeLive(mark)
  }

  async #compact(mark: LogMark, live: LiveFacts): Promise<void> {
    const snapshot = await this.#build(mark)
    switch (snapshot.kind) {
      case 'busy':
        this.#notBefore = mark.records + RETRY_RECORDS
        return
      case 'unavailable':
        this.#mustEncode = true
        return
      case 'broken':
        this.#distrust(`cannot be loaded again (${snapshot.reason})`)
        return
      case 'built': {
        const difference = differenceOf(live, snapshot.facts)
        if (difference === undefined) await this.#log.compact(mark, snapshot.bytes)
        else this.#distrust(`differs from the live document in ${difference}`)
      }
    }
  }

  async #build(mark: LogMark): Promise<ThreadSnapshot> {
    const log = this.#log
    const { turns, snapshots } = this.#deps
    const read = async (): Promise<Uint8Array[]> => this.#read(mark)
    if (snapshots !== undefined && log.storedBytes > INLINE_BYTES) return await snapshots.build(read)
    const updates = await read()
    let built: BuiltSnapshot | undefined
    await turns.run(() => {
      built = buildSnapshot(updates)
      return true
    })
    return built ?? { kind: 'unavailable' }
  }

  /** What lies on disk up to the mark; edits may have followed. */
  async #read({ seq }: LogMark): Promise<Uint8Array[]> {
    const { document } = this.#room
    const { store } = this.#deps
    const stored = await store.load(document)
    if (stored === undefined || stored.snapshotSeq > seq) throw new Error('the stored history is another one')
    return updatesOf({ ...stored, tail: stored.tail.filter((record) => record.seq <= seq) })
  }

  async #encodeLive(mark: LogMark): Promise<void> {
    this.#mustEncode = false
    await this.#log.compact(mark, encodeStateAsUpdate(this.#room.doc))
  }

  #quickFacts(): LiveFacts {
    const { doc } = this.#room
    const structs = structCount(doc)
    return {
      stateVector: encodeStateVector(doc),
      deletes: structs <= MAX_STRUCTS_FOR_DELETES ? encodeDeletes(doc) : undefined,
      order: structs <= MAX_STRUCTS_FOR_ORDER ? orderDigest(doc) : undefined,
    }
  }

  /** In turns, as the document does not change. */
  async #allFacts(): Promise<LiveFacts> {
    const { doc } = this.#room
    const { turns } = this.#deps
    let deletes: Uint8Array | undefined
    let order: string | undefined
    await turns.run(() => {
      deletes ??= encodeDeletes(doc)
      return true
    })
    await turns.run(() => {
      order = orderDigest(doc)
      return true
    })
    return { stateVector: encodeStateVector(doc), deletes, order }
  }

  #distrust(what: string): void {
    this.#isDistrusted = true
    this.#room.observer.auditFailed()
    this.#room.onError(
      new Error(`a snapshot of ${this.#room.document} ${what}; its log is kept and not compacted`),
    )
  }
}

/** In words; undefined when all that is known agrees. */
function differenceOf(live: LiveFacts, stored: DocumentFacts): string | undefined {
  if (!isEqual(live.stateVector, stored.stateVector)) return 'which edits it has'
  if (live.deletes !== undefined && !isEqual(live.deletes, stored.deletes)) return 'what is deleted'
  if (live.order !== undefined && live.order !== stored.order) return 'the order of its content'
  return undefined
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
