/** The characters of one author that stand together in a text, and the caret among them. */
import type * as Y from 'yjs'
import { createRelativePositionFromTypeIndex } from 'yjs'
import type { ClockRange } from './contract.ts'
import type { Surroundings } from './typist.ts'

const LINE_FEED = 10

type Id = { readonly client: number; readonly clock: number }

/** A Yjs relative position as JSON has it. */
export type RelativePosition = {
  readonly type: Id | null
  readonly tname: string | null
  readonly item: Id | null
  readonly assoc: number
}

/** The `cursors` field of JupyterLab's presence: one caret, nothing selected. */
export type Cursors = readonly {
  readonly anchor: RelativePosition
  readonly head: RelativePosition
  readonly primary: boolean
  readonly empty: boolean
}[]

/**
 * Knows the identifier of each own character, so that cursors and deletions need no walk through the
 * text. Nobody else may edit the text between two calls.
 */
export class TypedText implements Surroundings {
  readonly #text: Y.Text
  readonly #start: number
  readonly #client: number
  /** What follows the own characters; null at the end of the text. */
  readonly #behind: RelativePosition
  /** Clock and value of each living UTF-16 unit. */
  readonly #clocks: number[] = []
  readonly #units: number[] = []
  #caret = 0

  constructor(text: Y.Text, start: number, client: number) {
    this.#text = text
    this.#start = start
    this.#client = client
    const { type, tname, item, assoc } = createRelativePositionFromTypeIndex(text, start)
    this.#behind = { type: plain(type), tname, item: plain(item), assoc }
  }

  get before(): number {
    return this.#caret
  }

  get length(): number {
    return this.#units.length
  }

  get isAtEnd(): boolean {
    return this.#caret >= this.#end
  }

  moveToEnd(): void {
    this.#caret = this.#end
  }

  moveTo(offset: number): void {
    // Between the halves of a pair there is no place: Yjs would replace both.
    this.#caret = isLowSurrogate(this.#units[offset]) ? offset + 1 : offset
  }

  /** `clock` is the one its first character will have. */
  insert(content: string, clock: number): void {
    this.#text.insert(this.#start + this.#caret, content)
    if (this.#caret === this.#units.length) {
      for (let i = 0; i < content.length; i += 1) {
        this.#clocks.push(clock + i)
        this.#units.push(content.charCodeAt(i))
      }
    } else {
      const offsets = Array.from({ length: content.length }, (_, i) => i)
      this.#clocks.splice(this.#caret, 0, ...offsets.map((i) => clock + i))
      this.#units.splice(this.#caret, 0, ...offsets.map((i) => content.charCodeAt(i)))
    }
    this.#caret += content.length
  }

  /**
   * Begins a new line. The last line always has its end behind it, as in most files, so the caret
   * steps over that end and stays in front of the new one. Were nothing living behind the caret, Yjs
   * would walk through all that was ever deleted there at each key.
   */
  breakLine(clock: number): void {
    if (this.#units[this.#caret] === LINE_FEED) this.#caret += 1
    this.insert('\n', clock)
    this.#caret -= 1
  }

  /** Deletes the character before the caret, which must be there; returns its identifiers. */
  deleteBackward(): ClockRange {
    const length = isLowSurrogate(this.#units[this.#caret - 1]) ? 2 : 1
    this.#caret -= length
    this.#text.delete(this.#start + this.#caret, length)
    const [clock = 0] = this.#clocks.splice(this.#caret, length)
    this.#units.splice(this.#caret, length)
    return { client: this.#client, clock, length }
  }

  get #end(): number {
    const { length } = this.#units
    return this.#units[length - 1] === LINE_FEED ? length - 1 : length
  }

  cursors(): Cursors {
    const clock = this.#clocks[this.#caret]
    const { type, tname, assoc } = this.#behind
    const caret =
      clock === undefined ? this.#behind : { type, tname, item: { client: this.#client, clock }, assoc }
    return [{ anchor: caret, head: caret, primary: true, empty: true }]
  }
}

function plain(id: Id | null): Id | null {
  return id === null ? null : { client: id.client, clock: id.clock }
}

function isLowSurrogate(unit: number | undefined): boolean {
  return unit !== undefined && unit >= 0xdc00 && unit <= 0xdfff
}
