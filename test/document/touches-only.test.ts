import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { touchesOnly } from '../../src/document/touches-only.ts'

function updateOf(doc: Y.Doc, change: (doc: Y.Doc) => void): Uint8Array {
  const reader = new Y.Doc()
  Y.applyUpdate(reader, Y.encodeStateAsUpdate(doc))
  let update = new Uint8Array()
  reader.on('update', (bytes: Uint8Array) => (update = new Uint8Array(bytes)))
  reader.transact(() => change(reader))
  return update
}

function document(): Y.Doc {
  const doc = new Y.Doc()
  doc.getMap('state').set('document_id', 'old')
  doc.getText('source').insert(0, 'hello')
  const cell = new Y.Map()
  cell.set('source', new Y.Text('x = 1'))
  doc.getArray('cells').push([cell])
  return doc
}

const STATE_ONLY: Record<string, (doc: Y.Doc) => void> = {
  'a new key': (doc) => doc.getMap('state').set('dirty', true),
  'an overwritten key': (doc) => doc.getMap('state').set('document_id', 'new'),
  'a deleted key': (doc) => doc.getMap('state').delete('document_id'),
  'several writes of one key': (doc) => [1, 2, 3].forEach((n) => doc.getMap('state').set('n', n)),
}
const MORE: Record<string, (doc: Y.Doc) => void> = {
  text: (doc) => doc.getText('source').insert(5, '!'),
  'deleted text': (doc) => doc.getText('source').delete(0, 2),
  'text in a cell': (doc) =>
    ((doc.getArray('cells').get(0) as Y.Map<unknown>).get('source') as Y.Text).insert(0, '#'),
  'a new cell': (doc) => doc.getArray('cells').push([new Y.Map()]),
  'both state and text': (doc) => {
    doc.getMap('state').set('dirty', true)
    doc.getText('source').insert(0, 'x')
  },
  'another root': (doc) => doc.getMap('meta').set('a', 1),
}

for (const [what, change] of Object.entries(STATE_ONLY)) {
  test(`[ROOM-21] ${what} in state touches only state`, () => {
    const doc = document()
    assert.equal(touchesOnly(doc, updateOf(doc, change), 'state'), true)
  })
}
for (const [what, change] of Object.entries(MORE)) {
  test(`[ROOM-21] ${what} touches more than state`, () => {
    const doc = document()
    assert.equal(touchesOnly(doc, updateOf(doc, change), 'state'), false)
  })
}
