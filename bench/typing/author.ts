/** A person who types at a place of its own, and runs the cell around it. */
import type { Group } from '../plan/scenario.ts'
import { AuthorDocument, editOf } from './author-document.ts'
import { CellRuns } from './cell-runs.ts'
import { memberClientId } from './client-id.ts'
import type { Author, Edit, StepPlan } from './contract.ts'
import { type Place, placeOf } from './place.ts'
import { createRandom, type Random } from './random.ts'
import { keyTimes } from './rhythm.ts'
import { TypedText } from './typed-text.ts'
import { type Stroke, strokes } from './typist.ts'

export type AuthorOptions = {
  readonly seed: number
  readonly group: Group
  /** Number of the room in its group. */
  readonly room: number
  /** Number of the author in its room, from 0. */
  readonly author: number
  /** The room's document as the author received it; not more: what others type is not to be in it. */
  readonly base: readonly Uint8Array[]
  /**
   * False in processes that only have to recognize the edits: `update` is empty, `cursor` undefined.
   * Nothing else differs.
   */
  readonly keepsUpdates: boolean
}

/**
 * Never sees the edits of others, so each of its updates can be applied wherever the base and its
 * earlier updates are. Throws when the base has gaps, and for runs without a cell.
 */
export function createAuthor(options: AuthorOptions): Author {
  return new TypingAuthor(options)
}

class TypingAuthor implements Author {
  readonly clientId: number
  readonly #document: AuthorDocument
  readonly #text: TypedText
  readonly #strokes: Generator<Stroke, never>
  readonly #keyTimes: Generator<number, never>
  readonly #runs: CellRuns | undefined
  readonly #keepsCursors: boolean
  /** Mean gaps between keys since the start of the first step. */
  #gaps = 0
  #nextKey: number

  constructor(options: AuthorOptions) {
    const { seed, group, room, author, base, keepsUpdates } = options
    const stream = (purpose: string): Random => createRandom(seed, group.name, room, author, purpose)
    this.clientId = memberClientId({ seed, group: group.name, room }, author)
    this.#document = new AuthorDocument({ clientId: this.clientId, base, keepsUpdates })
    const place = placeOf(this.#document.doc, { author, authors: group.writers })
    this.#text = new TypedText(place.text, place.index, this.clientId)
    this.#strokes = strokes(group.typing, stream('strokes'), this.#text)
    this.#keyTimes = keyTimes(group.typing, stream('times'))
    this.#runs = runsOf(group, place, stream('runs'))
    this.#keepsCursors = keepsUpdates
    this.#nextKey = this.#keyTimes.next().value
  }

  write({ rate, durationMs }: StepPlan): readonly Edit[] {
    const edits: Edit[] = []
    const end = this.#gaps + (rate * durationMs) / 1000
    const keyAt = (): number =>
      this.#nextKey < end ? ((this.#nextKey - this.#gaps) * 1000) / rate : Number.POSITIVE_INFINITY
    for (const runAt of this.#runs?.times(durationMs) ?? []) {
      for (let at = keyAt(); at < runAt; at = keyAt()) edits.push(this.#hitKey(at))
      edits.push(this.#run(runAt))
    }
    for (let at = keyAt(); at < Number.POSITIVE_INFINITY; at = keyAt()) edits.push(this.#hitKey(at))
    this.#gaps = end
    return edits
  }

  encodeAll(): Uint8Array {
    return this.#document.encodeOwn()
  }

  destroy(): void {
    this.#document.destroy()
  }

  #hitKey(atMs: number): Edit {
    this.#nextKey = this.#keyTimes.next().value
    const stroke = this.#strokes.next().value
    if (stroke.kind === 'delete') return this.#delete(atMs)
    const { text } = stroke
    const clock = this.#document.clock
    return this.#edit(stroke.kind, atMs, () => {
      if (text === '\n') this.#text.breakLine(clock)
      else this.#text.insert(text, clock)
    })
  }

  #delete(atMs: number): Edit {
    let deletes: Edit['deletes']
    const edit = this.#edit('delete', atMs, () => {
      deletes = this.#text.deleteBackward()
    })
    return { ...edit, deletes }
  }

  #run(atMs: number): Edit {
    return this.#edit('run', atMs, () => this.#document.doc.transact(() => this.#runs?.run()))
  }

  #edit(kind: Edit['kind'], atMs: number, change: () => void): Edit {
    const recorded = this.#document.record(change)
    return editOf(kind, atMs, recorded, this.#keepsCursors ? this.#text.cursors() : undefined)
  }
}

function runsOf(group: Group, { cell }: Place, random: Random): CellRuns | undefined {
  if (group.runEverySeconds <= 0) return undefined
  if (cell === undefined)
    throw new Error(
      `group '${group.name}': runEverySeconds needs a cell to run: set document.shape to notebook, or runEverySeconds to 0`,
    )
  return new CellRuns(cell, group.runEverySeconds * 1000, random)
}
