import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { addsNothing } from '../../src/document/update-novelty.ts'

function isKnown(update: Uint8Array, doc: Y.Doc): boolean {
  return addsNothing(update, inspectUpdate(update), doc)
}

function docs(): { server: Y.Doc; client: Y.Doc } {
  const server = new Y.Doc()
  server.getText('t').insert(0, 'hello world')
  server.getText('t').delete(0, 3)
  server.getText('t').delete(4, 2)
  const client = new Y.Doc()
  Y.applyUpdate(client, Y.encodeStateAsUpdate(server))
  return { server, client }
}

test('a client in step answers with all deletes of the document, which adds nothing', () => {
  const { server, client } = docs()
  const step2 = Y.encodeStateAsUpdate(client, Y.encodeStateVector(server))
  assert.equal(inspectUpdate(step2).isEmpty, false)
  assert.equal(isKnown(step2, server), true)
  assert.equal(isKnown(Y.encodeStateAsUpdate(client), server), true)
})

test('a character more, or one less, is something', () => {
  for (const change of [
    (text: Y.Text): void => text.insert(1, 'x'),
    (text: Y.Text): void => text.delete(1, 1),
    (text: Y.Text): void => text.delete(text.length - 1, 1),
  ]) {
    const { server, client } = docs()
    change(client.getText('t'))
    const step2 = Y.encodeStateAsUpdate(client, Y.encodeStateVector(server))
    assert.equal(isKnown(step2, server), false)
    Y.applyUpdate(server, step2)
    assert.equal(isKnown(step2, server), true)
  }
})

test('deletes of what the document does not have are something', () => {
  const { server } = docs()
  assert.equal(isKnown(Y.encodeStateAsUpdate(docs().server), server), false)
  const elsewhere = docs().client
  elsewhere.getText('t').delete(0, 1)
  assert.equal(isKnown(Y.encodeStateAsUpdate(elsewhere, Y.encodeStateVector(elsewhere)), server), false)
})
