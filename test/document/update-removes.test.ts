import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as Y from 'yjs'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { removedBytes } from '../../src/document/update-removes.ts'

/** What one edit of `doc`, made elsewhere, takes away from it. */
function removedBy(doc: Y.Doc, edit: (copy: Y.Doc) => void): number {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  const updates: Uint8Array[] = []
  copy.on('update', (update: Uint8Array) => updates.push(update))
  copy.transact(() => edit(copy))
  const [update] = updates
  return update === undefined ? 0 : removedBytes(update, inspectUpdate(update), doc)
}

test('a deleted text counts what it held, a part of it its share', () => {
  const doc = new Y.Doc()
  doc.getText('source').insert(0, 'x'.repeat(1000))
  const all = removedBy(doc, (copy) => copy.getText('source').delete(0, 1000))
  assert.ok(all >= 1000 && all <= 1003)
  const part = removedBy(doc, (copy) => copy.getText('source').delete(100, 250))
  assert.ok(Math.abs(part - all / 4) < 1e-6)
})

test('what is deleted already, or not known, counts nothing', () => {
  const doc = new Y.Doc()
  const text = doc.getText('source')
  text.insert(0, 'x'.repeat(1000))
  const state = Y.encodeStateAsUpdate(doc)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, state)
  const updates: Uint8Array[] = []
  copy.on('update', (update: Uint8Array) => updates.push(update))
  copy.getText('source').delete(200, 600)
  const [update] = updates
  assert.ok(update !== undefined)
  text.delete(0, 500)
  const left = removedBytes(update, inspectUpdate(update), doc)
  assert.ok(left >= 300 && left <= 302, String(left))
  assert.equal(removedBytes(update, inspectUpdate(update), new Y.Doc()), 0)
})

test('a deleted type counts what lies in it', () => {
  const doc = new Y.Doc()
  doc.getArray('cells').push([new Y.Map([['source', 'y'.repeat(5000)]])])
  const removed = removedBy(doc, (copy) => copy.getArray('cells').delete(0, 1))
  assert.ok(removed >= 5000 && removed <= 5020, String(removed))
})

test('deleting makes a document smaller by about what is counted', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 60 }), fc.string({ maxLength: 200 })), {
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(edits, fc.nat(), fc.nat(), (writes, from, length) => {
      const doc = new Y.Doc()
      const text = doc.getText('source')
      for (const [at, client, value] of writes) {
        doc.clientID = client
        text.insert(at % (text.length + 1), value)
      }
      const start = from % (text.length + 1)
      const count = length % (text.length - start + 1)
      const before = Y.encodeStateAsUpdate(doc).length
      const removed = removedBy(doc, (copy) => copy.getText('source').delete(start, count))
      text.delete(start, count)
      const shrunk = before - Y.encodeStateAsUpdate(doc).length
      // Ids of runs stay, and a run that is cut in two needs another one.
      assert.ok(removed >= shrunk - 2 * writes.length, `${removed} for ${shrunk}`)
      assert.ok(removed <= shrunk + 24 * (writes.length + 2), `${removed} for ${shrunk}`)
    }),
    { seed: Number(process.env['FC_SEED'] ?? 60), numRuns: 300 },
  )
})
