import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { captureUpdate } from '../../src/room/capture-update.ts'

test('an update holds what observers changed on the occasion', () => {
  const doc = new Y.Doc()
  const log = doc.getArray('log')
  doc.getText('text').observe(() => setLog())
  const setLog = (): void => log.push(['seen'])
  doc.on('afterTransaction', (transaction: Y.Transaction) => {
    if (transaction.origin === 'user') doc.transact(() => log.push(['later']), 'observer')
  })
  const update = captureUpdate(doc, () => doc.transact(() => doc.getText('text').insert(0, 'x'), 'user'))
  const copy = new Y.Doc()
  Y.applyUpdate(copy, update ?? assert.fail('nothing captured'))
  assert.deepEqual([copy.getText('text').toJSON(), copy.getArray('log').toJSON()], ['x', log.toJSON()])
  assert.ok(log.length >= 1)
})

test('no change, no update', () => {
  const doc = new Y.Doc()
  assert.equal(
    captureUpdate(doc, () => doc.transact(() => {})),
    undefined,
  )
})
