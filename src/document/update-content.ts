/**
 * Passes over the content of one struct of a Yjs update (V1) and checks it, without building it.
 * The numbers are those of Yjs 13.
 */
import { type ByteCursor, malformed } from '../protocol/byte-cursor.ts'
import { asciiBytes, isAscii, tooLarge, type ValueLimits, ValueReader } from './update-values.ts'

export const Content = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
} as const

const SharedType = { xmlElement: 3, xmlHook: 5, last: 6 } as const

/** Yjs never writes these options; they would rename a subdocument or break its clean-up. */
const FORBIDDEN_DOC_OPTIONS = [asciiBytes('guid'), asciiBytes('gcFilter')]

export type ContentLimits = ValueLimits & {
  /** Each one costs a whole `Y.Doc`. */
  readonly maxSubdocuments: number
}

export class ContentReader {
  readonly values: ValueReader
  readonly #cursor: ByteCursor
  #subdocumentsLeft: number

  constructor(cursor: ByteCursor, limits: ContentLimits) {
    this.#cursor = cursor
    this.values = new ValueReader(cursor, limits)
    this.#subdocumentsLeft = limits.maxSubdocuments
  }

  /** Passes the content and returns its length in clock ticks; 0 is for the caller to refuse. */
  skip(content: number): number {
    switch (content) {
      case Content.string:
        return this.#cursor.skipText(this.#cursor.count(1))
      case Content.deleted:
        return this.#cursor.varUint()
      case Content.json:
      case Content.any:
        return this.#skipValues(content)
      default:
        this.#skipSingle(content)
        return 1
    }
  }

  #skipValues(content: number): number {
    const count = this.#cursor.count(1)
    for (let i = 0; i < count; i += 1) {
      if (content === Content.json) this.values.skipJson('list')
      else this.values.skipAny()
    }
    return count
  }

  #skipSingle(content: number): void {
    switch (content) {
      case Content.binary:
        this.#cursor.skip(this.#cursor.varUint())
        return
      case Content.embed:
        this.values.skipJson('alone')
        return
      case Content.format:
        this.values.skipKey()
        this.values.skipJson('alone')
        return
      case Content.type:
        this.#skipType()
        return
      case Content.doc:
        this.#skipSubdocument()
        return
      default:
        throw malformed('unknown content', this.#cursor.position - 1)
    }
  }

  #skipType(): void {
    const at = this.#cursor.position
    const type = this.#cursor.varUint()
    if (type > SharedType.last) throw malformed('unknown shared type', at)
    if (type === SharedType.xmlElement || type === SharedType.xmlHook) this.values.skipKey()
  }

  /** A name and options. Yjs spreads the options, and fails on everything but an object. */
  #skipSubdocument(): void {
    this.#subdocumentsLeft -= 1
    if (this.#subdocumentsLeft < 0) throw tooLarge('number of subdocuments')
    this.values.skipKey()
    const { bytes } = this.#cursor
    this.values.skipAnyObject(
      (start, length) => !FORBIDDEN_DOC_OPTIONS.some((name) => isAscii(bytes, start, length, name)),
    )
  }
}
