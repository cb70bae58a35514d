/**
 * What makes two documents the same: state vector, deletions, the order of every list and its content.
 * Not their encoded states: these say between which neighbors an item was written and not where it
 * came to lie, and depend on how items happen to be split.
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

export type Fingerprint = {
  readonly stateVector: string
  readonly deletions: string
  readonly order: string
  /** One line for each list and each key of a map, in the same order for equal documents. */
  readonly content: readonly string[]
}

export function fingerprint(doc: Y.Doc): Fingerprint {
  const { order, content } = readLists(doc)
  return {
    stateVector: JSON.stringify([...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(byClient)),
    deletions: deletionsOf(doc),
    order,
    content,
  }
}

/** What differs; undefined when nothing does. */
export function difference(left: Fingerprint, right: Fingerprint): string | undefined {
  for (const part of ['stateVector', 'deletions', 'order'] as const)
    if (left[part] !== right[part]) return `${part}: ${excerpt(left[part], right[part])}`
  for (const [i, line] of left.content.entries()) {
    const other = right.content[i] ?? ''
    if (line !== other && !isGarbled(line) && !isGarbled(other)) return `content: ${excerpt(line, other)}`
  }
  return undefined
}

/**
 * Where Yjs has to split a string behind the first half of a surrogate pair it replaces the characters
 * on both sides, whatever they are; who never had to split it keeps them.
 */
function isGarbled(text: string): boolean {
  return /[\ud800-\udfff\ufffd]/.test(text)
}

/** True when the document holds every struct and every deletion of the update. */
export function holds(doc: Y.Doc, update: Uint8Array): boolean {
  const { structs, ds } = Y.decodeUpdate(update)
  for (const struct of structs) {
    if (
      !(struct instanceof Y.Skip) &&
      struct.id.clock + struct.length > Y.getState(doc.store, struct.id.client)
    )
      return false
  }
  for (const [client, ranges] of ds.clients)
    for (const { clock, len } of ranges) if (!isDeleted(doc, client, clock, clock + len)) return false
  return true
}

function isDeleted(doc: Y.Doc, client: number, start: number, end: number): boolean {
  const structs = doc.store.clients.get(client) ?? []
  if (Y.getState(doc.store, client) < end) return false
  for (let i = Y.findIndexSS(structs, start); i < structs.length; i += 1) {
    const struct = structs[i]
    if (struct === undefined || struct.id.clock >= end) return true
    if (!struct.deleted) return false
  }
  return true
}

type Range = { readonly client: number; readonly start: number; end: number }

function byClient([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number {
  return a - b
}

function deletionsOf(doc: Y.Doc): string {
  const ranges: Range[] = []
  for (const [client, structs] of [...doc.store.clients].toSorted(byClient))
    for (const { id, length, deleted } of structs) if (deleted) append(ranges, client, id.clock, length)
  return write(ranges)
}

/** Ids of one list, runs merged: where Yjs splits an item is its own affair. */
function append(ranges: Range[], client: number, clock: number, length: number): void {
  const last = ranges.at(-1)
  if (last !== undefined && last.client === client && last.end === clock) last.end += length
  else ranges.push({ client, start: clock, end: clock + length })
}

function write(ranges: readonly Range[]): string {
  return ranges.map(({ client, start, end }) => `${client}:${start}-${end}`).join(' ')
}

type Lists = { readonly order: string[]; readonly content: string[] }

function readLists(doc: Y.Doc): Pick<Fingerprint, 'order' | 'content'> {
  const lists: Lists = { order: [], content: [] }
  for (const [name, type] of [...doc.share].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    // A root that was only asked for is not written anywhere.
    if (type._start === null && type._map.size === 0) continue
    walk(type, JSON.stringify(name), lists)
  }
  return { order: lists.order.join('\n'), content: lists.content }
}

type Children = Pick<Y.AbstractType<unknown>, '_start' | '_map'>

function walk(type: Children, name: string, lists: Lists): void {
  const ranges: Range[] = []
  const children: Y.Item[] = []
  for (let item = type._start; item !== null; item = item.right) {
    append(ranges, item.id.client, item.id.clock, item.length)
    children.push(item)
  }
  lists.order.push(`${name} [${write(ranges)}]`)
  lists.content.push(`${name} [${children.map(contentOf).join('')}]`)
  for (const [key, item] of [...type._map].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    // Deleted ones merge with each other, and are counted with the deletions.
    if (item.deleted) continue
    lists.order.push(`${name}.${key} = ${item.id.client}:${item.id.clock}`)
    lists.content.push(`${name}.${key} = ${contentOf(item)}`)
    children.push(item)
  }
  for (const { deleted, content, id } of children)
    if (!deleted && content instanceof Y.ContentType) walk(content.type, `${id.client}:${id.clock}`, lists)
}

function contentOf({ deleted, content }: Y.Item): string {
  if (deleted) return ''
  if (content instanceof Y.ContentString) return content.str
  if (content instanceof Y.ContentFormat) return valueOf([content.key, content.value])
  if (content instanceof Y.ContentEmbed) return valueOf([content.embed])
  if (content instanceof Y.ContentType) return content.type.constructor.name
  if (content instanceof Y.ContentDoc) return content.doc.guid
  return valueOf(content.getContent())
}

function valueOf(values: readonly unknown[]): string {
  const encoder = encoding.createEncoder()
  for (const value of values) encoding.writeAny(encoder, value as encoding.AnyEncodable)
  return Buffer.from(encoding.toUint8Array(encoder)).toString('latin1')
}

function excerpt(left: string, right: string): string {
  let at = 0
  while (left[at] === right[at]) at += 1
  const cut = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 40), at + 80))
  return `${cut(left)} and ${cut(right)} (${left.length} and ${right.length} characters)`
}
