import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { captureUpdate } from '../../src/room/capture-update.ts'

test('an update holds what an observer changed on the occasion', () => {
  const doc = new Y.Doc()
  doc.getText('text').observe(() => doc.getArray('log').push(['seen']))
  const update = captureUpdate(doc, () => doc.transact(() => doc.getText('text').insert(0, 'x')))
  const copy = new Y.Doc()
  Y.applyUpdate(copy, update ?? assert.fail('nothing captured'))
  assert.deepEqual([copy.getText('text').toJSON(), copy.getArray('log').toJSON()], ['x', ['seen']])
})

test('no change, no update', () => {
  const doc = new Y.Doc()
  assert.equal(
    captureUpdate(doc, () => doc.transact(() => {})),
    undefined,
  )
})
