/**
 * Answers to step 1, as framed bytes. Everyone who joins with nothing shares one encoding of the
 * document until it changes: encoding anew per joiner is what makes a join storm slow elsewhere.
 */
import { type Doc, encodeStateAsUpdate } from 'yjs'
import { encodeSyncStep2 } from '../protocol/encode.ts'

export class StateCache {
  readonly #doc: Doc
  #encoded: Uint8Array | undefined
  #frame: Uint8Array | undefined

  constructor(doc: Doc) {
    this.#doc = doc
  }

  get bytes(): number {
    return (this.#encoded?.length ?? 0) + (this.#frame?.length ?? 0)
  }

  invalidate(): void {
    this.#encoded = undefined
    this.#frame = undefined
  }

  /** The whole document as one update. */
  encoded(): Uint8Array {
    this.#encoded ??= encodeStateAsUpdate(this.#doc)
    return this.#encoded
  }

  step2For(stateVector: Uint8Array): Uint8Array {
    // An empty state vector is the single byte 0: no clients.
    if (stateVector.length <= 1) {
      this.#frame ??= encodeSyncStep2(this.encoded())
      return this.#frame
    }
    return encodeSyncStep2(encodeStateAsUpdate(this.#doc, stateVector))
  }
}
