/**
 * Decides, before anything is written, which items of an append go in. The same rules for every
 * store.
 */
import { parseLineage } from '../protocol/names.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { AppendItem, AppendResult, KeptKind, Seq, Token } from '../room/ports.ts'

export type KeptItem = AppendItem & { readonly kind: KeptKind }

export type DocumentAppend = {
  readonly document: DocumentId
  readonly items: readonly AppendItem[]
  /** Head once this is written. */
  readonly head: Seq
  /** Set when the document begins with this append. */
  readonly lineage: Lineage | undefined
  /** The newest of each kept kind among the items. */
  readonly kept: readonly KeptItem[]
}

export type AppendPlan = {
  readonly accepted: readonly DocumentAppend[]
  /** One per document, in the order of first mention. */
  readonly results: readonly AppendResult[]
}

/**
 * All items of a document go in, or none: each must carry this owner's token and the next sequence
 * number, and the first record of a document, and no other, is `created`. A document that breaks a
 * rule is `stale`, whoever is to blame: its owner drops it and loads the truth, and the other
 * documents of the batch do not suffer.
 */
export function planAppend(
  items: readonly AppendItem[],
  token: Token,
  headOf: (document: DocumentId) => Seq,
): AppendPlan {
  const accepted: DocumentAppend[] = []
  const results: AppendResult[] = []
  for (const [document, own] of groupByDocument(items)) {
    const plan = planDocument(document, own, { token, head: headOf(document) })
    if (plan !== undefined) accepted.push(plan)
    results.push({ document, result: plan === undefined ? 'stale' : 'durable' })
  }
  return { accepted, results }
}

export function groupByDocument(items: readonly AppendItem[]): Map<DocumentId, AppendItem[]> {
  const groups = new Map<DocumentId, AppendItem[]>()
  for (const item of items) {
    const group = groups.get(item.document)
    if (group === undefined) groups.set(item.document, [item])
    else group.push(item)
  }
  return groups
}

function planDocument(
  document: DocumentId,
  items: readonly AppendItem[],
  now: { readonly token: Token; readonly head: Seq },
): DocumentAppend | undefined {
  let head = now.head
  let lineage: Lineage | undefined
  for (const item of items) {
    head += 1
    if (item.token !== now.token || item.seq !== head) return undefined
    if ((item.kind === 'created') !== (head === 1)) return undefined
    if (item.kind === 'created') {
      lineage = parseLineage(Buffer.from(item.bytes).toString('latin1'))
      if (lineage === undefined) return undefined
    }
  }
  const kept = [...new Map(items.filter(isKept).map((item) => [item.kind, item])).values()]
  return { document, items, head, lineage, kept }
}

function isKept(item: AppendItem): item is KeptItem {
  return item.kind === 'binding' || item.kind === 'owners'
}
