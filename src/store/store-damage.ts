import { SyncError } from '../protocol/errors.ts'
import type { DocumentId } from '../protocol/names.ts'

/** A document's history is not whole. It stays closed; what is left of it stays where it is. */
export class StoreDamage extends SyncError {
  readonly document: DocumentId
  /** What is missing or broken, in words. */
  readonly what: string

  constructor(document: DocumentId, what: string, options?: ErrorOptions) {
    super('load_failed', `The stored history of ${document} is damaged: ${what}.`, options)
    this.name = 'StoreDamage'
    this.document = document
    this.what = what
  }
}
