import type { AbstractType, Doc, Transaction, YEvent } from 'yjs'

type Changed = AbstractType<YEvent<AbstractType<unknown>>>

/**
 * Counts changes of a document's content, the root map `state` left out: JupyterLab writes into it
 * on opening, and that alone must never cause a file to be written.
 */
export class ContentVersion {
  readonly #doc: Doc
  readonly #observe: (transaction: Transaction) => void
  #current = 0
  #saved = 0

  constructor(doc: Doc) {
    this.#doc = doc
    const state: unknown = doc.getMap('state')
    this.#observe = (transaction) => {
      for (const type of transaction.changed.keys() as Iterable<Changed>) {
        if (type === state) continue
        this.#current += 1
        return
      }
    }
    doc.on('afterTransaction', this.#observe)
  }

  get current(): number {
    return this.#current
  }

  /** True when the content changed since the version that was marked as saved. */
  get hasMoved(): boolean {
    return this.#current !== this.#saved
  }

  markSaved(version: number): void {
    this.#saved = version
  }

  /** The document differs from its file although nothing was seen to change, e.g. after a restart. */
  markMoved(): void {
    this.#saved = -1
  }

  close(): void {
    this.#doc.off('afterTransaction', this.#observe)
  }
}
