/**
 * The disk of the simulated machine. It outlives the processes that use it, answers only when it is
 * told to, and beside the real in-memory store keeps a document of everything it was ever given, to
 * hold what people see against.
 */
import * as Y from 'yjs'
import type { DocumentId } from '../../src/protocol/names.ts'
import type { AppendItem, AppendResult, DocumentStore, StoredDocument } from '../../src/room/ports.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import type { Random } from '../support/random-document.ts'
import { difference, fingerprint } from './same-document.ts'
import { Violation } from './violation.ts'

/** A fault that the simulation made; any other error in the process is a finding. */
export class InjectedFault extends Error {}

/** `unknown`: it fails, and any part of it (by document) may have been written all the same. */
export type Fate = 'done' | 'failed' | 'unknown' | 'stale'

type Pending = {
  readonly kind: 'append' | 'load' | 'readAfter' | 'compact'
  readonly finish: (fate: Fate) => Promise<void>
  /** Nobody waits for the answer any more, but the write may be on its way. */
  readonly abandon: () => Promise<void>
}

type Add = (call: Pending) => void

export class SimDisk {
  readonly #inner = new MemoryDocumentStore()
  readonly #written = new Map<DocumentId, Y.Doc>()
  readonly #random: Random
  #pending: Pending[] = []
  #mounts = 0
  /** How often a call on a document was answered in the fatal way, for the account of a run. */
  readonly fates = { done: 0, failed: 0, unknown: 0, stale: 0 }

  constructor(random: Random) {
    this.#random = random
  }

  get pending(): number {
    return this.#pending.length
  }

  /** Everything of the document that was ever made durable. */
  written(document: DocumentId): Y.Doc {
    const doc = this.#written.get(document) ?? new Y.Doc()
    this.#written.set(document, doc)
    return doc
  }

  /** For one process: calls wait for `answer`, and are never answered once it was killed. */
  mount(): DocumentStore {
    const inner = this.#inner
    this.#mounts += 1
    const mount = this.#mounts
    const add = (call: Pending): void => {
      if (mount === this.#mounts) this.#pending.push(call)
    }
    return {
      token: inner.token,
      append: (items) => this.#append(add, items),
      load: (...call) => this.#read(add, 'load', () => inner.load(...call)),
      readAfter: (...call) => this.#read(add, 'readAfter', () => inner.readAfter(...call)),
      compact: (...call) => this.#read(add, 'compact', () => inner.compact(...call)),
      close: () => Promise.resolve(),
    }
  }

  /** Answers one call; the oldest, or any. */
  async answer(fate: Fate): Promise<void> {
    const at = this.#random.chance(0.7) ? 0 : this.#random.int(this.#pending.length)
    const [call] = this.#pending.splice(at, 1)
    if (call === undefined) return
    this.fates[fate] += 1
    await call.finish(fate)
  }

  /** What was on its way when the process was killed reaches the disk or does not. */
  async abandon(): Promise<void> {
    this.#mounts += 1
    for (const call of this.#pending.splice(0)) await call.abandon()
  }

  /** As a process that starts now would find it. Throws when it is not all that was ever written. */
  async restored(document: DocumentId): Promise<Y.Doc> {
    const doc = new Y.Doc()
    const stored = await this.#inner.load(document)
    if (stored !== undefined) apply(doc, stored)
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
      throw new Violation(`${document}: what is stored has a hole`)
    const found = difference(fingerprint(doc), fingerprint(this.written(document)))
    if (found !== undefined)
      throw new Violation(`${document}: what is stored is not what was written; ${found}`)
    return doc
  }

  async binding(document: DocumentId): Promise<Uint8Array | undefined> {
    return (await this.#inner.load(document))?.binding
  }

  #append(add: Add, items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    return new Promise((resolve, reject) => {
      add({
        kind: 'append',
        finish: async (fate) => {
          if (fate === 'unknown') await this.#write(this.#part(items))
          if (fate === 'failed' || fate === 'unknown') reject(new InjectedFault(`append ${fate}`))
          else resolve(fate === 'stale' ? await this.#writeButOne(items) : await this.#write(items))
        },
        abandon: async () => void (await this.#write(this.#part(items))),
      })
    })
  }

  /** Reads either answer or fail; a snapshot that fails was written or not, and both must do. */
  #read<T>(add: Add, kind: Pending['kind'], call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      add({
        kind,
        finish: async (fate) => {
          if (fate === 'unknown' && kind === 'compact') await call()
          if (fate === 'failed' || fate === 'unknown') reject(new InjectedFault(`${kind} ${fate}`))
          else resolve(await call())
        },
        abandon: async () => {
          if (kind === 'compact' && this.#random.chance(0.5)) await call()
        },
      })
    })
  }

  async #write(items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    if (items.length === 0) return []
    const results = await this.#inner.append(items)
    const stale = new Set(results.filter(({ result }) => result === 'stale').map(({ document }) => document))
    for (const { document, kind, bytes } of items) {
      if (kind !== 'update' || stale.has(document)) continue
      const doc = this.written(document)
      Y.applyUpdate(doc, bytes)
      if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
        throw new Violation(`${document}: a record was written that does not fit to those before it`)
    }
    return results
  }

  /** One document has another owner; the others do not suffer. */
  async #writeButOne(items: readonly AppendItem[]): Promise<readonly AppendResult[]> {
    const document = this.#random.pick(items).document
    const results = await this.#write(items.filter((item) => item.document !== document))
    return [...results, { document, result: 'stale' }]
  }

  /** Of several documents any may be in. All of one go in together. */
  #part(items: readonly AppendItem[]): AppendItem[] {
    const isIn = new Map<DocumentId, boolean>()
    for (const { document } of items) if (!isIn.has(document)) isIn.set(document, this.#random.chance(0.5))
    return items.filter(({ document }) => isIn.get(document))
  }
}

function apply(doc: Y.Doc, { snapshot, tail }: StoredDocument): void {
  if (snapshot !== undefined) Y.applyUpdate(doc, snapshot)
  for (const { bytes } of tail) Y.applyUpdate(doc, bytes)
}
