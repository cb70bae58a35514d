/** A snapshot of what a server logged, beside the server's own document. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { buildSnapshot } from '../../src/document/build-snapshot.ts'
import { factsOf, orderDigest } from '../../src/document/document-facts.ts'
import { Replay } from '../../src/document/replay.ts'
import { edit, person, REMOTE, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const DOCUMENTS = 25

/** People edit, and a server takes their edits in batches and logs each as one update. */
function serverLog(seed: number): { readonly doc: Y.Doc; readonly log: Uint8Array[]; readonly cut: number } {
  const random = seededRandom(seed)
  const people = Array.from({ length: 1 + random.int(4) }, () => person(random, random.chance(0.8)))
  const doc = new Y.Doc()
  const log: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => log.push(update))
  for (let turn = 0; turn < 60; turn += 1) {
    for (let i = random.int(4); i >= 0; i -= 1) edit(random.pick(people), random)
    doc.transact(() => {
      for (const { sent } of people) for (const update of sent.splice(0)) Y.applyUpdate(doc, update)
    })
    for (const { doc: other } of people)
      if (random.chance(0.4))
        Y.applyUpdate(other, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other)), REMOTE)
  }
  return { doc, log, cut: random.int(log.length) }
}

test('a snapshot of the log, or of an older snapshot and the rest, says what the live document says', () => {
  for (let i = 0; i < DOCUMENTS; i += 1) {
    const { doc, log, cut } = serverLog(SEED + i)
    const whole = buildSnapshot(log)
    assert.ok(whole.kind === 'built')
    assert.deepEqual(whole.facts, factsOf(doc), `seed ${SEED + i}`)
    const older = buildSnapshot(log.slice(0, cut))
    assert.ok(older.kind === 'built')
    const newer = buildSnapshot([older.bytes, ...log.slice(cut)])
    assert.ok(newer.kind === 'built')
    assert.deepEqual(newer.facts, whole.facts, `seed ${SEED + i}, cut ${cut}`)
    assert.deepEqual(newer.bytes.length, whole.bytes.length)
  }
})

test('a log with a hole is not made into a snapshot', () => {
  const { log } = serverLog(SEED)
  assert.equal(buildSnapshot(log.slice(1)).kind, 'broken')
  assert.equal(buildSnapshot([Uint8Array.of(1, 2, 3)]).kind, 'broken')
})

test('the order of a list, the value of a key and the place of a type are in the digest', () => {
  const base = new Y.Doc()
  base.clientID = 1
  base.getArray('list').push(['a', 'b', new Y.Map(), new Y.Map()])
  const digests = new Set<string>()
  const digestWith = (change: (doc: Y.Doc) => void): void => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(base))
    // The same ids in each copy.
    doc.clientID = 2
    doc.transact(() => change(doc))
    digests.add(orderDigest(doc))
  }
  const maps = (doc: Y.Doc): Y.Map<unknown>[] => doc.getArray<Y.Map<unknown>>('list').toArray().slice(2)
  digestWith(() => {})
  digestWith((doc) => doc.getArray('list').insert(0, ['x']))
  digestWith((doc) => doc.getArray('list').insert(1, ['x']))
  digestWith((doc) => doc.getArray('other').insert(0, ['x']))
  digestWith((doc) => maps(doc)[0]?.set('key', 'x'))
  digestWith((doc) => maps(doc)[1]?.set('key', 'x'))
  digestWith((doc) => maps(doc)[0]?.set('yek', 'x'))
  digestWith((doc) => doc.getArray('list').delete(0))
  assert.equal(digests.size, 8)
})

test('an empty root, the cutting into structs and what was deleted are not', () => {
  const typed = new Y.Doc()
  typed.clientID = 1
  const text = typed.getText('source')
  for (const key of 'abcdef') text.insert(text.length, key)
  const pasted = new Y.Doc()
  pasted.clientID = 1
  pasted.getText('source').insert(0, 'ab')
  pasted.getText('source').insert(2, 'cdef')
  pasted.getMap('nothing')
  assert.equal(orderDigest(typed), orderDigest(pasted))
  for (const doc of [typed, pasted]) doc.getText('source').delete(2, 2)
  assert.equal(orderDigest(typed), orderDigest(pasted))
})

test('[ROOM-55] loading takes nothing away that the log does not', () => {
  const doc = new Y.Doc()
  const log: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => log.push(update))
  const text = new Y.XmlText()
  doc.getXmlFragment('xml').insert(0, [text])
  text.insert(0, 'hello')
  const [first, second] = [doc, doc].map((base) => {
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(base))
    const before = Y.encodeStateVector(copy)
    ;(copy.getXmlFragment('xml').get(0) as Y.XmlText).format(0, 5, { bold: true })
    return Y.encodeStateAsUpdate(copy, before)
  })
  // Two people made the same words bold: the marks of one of them are superfluous, and Yjs would delete them.
  const replay = new Replay([...log, first!, second!])
  while (!replay.run(() => false)) assert.ok(!replay.hasHole)
  assert.equal(factsOf(replay.doc).deletes.length, 2)
})

test('[ROOM-55] a document that is loaded never goes on with a client id of its history', () => {
  const log: Uint8Array[] = []
  const replay = new Replay(log)
  const earlier = new Y.Doc()
  earlier.clientID = replay.doc.clientID
  earlier.getText('source').insert(0, 'by an earlier run')
  log.push(Y.encodeStateAsUpdate(earlier))
  replay.run(() => true)
  assert.equal(replay.doc.getText('source').length, 17)
  assert.notEqual(replay.doc.clientID, earlier.clientID)
})
