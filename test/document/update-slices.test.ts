/** Slices against Yjs itself: whatever it writes must come back whole, and never wait for anything. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { sliceUpdate } from '../../src/document/update-slices.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { edit, person, type Person, type Random, REMOTE, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const DOCUMENTS = 40

function isPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** In one transaction that counts as local: Yjs does not tidy up formatting in it. */
function apply(doc: Y.Doc, update: Uint8Array): void {
  Y.transact(doc, (transaction) => {
    Y.applyUpdate(doc, update)
    transaction.local = true
  })
}

function slicesOf(update: Uint8Array, maxStructs: number, maxBytes: number): Uint8Array[] {
  return [...sliceUpdate(update, { maxStructs, maxBytes })].filter((slice) => slice !== undefined)
}

function assertSame(actual: Y.Doc, expected: Y.Doc): void {
  assert.deepEqual(Y.encodeStateVector(actual), Y.encodeStateVector(expected))
  assert.deepEqual(reencoded(actual), reencoded(expected))
  assert.deepEqual(contentOf(actual), contentOf(expected))
}

/** Loaded once more: Yjs leaves two neighbors of collected garbage apart when they came in two transactions. */
function reencoded(doc: Y.Doc): Uint8Array {
  const again = new Y.Doc()
  apply(again, Y.encodeStateAsUpdate(doc))
  return Y.encodeStateAsUpdate(again)
}

/** The roots of random documents; the others are empty then. */
function contentOf(doc: Y.Doc): unknown {
  return [
    ...['text', ''].map((name) => doc.getText(name).toJSON()),
    doc.getArray('cells').toJSON(),
    ...['meta', 'état 🛶', 'map', 'documents'].map((name) =>
      Object.keys(doc.getMap(name).toJSON()).toSorted(),
    ),
    doc.getMap('meta').toJSON(),
    doc.getXmlFragment('xml').toJSON(),
  ]
}

/** Applied to copies of `base`: the whole at once, and its slices one after the other. */
function check(update: Uint8Array, random: Random, base?: Uint8Array): number {
  const whole = new Y.Doc()
  const sliced = new Y.Doc()
  if (base !== undefined) for (const doc of [whole, sliced]) apply(doc, base)
  apply(whole, update)
  assert.ok(!isPending(whole))
  const slices = slicesOf(update, 1 + random.int(20), 1 + random.int(400))
  for (const slice of slices) {
    apply(sliced, slice)
    assert.ok(!isPending(sliced), 'a slice had to wait')
  }
  assertSame(sliced, whole)
  return slices.length
}

function exchange(people: readonly Person[], random: Random): void {
  for (const { doc } of people) {
    const { doc: other } = random.pick(people)
    if (other !== doc) Y.applyUpdate(other, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other)), REMOTE)
  }
}

test('slices of a random document, applied one after the other, make the same document', () => {
  let slices = 0
  for (let i = 0; i < DOCUMENTS; i += 1) {
    const random = seededRandom(SEED + i)
    const people = Array.from({ length: 1 + random.int(6) }, () => person(random, random.chance(0.8)))
    for (let edits = 0; edits < 150; edits += 1) {
      edit(random.pick(people), random)
      if (random.chance(0.3)) exchange(people, random)
    }
    const { doc } = random.pick(people)
    const before = Y.encodeStateAsUpdate(doc)
    slices += check(before, random)
    for (let edits = 0; edits < 30; edits += 1) edit(random.pick(people), random)
    for (const other of people)
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(doc)), REMOTE)
    // An update that hangs on to what the document has already.
    slices += check(Y.encodeStateAsUpdate(doc, Y.encodeStateVectorFromUpdate(before)), random, before)
  }
  assert.ok(slices > DOCUMENTS * 20, `only ${slices} slices`)
})

test('slices keep to their size, but for a struct that is larger alone', () => {
  const doc = new Y.Doc()
  const array = doc.getArray<unknown>('list')
  for (let i = 0; i < 500; i += 1) array.insert(0, [i])
  const update = Y.encodeStateAsUpdate(doc)
  const slices = slicesOf(update, 7, 10_000)
  assert.equal(Math.max(...slices.map((slice) => Y.decodeUpdate(slice).structs.length)), 7)
  array.insert(0, ['x'.repeat(5000)])
  const sizes = slicesOf(Y.encodeStateAsUpdate(doc), 1000, 100).map((slice) => slice.length)
  assert.deepEqual(
    sizes.filter((size) => size > 130).map((size) => Math.floor(size / 1000)),
    [5],
  )
})

test('five hundred people who each build on the one before are cut as well', () => {
  const doc = new Y.Doc()
  for (let i = 0; i < 500; i += 1) {
    // Ids against Yjs's own order of integration, so that each waits for the next.
    doc.clientID = i % 2 === 0 ? 1000 - i : 5000 + i
    doc.getText('text').insert(i % 3 === 0 ? 0 : doc.getText('text').length, `by ${i} `)
    doc.getMap('map').set('last', i)
  }
  assert.ok(check(Y.encodeStateAsUpdate(doc), seededRandom(SEED)) > 50)
})

test('deletes are cut, too, and come last', () => {
  const doc = new Y.Doc()
  const text = doc.getText('text')
  text.insert(0, 'ab'.repeat(300))
  for (let i = 300; i > 0; i -= 1) text.delete(2 * i - 1, 1)
  const slices = slicesOf(Y.encodeStateAsUpdate(doc), 50, 10_000).map((slice) => Y.decodeUpdate(slice))
  const deletesOf = (slice: (typeof slices)[number]): number =>
    slice.ds.clients.get(doc.clientID)?.length ?? 0
  const first = slices.findIndex((slice) => deletesOf(slice) > 0)
  assert.ok(slices.slice(first).every((slice) => slice.structs.length === 0 && deletesOf(slice) <= 50))
  assert.ok(slices.length - first >= 6)
})

test('structs that wait for each other in a circle end the cutting, not the process', () => {
  // Two clients, each with one struct whose origin is the other's.
  const circle = Uint8Array.of(2, 1, 9, 0, 0x84, 8, 0, 1, 120, 1, 8, 0, 0x84, 9, 0, 1, 121, 0)
  assert.equal(Y.decodeUpdate(circle).structs.length, 2)
  const slices = slicesOf(circle, 10, 1000)
  assert.equal(slices.flatMap((slice) => Y.decodeUpdate(slice).structs).length, 2)
})

test('what cannot be read is refused before the first slice', () => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'text')
  const update = Y.encodeStateAsUpdate(doc)
  const slicing = sliceUpdate(Uint8Array.of(...update, 0), { maxStructs: 1, maxBytes: 1 })
  assert.throws(() => slicing.next(), SyncError)
})
