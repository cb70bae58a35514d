import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Doc } from 'yjs'
import { countStructs, documentMemory, storedDocumentMemory } from '../../src/document/memory-estimate.ts'

test('structs are counted over all client ids', () => {
  const doc = new Doc()
  assert.equal(countStructs(doc), 0)
  doc.clientID = 1
  doc.getText('source').insert(0, 'one run')
  assert.equal(countStructs(doc), 1)
  doc.clientID = 2
  doc.getText('source').insert(3, 'cuts it in two')
  assert.equal(countStructs(doc), 3)
})

test('an empty document costs something, and the same bytes more when they are many small pieces', () => {
  const empty = documentMemory({ encodedBytes: 0, structs: 0 })
  assert.ok(empty > 1000)
  assert.equal(storedDocumentMemory(0), empty)
  const paste = documentMemory({ encodedBytes: 1_000_000, structs: 1 })
  const typed = documentMemory({ encodedBytes: 1_000_000, structs: 100_000 })
  assert.ok(paste > 1_000_000 && paste < 3_000_000)
  assert.ok(typed > 10 * paste)
})
