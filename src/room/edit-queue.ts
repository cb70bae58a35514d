/**
 * The edits of one room that are not in its document yet.
 *
 * They are applied per batch in one Yjs transaction: Yjs's cost per transaction is paid once, and
 * the transaction's `update` event is the merged update, for free. Only updates whose every
 * reference is known enter the document; the others wait, bounded, with the session that sent them.
 */
import { type Doc, transact } from 'yjs'
import type { UpdateFacts } from '../document/update-inspect.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { EditApplier, type EditApplierOptions } from './apply-edit.ts'
import { captureUpdate } from './capture-update.ts'
import type { ServerEdit } from './ports.ts'

/** Steps after which the rest of a batch waits for the next one. */
const MAX_STEPS_PER_BATCH = 100_000
/** The same for many edits that cost little each. A batch of so many takes some milliseconds. */
const MAX_EDITS_PER_BATCH = 2000
/** A hundred people who type at the same place within one batch come to half of this. */
const FREE_STEPS = 10_000
/** About as many take a millisecond, with our counting of them (bench/micro/update-cost.ts). */
const STEPS_PER_MS = 4000
/** A room with costly edits rests this many times as long as they took, for all the other rooms. */
const REST = 4

const CLIENTS = Symbol('clients')

/** Who sent an edit, as far as this file cares. */
export interface Author {
  readonly authorId: string
  /** The person whose client ids it may go on with; undefined for a visitor without a name. */
  readonly owner: string | undefined
  /** The edit is in the document, and will be in the log with the batch at hand. */
  applied(edit: ClientEdit): void
  /** The update refers to something unknown: keep it for a while and ask the client for the rest. */
  park(edit: ClientEdit): void
  /** Parked edits, taken back for another try. */
  unpark(): readonly ClientEdit[]
  /** An edit of its was refused. Nothing more of this author is applied. */
  reject(code: ErrorCode): void
}

export type ClientEdit = {
  readonly update: Uint8Array
  readonly facts: UpdateFacts
  /** Came as the answer to a step 1, not as something just typed. */
  readonly isStep2: boolean
  readonly receivedAt: number
}

/** One transaction's outcome: at most one update and the records kept with it, durable together. */
export type Change = {
  readonly update: Uint8Array | undefined
  readonly binding: Uint8Array | undefined
  /** Who owns which client id, when that has changed. */
  readonly owners: Uint8Array | undefined
  /** Empty for the server's own edits. */
  readonly authors: ReadonlySet<Author>
  /** Who, for the log record. */
  readonly authorIds: string
  /** When the oldest edit in it was received (monotonic ms). */
  readonly receivedAt: number
  readonly settle: (error?: Error) => void
}

type ClientEntry = { readonly kind: 'client'; readonly author: Author; readonly edit: ClientEdit }

type ServerEntry = {
  readonly kind: 'server'
  readonly edit: ServerEdit
  readonly settle: (error?: Error) => void
  readonly at: number
}

type Entry = ClientEntry | ServerEntry

export class EditQueue {
  #entries: Entry[] = []
  #bytes = 0
  #steps = 0
  #taken = 0
  #isCutShort = false
  readonly #applier: EditApplier
  readonly #rejected = new WeakSet<Author>()

  constructor(options: EditApplierOptions = {}) {
    this.#applier = new EditApplier(options)
  }

  get bytes(): number {
    return this.#bytes
  }

  get length(): number {
    return this.#entries.length
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** The last batch left edits to the next one, because it had cost enough. */
  get isCutShort(): boolean {
    return this.#isCutShort
  }

  /** How long the room should rest after its last batch; 0 for all that people do. */
  get restMs(): number {
    return Math.floor(Math.max(0, this.#steps - FREE_STEPS) / STEPS_PER_MS) * REST
  }

  pushClient(author: Author, edit: ClientEdit): void {
    this.#entries.push({ kind: 'client', author, edit })
    this.#bytes += edit.update.length
  }

  /** Resolves when the edit is durable; rejects when it threw or was lost to another owner. */
  async pushServer(edit: ServerEdit, at: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => (error === undefined ? resolve() : reject(error))
      this.#entries.push({ kind: 'server', edit, settle, at })
    })
  }

  /** Applies what gathered; one change per run of client edits and per server edit. */
  applyTo(doc: Doc): Change[] {
    const entries = this.#entries
    this.#entries = []
    this.#bytes = 0
    this.#steps = 0
    this.#taken = 0
    const changes: Change[] = []
    let at = 0
    while (at < entries.length && !this.#isEnough) {
      const entry = entries[at]
      if (entry?.kind === 'server') {
        changes.push(applyServer(doc, entry))
        at += 1
        continue
      }
      const { change, count } = this.#applyRun(doc, clientEntries(entries, at))
      changes.push(change)
      at += count
    }
    this.#putBack(entries.slice(at))
    return changes
  }

  /** Nothing more will be applied: whoever waits is told. */
  abandon(error: Error): void {
    for (const entry of this.#entries.splice(0)) if (entry.kind === 'server') entry.settle(error)
    this.#bytes = 0
    this.#isCutShort = false
  }

  get #isEnough(): boolean {
    return this.#steps >= MAX_STEPS_PER_BATCH || this.#taken >= MAX_EDITS_PER_BATCH
  }

  #putBack(rest: readonly Entry[]): void {
    this.#isCutShort = rest.length > 0
    if (!this.#isCutShort) return
    this.#entries.unshift(...rest)
    for (const entry of rest) if (entry.kind === 'client') this.#bytes += entry.edit.update.length
  }

  /** As many of the entries as may be; at least one. */
  #applyRun(doc: Doc, entries: readonly ClientEntry[]): { change: Change; count: number } {
    let count = 0
    const update = captureUpdate(doc, () => {
      // Not local: a local transaction would make Yjs treat the clients' edits as this process's own.
      const run = (): void => void (count = this.#applyEntries(doc, entries))
      transact(doc, run, CLIENTS, false)
    })
    const applied = entries.slice(0, count)
    const authors = new Set(applied.map((entry) => entry.author))
    const change: Change = {
      update,
      binding: undefined,
      owners: update === undefined ? undefined : this.#applier.takeOwners(),
      authors,
      authorIds: [...new Set([...authors].map((author) => author.authorId))].toSorted().join(','),
      receivedAt: Math.min(...applied.map((entry) => entry.edit.receivedAt)),
      settle: () => {},
    }
    return { change, count }
  }

  #applyEntries(doc: Doc, entries: readonly ClientEntry[]): number {
    let count = 0
    const authors = new Set<Author>()
    for (const { author, edit } of entries) {
      if (this.#isEnough) break
      this.#taken += 1
      this.#applyOne(doc, author, edit)
      authors.add(author)
      count += 1
    }
    // What one client was missing, another's edit in this batch may have brought.
    for (const author of authors) for (const edit of author.unpark()) this.#applyOne(doc, author, edit)
    return count
  }

  #applyOne(doc: Doc, author: Author, edit: ClientEdit): void {
    // Its other edits are as little to be trusted, or build on the one that was refused.
    if (this.#rejected.has(author)) return
    const { outcome, steps } = this.#applier.apply(doc, edit, author)
    this.#steps += steps
    if (outcome === 'waits') author.park(edit)
    else if (outcome === 'applied') author.applied(edit)
    else this.#reject(author, outcome.refused)
  }

  #reject(author: Author, code: ErrorCode): void {
    this.#rejected.add(author)
    author.reject(code)
  }
}

/** The client entries from `start` up to the next server edit. */
function clientEntries(entries: readonly Entry[], start: number): ClientEntry[] {
  const run: ClientEntry[] = []
  for (let at = start; at < entries.length; at += 1) {
    const entry = entries[at]
    if (entry?.kind !== 'client') break
    run.push(entry)
  }
  return run
}

function applyServer(doc: Doc, { edit, settle, at }: ServerEntry): Change {
  let failure: Error | undefined
  const update = captureUpdate(doc, () => {
    try {
      doc.transact(() => edit.change(doc), edit.origin)
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
  })
  return {
    update,
    binding: failure === undefined ? edit.binding?.() : undefined,
    owners: undefined,
    authors: new Set(),
    authorIds: `server:${edit.origin}`,
    receivedAt: at,
    settle: (error) => settle(failure ?? error),
  }
}
