import assert from 'node:assert/strict'
import test from 'node:test'
import { YFile } from '@jupyter/ydoc'
import fc from 'fast-check'
import { Doc, applyUpdate, encodeStateAsUpdate } from 'yjs'
import {
  joinLineEndings,
  readText,
  splitLineEndings,
  writeText,
} from '../../../src/jupyter/models/text-model.ts'
import { seed } from './notebook-arbitrary.ts'

const file = fc
  .array(fc.constantFrom('a', 'b', '', '\n', '\r\n', '\r', '🙂'), { maxLength: 30 })
  .map((pieces) => pieces.join(''))

test('[JUPYTER-M1] YFile reads what is written here, and the other way round', (t) => {
  const client = new YFile()
  t.after(() => client.dispose())
  const doc = new Doc()
  writeText(doc, 'print("🙂")\n')
  applyUpdate(client.ydoc, encodeStateAsUpdate(doc))
  assert.equal(client.getSource(), 'print("🙂")\n')
  client.updateSource(0, 5, 'show')
  applyUpdate(doc, encodeStateAsUpdate(client.ydoc))
  assert.equal(readText(doc), 'show("🙂")\n')
})

test('[JUPYTER-M3] writing what the text says already makes no update', () => {
  const doc = new Doc()
  writeText(doc, 'a\nb')
  doc.on('update', () => assert.fail('an update was made'))
  writeText(doc, 'a\nb')
})

test('[JUPYTER-M11] a file comes back as it was when nothing changed, whatever its line endings', () => {
  fc.assert(
    fc.property(file, (content) => {
      const { text, eol } = splitLineEndings(content)
      assert.ok(!text.includes('\r\n') || content.includes('\r\r\n'))
      assert.equal(joinLineEndings(text, structuredClone(eol), text), content)
    }),
    { seed, numRuns: 2000 },
  )
})

test('[JUPYTER-M11] new lines of a CRLF file end with CRLF', () => {
  const { text, eol } = splitLineEndings('a\r\nb\r\n')
  assert.deepEqual({ text, eol }, { text: 'a\nb\n', eol: 'crlf' })
  assert.equal(joinLineEndings('a\nnew\nb\n', eol, text), 'a\r\nnew\r\nb\r\n')
})

test('[JUPYTER-M11] in a mixed file old lines keep their ending and new ones get the more frequent', () => {
  const { text, eol } = splitLineEndings('a\r\nb\nc\r\nd\r\n')
  assert.equal(joinLineEndings('new\na\nb\nc!\nd\n', eol, text), 'new\r\na\r\nb\nc!\r\nd\r\n')
  assert.equal(joinLineEndings(text, eol), 'a\r\nb\r\nc\r\nd\r\n')
})
