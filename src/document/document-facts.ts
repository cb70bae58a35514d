/** What two copies of a document are compared by, without reading their content. */
import { createHash } from 'node:crypto'
import { ContentType, type Doc, type Item, encodeStateAsUpdate, encodeStateVector } from 'yjs'

export type DocumentFacts = {
  /** Which structs there are. */
  readonly stateVector: Uint8Array
  /** Which of them are deleted. */
  readonly deletes: Uint8Array
  /** Where they are: see `orderDigest`. */
  readonly order: string
}

/** What is walked of a shared type, whichever it is. */
type Nodes = { readonly _start: Item | null; readonly _map: ReadonlyMap<string, Item> }

/** How many structs make up the document: what a walk over all of them costs. A merged run counts as one. */
export function structCount(doc: Doc): number {
  let count = 0
  for (const structs of doc.store.clients.values()) count += structs.length
  return count
}

/** Equal sets of deletes give equal bytes. About 5 ns for each struct (`bench/micro/compaction.ts`). */
export function encodeDeletes(doc: Doc): Uint8Array {
  return encodeStateAsUpdate(doc, encodeStateVector(doc))
}

/**
 * A digest of what a reader sees: the ids in each list, in order, and the id behind each key of each
 * map, from the roots down. It does not depend on how Yjs cuts runs of ids into structs, nor on what is
 * deleted. Two copies that got the same updates differ here if somebody wrote an update that Yjs
 * integrates differently in another order.
 */
export function orderDigest(doc: Doc): string {
  const digest = new IdDigest()
  const roots = [...doc.share].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const stack: Nodes[] = []
  for (const [name, type] of roots) {
    // Asked for by name on one side only, a root is still as good as not there while it is empty.
    if (isEmpty(type)) continue
    digest.text(name)
    stack.push(type)
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) addType(digest, next, stack)
  }
  return digest.end()
}

export function factsOf(doc: Doc): DocumentFacts {
  return { stateVector: encodeStateVector(doc), deletes: encodeDeletes(doc), order: orderDigest(doc) }
}

function isEmpty(type: Nodes): boolean {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) return false
  for (const item of type._map.values()) if (!item.deleted) return false
  return true
}

/** Types that lie in it are left on the stack. */
function addType(digest: IdDigest, type: Nodes, stack: Nodes[]): void {
  for (let item = type._start; item !== null; item = item.right) addItem(digest, item, stack)
  if (type._map.size > 0) {
    for (const key of [...type._map.keys()].toSorted()) {
      const item = type._map.get(key)
      if (item === undefined || item.deleted) continue
      digest.text(key)
      addItem(digest, item, stack)
    }
  }
  digest.boundary()
}

function addItem(digest: IdDigest, item: Item, stack: Nodes[]): void {
  if (item.deleted) return
  digest.run(item.id.client, item.id.clock, item.length)
  if (item.content instanceof ContentType) stack.push(item.content.type)
}

const NUMBERS_PER_CHUNK = 3 * 1024
const BOUNDARY = -1
const TEXT = -2

/** Hashes runs of ids; a run that goes on where the last one ended is the same run. */
class IdDigest {
  readonly #hash = createHash('sha256')
  readonly #chunk = new Float64Array(NUMBERS_PER_CHUNK)
  #used = 0
  #client = BOUNDARY
  #start = 0
  #end = 0

  run(client: number, clock: number, length: number): void {
    if (client !== this.#client || clock !== this.#end) {
      this.#flushRun()
      this.#client = client
      this.#start = clock
    }
    this.#end = clock + length
  }

  text(text: string): void {
    this.#flushRun()
    this.#write(TEXT, text.length, 0)
    // Handing each key to the hash by itself would cost more than all the rest.
    for (let i = 0; i < text.length; i += 3) {
      this.#write(text.charCodeAt(i), text.charCodeAt(i + 1) || 0, text.charCodeAt(i + 2) || 0)
    }
  }

  boundary(): void {
    this.#flushRun()
    this.#write(BOUNDARY, 0, 0)
  }

  end(): string {
    this.boundary()
    this.#flushChunk()
    return this.#hash.digest('base64')
  }

  #flushRun(): void {
    if (this.#client !== BOUNDARY) this.#write(this.#client, this.#start, this.#end)
    this.#client = BOUNDARY
  }

  #write(a: number, b: number, c: number): void {
    if (this.#used === NUMBERS_PER_CHUNK) this.#flushChunk()
    this.#chunk[this.#used] = a
    this.#chunk[this.#used + 1] = b
    this.#chunk[this.#used + 2] = c
    this.#used += 3
  }

  #flushChunk(): void {
    this.#hash.update(new Uint8Array(this.#chunk.buffer, 0, this.#used * Float64Array.BYTES_PER_ELEMENT))
    this.#used = 0
  }
}
