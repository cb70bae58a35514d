import type { AppendItem, AppendResult, DocumentStore, StoredDocument } from '../../src/room/ports.ts'
import type { DocumentId } from '../../src/protocol/names.ts'

/** A `DocumentStore` around another one, whose appends a test can hold, fail or answer with `stale`. */
export class HeldStore implements DocumentStore {
  readonly #inner: DocumentStore
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => {}
  #failures: { isWritten: boolean }[] = []
  #loadFailures = 0
  isStale = false
  loads = 0
  appends = 0

  constructor(inner: DocumentStore) {
    this.#inner = inner
  }

  get token(): number {
    return this.#inner.token
  }

  /** Returns what lets go of the appends that begin from now on, until the next `hold`. */
  hold(): () => void {
    this.#gate = new Promise((resolve) => (this.#open = resolve))
    return this.#open
  }

  release(): void {
    this.#open()
  }

  /** The next append throws; `isWritten` says whether the records got there all the same. */
  failNextAppend(isWritten: boolean): void {
    this.#failures.push({ isWritten })
  }

  failNextLoad(): void {
    this.#loadFailures += 1
  }

  async append(items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    this.appends += 1
    await this.#gate
    if (this.isStale) return items.map(({ document }) => ({ document, result: 'stale' as const }))
    const failure = this.#failures.shift()
    if (failure === undefined) return await this.#inner.append(items)
    if (failure.isWritten) await this.#inner.append(items)
    throw new Error('the disk is on fire')
  }

  async load(document: DocumentId): Promise<StoredDocument | undefined> {
    this.loads += 1
    await this.#gate
    if (this.#loadFailures > 0) {
      this.#loadFailures -= 1
      throw new Error('damaged')
    }
    return await this.#inner.load(document)
  }

  readAfter: DocumentStore['readAfter'] = (...call) => this.#inner.readAfter(...call)
  compact: DocumentStore['compact'] = (...call) => this.#inner.compact(...call)
  close: DocumentStore['close'] = () => this.#inner.close()
}
