/** How deep the shared types of an update lie in each other. */
import { type Doc, GC, createID, getItem, getState } from 'yjs'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import { SyncError } from '../protocol/errors.ts'
import { Content } from './update-content.ts'
import { ABSENT, type StructLimits, StructReader } from './update-struct-reader.ts'

/** New types that lie in a type of the document: `levels` deeper than the existing item lies. */
export type Attachment = { readonly client: number; readonly clock: number; readonly levels: number }

export type Nesting = {
  /** Deepest new type, counted from a root type or from where it hangs on to the document. */
  readonly levels: number
  /** The items outside the update that new types hang on to. */
  readonly attachments: readonly Attachment[]
}

/**
 * Measures an update that `inspectUpdate` found well-formed. A second walk: only updates that create
 * shared types need it. Throws `SyncError('malformed_message')` when structs lie in each other.
 */
export function nestingOf(update: Uint8Array, limits: StructLimits): Nesting {
  const containers = new Containers()
  const reader = new StructReader(new ByteCursor(update), limits)
  const types: number[] = []
  while (reader.nextClient()) {
    containers.startClient(reader.client)
    while (reader.nextStruct()) {
      const container = containers.add(reader)
      if (reader.content === Content.type) types.push(container)
    }
  }
  return summarize(types, containers)
}

/**
 * True when applying the update would put a type deeper than `maxDepth` below its root. Yjs deletes
 * and converts types recursively, which fails at some thousand levels, on browsers earlier.
 */
export function isTooDeep(nesting: Nesting, doc: Doc, maxDepth: number): boolean {
  if (nesting.levels > maxDepth) return true
  return nesting.attachments.some((item) => depthOf(doc, item) + item.levels > maxDepth)
}

/** Number of types around an item, without the root. */
function depthOf(doc: Doc, { client, clock }: Attachment): number {
  if (clock >= getState(doc.store, client)) return 0
  let item = getItem(doc.store, createID(client, clock))
  let depth = 0
  // A collected parent takes its new children with it.
  while (
    !(item instanceof GC) &&
    item.parent !== null &&
    '_item' in item.parent &&
    item.parent._item !== null
  ) {
    item = item.parent._item
    depth += 1
  }
  return depth
}

function summarize(types: readonly number[], containers: Containers): Nesting {
  const levelsAt = new Map<number, number>()
  let deepest = 0
  for (const container of types) {
    const { levels, outside } = containers.resolve(container)
    deepest = Math.max(deepest, levels + 1)
    if (outside !== undefined) levelsAt.set(outside, Math.max(levels + 1, levelsAt.get(outside) ?? 0))
  }
  const attachments = [...levelsAt].map(([node, levels]) => ({ ...containers.idOf(node), levels }))
  return { levels: deepest, attachments }
}

type Id = { readonly client: number; readonly clock: number }
/** `outside` is the node whose id is not in the update; undefined below a root of the document. */
type Place = { readonly levels: number; readonly outside: number | undefined }

/** Runs of structs that lie in the same container; `starts` rises. */
type Runs = { readonly starts: number[]; readonly nodes: number[]; end: number }

const ROOT = 0
const NOWHERE = -1
const IN_ROOT: Place = { levels: 0, outside: undefined }

/**
 * Which type each struct of an update lies in. A container is a node: the root, "the type that item
 * (client, clock) is", or "whatever item (client, clock) lies in".
 */
class Containers {
  readonly #runs = new Map<number, Runs>()
  readonly #ids: (Id & { readonly isParent: boolean })[] = [{ client: 0, clock: 0, isParent: false }]
  readonly #places: (Place | undefined)[] = [IN_ROOT]
  #current: Runs = { starts: [], nodes: [], end: 0 }

  startClient(client: number): void {
    this.#current = { starts: [], nodes: [], end: 0 }
    this.#runs.set(client, this.#current)
  }

  add(reader: StructReader): number {
    const node = this.#nodeFor(reader)
    const { starts, nodes } = this.#current
    if (nodes.at(-1) !== node) {
      starts.push(reader.clock)
      nodes.push(node)
    }
    this.#current.end = reader.clock + reader.length
    return node
  }

  idOf(node: number): Id {
    const { client, clock } = this.#ids[node] ?? { client: 0, clock: 0 }
    return { client, clock }
  }

  /** Follows a container outwards until a root, or an item that is not in the update. */
  resolve(node: number): Place {
    const chain: number[] = []
    let at = node
    let place = this.#places[at]
    while (place === undefined) {
      // Possible where an update contradicts what the document has, which `References` cannot see.
      if (chain.length > this.#ids.length)
        throw new SyncError('malformed_message', 'structs lie in each other')
      chain.push(at)
      const next = this.#outer(at)
      place = next === NOWHERE ? { levels: 0, outside: at } : this.#places[next]
      at = next
    }
    for (const inner of chain.toReversed()) {
      if (this.#ids[inner]?.isParent === true) place = { ...place, levels: place.levels + 1 }
      this.#places[inner] = place
    }
    return place
  }

  #nodeFor(reader: StructReader): number {
    if (reader.content === Content.skip) return NOWHERE
    if (reader.parentClient !== ABSENT) {
      return this.#node(reader.parentClient, reader.parentClock, true)
    }
    if (reader.originClient !== ABSENT) return this.#beside(reader, reader.originClient, reader.originClock)
    if (reader.rightOriginClient !== ABSENT) {
      return this.#beside(reader, reader.rightOriginClient, reader.rightOriginClock)
    }
    return ROOT
  }

  #beside(reader: StructReader, client: number, clock: number): number {
    const known = client === reader.client ? find(this.#current, clock) : NOWHERE
    return known === NOWHERE ? this.#node(client, clock, false) : known
  }

  #node(client: number, clock: number, isParent: boolean): number {
    return this.#ids.push({ client, clock, isParent }) - 1
  }

  /** The container of the item that a node names; `NOWHERE` when the item is not in the update. */
  #outer(node: number): number {
    const { client, clock } = this.idOf(node)
    const runs = this.#runs.get(client)
    return runs === undefined ? NOWHERE : find(runs, clock)
  }
}

function find(runs: Runs, clock: number): number {
  const { starts, nodes, end } = runs
  if (clock >= end || clock < (starts[0] ?? end)) return NOWHERE
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] ?? 0) <= clock) low = middle
    else high = middle - 1
  }
  return nodes[low] ?? NOWHERE
}
