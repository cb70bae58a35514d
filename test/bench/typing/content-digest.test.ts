import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as Y from 'yjs'
import { digestDocument } from '../../../bench/typing/content-digest.ts'
import { createDocument } from '../../../bench/typing/documents.ts'
import { edit, person, seededRandom } from '../../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)

function updatesOf(write: (doc: Y.Doc) => void, clientId = 1): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientId
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  write(doc)
  return updates
}

test('the same edits give the same digest in any order, merged, and with what was deleted left out', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = seededRandom(seed)
      const people = [person(random), person(random)]
      for (let i = 0; i < 30; i += 1) for (const someone of people) edit(someone, random)
      const sent = people.flatMap((someone) => someone.sent)
      const doc = new Y.Doc()
      for (const update of sent) Y.applyUpdate(doc, update)
      const ways = [sent, sent.toReversed(), [Y.mergeUpdates(sent)], [Y.encodeStateAsUpdate(doc)]]
      const digests = ways.map((updates) => digestDocument(updates))
      assert.ok(digests.every(({ isComplete }) => isComplete))
      assert.equal(new Set(digests.map(({ digest }) => digest)).size, 1)
    }),
    { seed: SEED, numRuns: 40 },
  )
})

test('a lost character and a lost deletion each give another digest', () => {
  const updates = updatesOf((doc) => {
    const text = doc.getText('source')
    text.insert(0, 'ab')
    text.insert(2, 'c')
    text.delete(0, 1)
  })
  const digests = [updates, updates.toSpliced(1, 1), updates.toSpliced(2, 1)].map(
    (some) => digestDocument(some).digest,
  )
  assert.equal(new Set(digests).size, 3)
})

test('a hole is told, and what the client has is counted', () => {
  const updates = updatesOf((doc) => {
    for (const letter of 'abcd') doc.getText('source').insert(0, letter)
  })
  const { isComplete, stateVector } = digestDocument(updates.toSpliced(1, 1))
  assert.equal(isComplete, false)
  assert.deepEqual(stateVector, new Map([[1, 1]]))
  assert.equal(digestDocument(updates).isComplete, true)
  const [, deletion] = updatesOf((doc) => {
    doc.getText('source').insert(0, 'a')
    doc.getText('source').delete(0, 1)
  })
  assert.equal(digestDocument([deletion ?? assert.fail()]).isComplete, false)
})

test('every kind of root is read, also those nobody asked for', () => {
  const variants: ((doc: Y.Doc, value: string) => void)[] = [
    (doc, value) => doc.getText('notes').insert(0, value),
    (doc, value) => doc.getMap('settings').set('key', value),
    (doc, value) => doc.getArray('list').push([value]),
    (doc, value) => doc.getArray<Y.Map<unknown>>('cells').push([new Y.Map([['source', new Y.Text(value)]])]),
    (doc, value) => doc.getXmlFragment('xml').push([new Y.XmlElement(value)]),
  ]
  for (const write of variants) {
    const digest = (value: string): string => digestDocument(updatesOf((doc) => write(doc, value))).digest
    assert.notEqual(digest('one'), digest('two'))
    assert.equal(digest('one'), digest('one'))
  }
})

test("the server's own root is left out but for its place in the state vector", () => {
  const digest = (value: string): string =>
    digestDocument(updatesOf((doc) => doc.getMap('state').set('hash', value))).digest
  assert.equal(digest('abc'), digest('def'))
})

test('a map says the same in whatever order its keys arrived', () => {
  const one = updatesOf((doc) => doc.getMap('meta').set('a', 1), 1)
  const two = updatesOf((doc) => doc.getMap('meta').set('b', { z: 1, y: 2 }), 2)
  assert.equal(digestDocument([...one, ...two]).digest, digestDocument([...two, ...one]).digest)
})

test('a notebook with a long history has the digest of its merged state', () => {
  const { states } = createDocument({ shape: 'notebook', bytes: 30_000, cells: 8, storedAs: 2000 }, 1, 0)
  assert.equal(digestDocument(states).digest, digestDocument([Y.mergeUpdates([...states])]).digest)
})
