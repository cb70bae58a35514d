/**
 * Several people editing one document at random, with everything Yjs can hold, over a network that
 * delays, merges and loses. Seeded: equal seeds give equal updates.
 */
import * as Y from 'yjs'

export type Random = {
  /** An integer from 0 to `below` - 1. */
  int(below: number): number
  pick<T>(items: readonly T[]): T
  chance(probability: number): boolean
}

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    int: (below) => Math.floor(next() * below),
    pick: (items) => items[Math.floor(next() * items.length)]!,
    chance: (probability) => next() < probability,
  }
}

export type Person = { readonly doc: Y.Doc; readonly undo: Y.UndoManager; readonly sent: Uint8Array[] }

export function person(random: Random, isCollecting = true): Person {
  const doc = new Y.Doc({ gc: isCollecting })
  doc.clientID = random.int(2 ** 32)
  const undo = new Y.UndoManager([doc.getText('text'), doc.getArray('cells'), doc.getMap('meta')], {
    captureTimeout: 0,
  })
  const sent: Uint8Array[] = []
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== REMOTE) sent.push(update)
  })
  return { doc, undo, sent }
}

export const REMOTE = Symbol('remote')

/** One random edit, or a handful in one transaction. */
export function edit(someone: Person, random: Random): void {
  const edits = random.chance(0.2) ? 1 + random.int(6) : 1
  someone.doc.transact(() => {
    for (let i = 0; i < edits; i += 1) random.pick(EDITS)(someone, random)
  })
  if (random.chance(0.05)) someone.undo.undo()
  if (random.chance(0.03)) someone.undo.redo()
}

type Edit = (someone: Person, random: Random) => void

const EDITS: readonly Edit[] = [
  ({ doc }, random) => editText(doc.getText('text'), random, true),
  ({ doc }, random) => editText(doc.getText('text'), random, true),
  ({ doc }, random) => editText(doc.getText(''), random, true),
  ({ doc }, random) => editArray(doc.getArray('cells'), random, 0),
  ({ doc }, random) => moveItem(doc.getArray('cells'), random),
  ({ doc }, random) => editMap(doc.getMap('meta'), random, 0),
  ({ doc }, random) => editMap(doc.getMap('état 🛶'), random, 0),
  ({ doc }, random) => addSubdocument(doc.getMap('documents'), random),
  ({ doc }, random) => editXml(doc.getXmlFragment('xml'), random, 0),
]

const TEXTS = [
  'a',
  'x',
  ' ',
  '\n',
  'word',
  'naïve',
  '🛶',
  'z\u{10ffff}',
  '\ud83d',
  'tab\t"quoted"\\',
  '漢字かな',
]

/** Yjs cannot clone a text that holds a shared type, so only texts that are never moved get one. */
function editText(text: Y.Text, random: Random, mayHoldTypes: boolean): void {
  const at = random.int(text.length + 1)
  const length = Math.min(text.length - at, 1 + random.int(6))
  switch (random.int(8)) {
    case 0:
      text.insertEmbed(
        at,
        mayHoldTypes && random.chance(0.5) ? new Y.Map() : { image: 'a.png', size: [1, { w: null }] },
      )
      return
    case 1:
      text.insert(at, random.pick(TEXTS), { bold: true, link: random.chance(0.5) ? { href: '#' } : null })
      return
    case 2:
    case 3:
      if (length > 0) text.delete(at, length)
      return
    case 4:
      if (length > 0) text.format(at, length, { bold: random.chance(0.5) ? true : null, em: {} })
      return
    default:
      text.insert(at, random.pick(TEXTS))
  }
}

function editArray(array: Y.Array<unknown>, random: Random, depth: number): void {
  const at = random.int(array.length + 1)
  const child: unknown = array.length > 0 ? array.get(random.int(array.length)) : undefined
  if (random.chance(0.4) && child !== undefined) editChild(child, random, depth + 1)
  else if (random.chance(0.3) && at < array.length)
    array.delete(at, Math.min(array.length - at, 1 + random.int(3)))
  else if (random.chance(0.2)) array.unshift([listValue(random)])
  else array.insert(at, random.chance(0.4) ? [someType(random)] : [listValue(random), listValue(random)])
}

function editMap(map: Y.Map<unknown>, random: Random, depth: number): void {
  const key = random.pick(['source', 'outputs', 'metadata', 'id', '', 'ключ'])
  const child: unknown = map.get(key)
  if (random.chance(0.3) && child !== undefined) editChild(child, random, depth + 1)
  else if (random.chance(0.15)) map.delete(key)
  else if (random.chance(0.03)) map.clear()
  else map.set(key, random.chance(0.4) ? someType(random) : someValue(random))
}

/** Kept out of the undo stack: Yjs cannot restore a subdocument. */
function addSubdocument(map: Y.Map<unknown>, random: Random): void {
  const options = { guid: `sub-${random.int(1000)}`, meta: { a: [1] }, autoLoad: random.chance(0.5) }
  if (random.chance(0.3)) map.set(random.pick(['a', 'b']), new Y.Doc(options))
}

function editXml(xml: Y.XmlFragment, random: Random, depth: number): void {
  const at = random.int(xml.length + 1)
  const child: unknown = xml.length > 0 ? xml.get(random.int(xml.length)) : undefined
  if (xml instanceof Y.XmlElement && random.chance(0.3)) {
    if (random.chance(0.8)) xml.setAttribute(random.pick(['class', 'id']), random.pick(TEXTS))
    else xml.removeAttribute('class')
  } else if (random.chance(0.5) && child !== undefined) editChild(child, random, depth + 1)
  else if (random.chance(0.25) && at < xml.length) xml.delete(at, 1)
  else xml.insert(at, [random.chance(0.5) ? new Y.XmlElement('p') : new Y.XmlText('text')])
}

function editChild(child: unknown, random: Random, depth: number): void {
  if (depth > 6) return
  if (child instanceof Y.Text) editText(child, random, false)
  else if (child instanceof Y.XmlFragment) editXml(child, random, depth)
  else if (child instanceof Y.Array) editArray(child as Y.Array<unknown>, random, depth)
  else if (child instanceof Y.Map) editMap(child as Y.Map<unknown>, random, depth)
}

/** As JupyterLab moves cells: a copy at the new place, the old one deleted. */
function moveItem(array: Y.Array<unknown>, random: Random): void {
  if (array.length === 0) return
  const from = random.int(array.length)
  const item: unknown = array.get(from)
  const copy = item instanceof Y.AbstractType ? item.clone() : item
  array.delete(from)
  array.insert(random.int(array.length + 1), [copy])
}

function someType(random: Random): unknown {
  const cell = (): Y.Map<unknown> =>
    new Y.Map<unknown>([
      ['cell_type', 'code'],
      ['source', new Y.Text('print(1)')],
      ['outputs', new Y.Array()],
      ['metadata', new Y.Map([['nested', new Y.Map()]])],
    ])
  switch (random.int(7)) {
    case 0:
      return new Y.Text(random.pick(TEXTS))
    case 1:
      return Y.Array.from([1, 'two', { three: [3] }])
    case 2:
      return new Y.XmlElement('h1')
    case 3:
      return new Y.XmlText('heading')
    default:
      return cell()
  }
}

/** Y.Array takes no undefined and no BigInt. */
function listValue(random: Random): unknown {
  const value = someValue(random)
  return value === undefined || typeof value === 'bigint' ? null : value
}

function someValue(random: Random): unknown {
  return random.pick<unknown>([
    null,
    undefined,
    true,
    0,
    -0,
    -1,
    63,
    64,
    -8192,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 53) + 1,
    0.5,
    Math.PI,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    9_007_199_254_740_993n,
    '',
    'text 🛶 "quoted" \ud83d',
    [],
    [1, [2, [3, [null]]]],
    { a: { b: { c: [] } }, ключ: false },
    { 'application/json': { toString: 1, constructor: 2 } },
    new Uint8Array([0, 1, 255]),
    new Uint8Array(0),
  ])
}
