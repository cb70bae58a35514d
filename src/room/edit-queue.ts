/**
 * The edits of one room that are not in its document yet.
 *
 * They are applied per batch in one Yjs transaction: Yjs's cost per transaction is paid once, and
 * the transaction's `update` event is the merged update, for free. Only updates whose every
 * reference is known enter the document; the others wait, bounded, with the session that sent them.
 */
import { type Doc, applyUpdate, getState, mergeUpdates, transact } from 'yjs'
import { isApplicable } from '../document/update-applicable.ts'
import { UPDATE_LIMITS, type UpdateFacts } from '../document/update-inspect.ts'
import { isTooDeep } from '../document/update-nesting.ts'
import type { ServerEdit } from './ports.ts'

/** Who sent an edit, as far as this file cares. */
export interface Author {
  readonly authorId: string
  /** The update refers to something unknown: keep it for a while and ask the client for the rest. */
  park(edit: ClientEdit): void
  /** Parked edits, taken back for another try. */
  unpark(): readonly ClientEdit[]
  /** The update passed every check and Yjs still would not take it. */
  reject(): void
}

export type ClientEdit = {
  readonly update: Uint8Array
  readonly facts: UpdateFacts
  readonly receivedAt: number
}

/** One transaction's outcome: at most one update and one binding record, durable together. */
export type Change = {
  readonly update: Uint8Array | undefined
  readonly binding: Uint8Array | undefined
  /** Empty for the server's own edits. */
  readonly authors: ReadonlySet<Author>
  /** Who, for the log record. */
  readonly authorIds: string
  /** When the oldest edit in it was received (monotonic ms). */
  readonly receivedAt: number
  readonly settle: (error?: Error) => void
}

type Entry =
  | { readonly kind: 'client'; readonly author: Author; readonly edit: ClientEdit }
  | {
      readonly kind: 'server'
      readonly edit: ServerEdit
      readonly settle: (error?: Error) => void
      readonly at: number
    }

type ClientEntry = Extract<Entry, { kind: 'client' }>

export class EditQueue {
  #entries: Entry[] = []
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
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

  /** Applies everything gathered; one change per run of client edits and per server edit. */
  applyTo(doc: Doc): Change[] {
    const entries = this.#entries
    this.#entries = []
    this.#bytes = 0
    const changes: Change[] = []
    let run: ClientEntry[] = []
    for (const entry of entries) {
      if (entry.kind === 'client') {
        run.push(entry)
        continue
      }
      if (run.length > 0) changes.push(applyClients(doc, run))
      run = []
      changes.push(applyServer(doc, entry.edit, entry))
    }
    if (run.length > 0) changes.push(applyClients(doc, run))
    return changes
  }

  /** Nothing more will be applied: whoever waits is told. */
  abandon(error: Error): void {
    for (const entry of this.#entries.splice(0)) if (entry.kind === 'server') entry.settle(error)
    this.#bytes = 0
  }
}

function applyClients(doc: Doc, run: readonly ClientEntry[]): Change {
  const authors = new Set(run.map((entry) => entry.author))
  const update = captureUpdate(doc, () => {
    // Not local: a local transaction would make Yjs treat the clients' edits as this process's own.
    transact(doc, () => applyRun(doc, run, authors), CLIENTS, false)
  })
  dropPending(doc, authors)
  return {
    update,
    binding: undefined,
    authors,
    authorIds: [...new Set([...authors].map((author) => author.authorId))].toSorted().join(','),
    receivedAt: Math.min(...run.map((entry) => entry.edit.receivedAt)),
    settle: () => {},
  }
}

function applyRun(doc: Doc, run: readonly ClientEntry[], authors: ReadonlySet<Author>): void {
  for (const { author, edit } of run) applyOne(doc, author, edit)
  // What one client was missing, another's edit in this batch may have brought.
  for (const author of authors) for (const edit of author.unpark()) applyOne(doc, author, edit)
}

function applyOne(doc: Doc, author: Author, edit: ClientEdit): void {
  if (!isApplicable(edit.facts, (client) => getState(doc.store, client))) {
    author.park(edit)
    return
  }
  const { nesting } = edit.facts
  if (nesting !== undefined && isTooDeep(nesting, doc, UPDATE_LIMITS.maxTypeDepth)) {
    author.reject()
    return
  }
  try {
    applyUpdate(doc, edit.update, author)
  } catch {
    // Yjs may have applied a part; that part is in the transaction and will be logged like any
    // other, so log and document stay equal.
    author.reject()
  }
}

/** Pending state in the document would be re-merged at every message and handed to every joiner. */
function dropPending(doc: Doc, authors: ReadonlySet<Author>): void {
  if (doc.store.pendingStructs === null && doc.store.pendingDs === null) return
  doc.store.pendingStructs = null
  doc.store.pendingDs = null
  for (const author of authors) author.reject()
}

function applyServer(
  doc: Doc,
  edit: ServerEdit,
  entry: { settle: (error?: Error) => void; at: number },
): Change {
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
    authors: new Set(),
    authorIds: `server:${edit.origin}`,
    receivedAt: entry.at,
    settle: (error) => entry.settle(failure ?? error),
  }
}

const CLIENTS = Symbol('clients')

/**
 * Runs one transaction and returns its merged update; undefined when it changed nothing. Yjs may add
 * transactions of its own, to tidy up formatting marks that two people set at once.
 */
function captureUpdate(doc: Doc, run: () => void): Uint8Array | undefined {
  const captured: Uint8Array[] = []
  const onUpdate = (update: Uint8Array): void => {
    captured.push(update)
  }
  doc.on('update', onUpdate)
  try {
    run()
  } finally {
    doc.off('update', onUpdate)
  }
  return captured.length > 1 ? mergeUpdates(captured) : captured[0]
}
