/** One short text for all that a client holds, to be compared with that of others. */
import { createHash } from 'node:crypto'
import * as Y from 'yjs'

export type ContentDigest = {
  /** SHA-256, as hexadecimal digits; of what could be applied, where it is not complete. */
  readonly digest: string
  /** False when updates lack others before them. */
  readonly isComplete: boolean
  /** Client -> its next clock. */
  readonly stateVector: Map<number, number>
}

/** Belongs to the server: Jupyter's ones write their own state of the file there. */
const SERVER_ROOT = 'state'

/**
 * Equal for the same edits, in whatever order and however merged they came. Covers the state vector
 * and the content of all roots but `state`, so a lost deletion shows as well as a lost character.
 */
export function digestDocument(updates: Iterable<Uint8Array>): ContentDigest {
  const doc = new Y.Doc()
  try {
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update)
    })
    const stateVector = Y.decodeStateVector(Y.encodeStateVector(doc))
    const hash = createHash('sha256')
    hash.update(JSON.stringify([...stateVector].sort(([a], [b]) => a - b)))
    for (const name of [...doc.share.keys()].sort()) {
      const content = name === SERVER_ROOT ? undefined : contentOf(doc, name)
      if (content !== undefined) hash.update(canonicalJson([name, content]))
    }
    const isComplete = doc.store.pendingStructs === null && doc.store.pendingDs === null
    return { digest: hash.digest('hex'), isComplete, stateVector }
  } finally {
    doc.destroy()
  }
}

/**
 * Undefined for an empty root: whether it exists at all depends on whether what was deleted from it
 * came with its structs or only as a gap. A root that nobody asked for yet has no type: what it holds
 * tells which it is.
 */
function contentOf(doc: Y.Doc, name: string): unknown {
  const living = livingContent(doc.share.get(name)?._start ?? null)
  if (living === 'characters') {
    const delta: unknown = doc.getText(name).toDelta()
    return delta
  }
  if (living === 'items') return doc.getArray(name).toJSON()
  const map = doc.getMap(name).toJSON()
  return Object.keys(map).length > 0 ? map : undefined
}

function livingContent(first: Y.Item | null): 'characters' | 'items' | 'nothing' {
  let found: 'items' | 'nothing' = 'nothing'
  for (let item = first; item !== null; item = item.right) {
    if (item.deleted) continue
    if (item.content instanceof Y.ContentString || item.content instanceof Y.ContentFormat)
      return 'characters'
    found = 'items'
  }
  return found
}

/** The keys of a Y.Map come in the order of their arrival, which differs between clients. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    if (part instanceof Uint8Array) return Buffer.from(part).toString('base64')
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
