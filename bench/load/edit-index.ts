/** Which edit of which author a range of identifiers stands for; edits are numbered per room. */
import type { ClockRange, Edit, EditKind } from '../typing/contract.ts'

export type IndexedEdit = {
  readonly author: number
  readonly kind: EditKind
  /** Clock behind it: what a client that has it and all before it says in its state vector. */
  readonly endClock: number
  readonly isMeasured: boolean
  /** On the common clock, in milliseconds. */
  readonly intendedAt: number
}

type AuthorIndex = {
  readonly number: number
  /** All its edits, deletions too, as they are sent. */
  readonly all: number[]
  /** Rising; `edits[i]` begins at `clocks[i]`. */
  readonly clocks: number[]
  readonly lengths: number[]
  readonly edits: number[]
  readonly byDeleted: Map<number, number>
}

export class EditIndex {
  readonly #byClient = new Map<number, AuthorIndex>()
  readonly #authors: AuthorIndex[] = []
  readonly #edits: IndexedEdit[] = []

  get size(): number {
    return this.#edits.length
  }

  get(number: number): IndexedEdit {
    const edit = this.#edits[number]
    if (edit === undefined) throw new Error(`no edit ${number}`)
    return edit
  }

  addAuthor(client: number): void {
    const author = {
      number: this.#authors.length,
      all: [],
      clocks: [],
      lengths: [],
      edits: [],
      byDeleted: new Map(),
    }
    this.#authors.push(author)
    this.#byClient.set(client, author)
  }

  /** Returns the edit's number. Edits of one author must come in the order they are sent. */
  add(
    author: number,
    edit: Edit,
    timing: { readonly intendedAt: number; readonly isMeasured: boolean },
  ): number {
    const index = this.#authors[author]
    if (index === undefined) throw new Error(`no author ${author}`)
    const number = this.#edits.length
    this.#edits.push({ author, kind: edit.kind, endClock: edit.clock + edit.length, ...timing })
    index.all.push(number)
    if (edit.length > 0) {
      index.clocks.push(edit.clock)
      index.lengths.push(edit.length)
      index.edits.push(number)
    } else if (edit.deletes !== undefined) {
      index.byDeleted.set(edit.deletes.clock, number)
    }
    return number
  }

  ofAuthor(author: number): readonly number[] {
    return this.#authors[author]?.all ?? []
  }

  /** Undefined when the range is of no author of this room. */
  inserted({ client, clock, length }: ClockRange): readonly number[] | undefined {
    const author = this.#byClient.get(client)
    if (author === undefined) return undefined
    const found: number[] = []
    for (let i = firstFrom(author.clocks, clock); i < author.clocks.length; i += 1) {
      const end = (author.clocks[i] ?? 0) + (author.lengths[i] ?? 0)
      if (end > clock + length) break
      found.push(author.edits[i] ?? 0)
    }
    return found
  }

  deleted({ client, clock, length }: ClockRange): readonly number[] {
    const author = this.#byClient.get(client)
    if (author === undefined || author.byDeleted.size === 0) return []
    const found: number[] = []
    for (let i = clock; i < clock + length; i += 1) {
      const number = author.byDeleted.get(i)
      if (number !== undefined) found.push(number)
    }
    return found
  }

  /** Client and clock up to which `has` holds all of each author's structs without a hole. */
  contiguous(has: (edit: number) => boolean): Map<number, number> {
    const clocks = new Map<number, number>()
    for (const [client, author] of this.#byClient) {
      const hole = author.edits.findIndex((number) => !has(number))
      const end = hole < 0 ? lastEnd(author) : author.clocks[hole]
      if (end !== undefined && end > 0) clocks.set(client, end)
    }
    return clocks
  }
}

function lastEnd({ clocks, lengths }: AuthorIndex): number | undefined {
  const last = clocks.length - 1
  return last < 0 ? undefined : (clocks[last] ?? 0) + (lengths[last] ?? 0)
}

/** Index of the first element that is at least `value`. */
function firstFrom(rising: readonly number[], value: number): number {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rising[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
