import assert from 'node:assert/strict'
import test from 'node:test'
import { Doc } from 'yjs'
import { type DocumentModel, type Content, modelFor } from '../../../src/jupyter/models/document-model.ts'
import { SyncError } from '../../../src/protocol/errors.ts'
import { code, notebook } from './notebook-arbitrary.ts'

function model(format: string, type: string): DocumentModel<Content> {
  return modelFor(format, type) ?? assert.fail(`there is no model for ${format} ${type}`)
}

const notebooks = model('json', 'notebook')
const files = model('text', 'file')

test('there are models for notebooks and for text files, and for nothing else', () => {
  assert.deepEqual([notebooks.contentsType, notebooks.contentsFormat], ['notebook', undefined])
  assert.deepEqual([files.contentsType, files.contentsFormat], ['file', 'text'])
  assert.equal(modelFor('text', 'notebook'), undefined)
  assert.equal(modelFor('base64', 'file'), undefined)
})

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}

const cell = code('a', 'x')
const wrong: Record<string, { content: unknown; says: RegExp }> = {
  'text instead of JSON': { content: 'x', says: /JSON object/ },
  nothing: { content: null, says: /JSON object/ },
  'no cells': { content: { nbformat: 4, metadata: {} }, says: /cells is not a list/ },
  'another major version': { content: { ...notebook([]), nbformat: 3 }, says: /nbformat 4/ },
  'metadata of a wrong type': { content: { ...notebook([]), metadata: [] }, says: /metadata/ },
  'a cell that is none': { content: { ...notebook([]), cells: [cell, 5] }, says: /cell 2: not an object/ },
  'an unknown cell type': { content: notebook([{ ...cell, cell_type: 'x' }]), says: /cell 1: .*cell_type/ },
  'a source of a wrong type': {
    content: { ...notebook([]), cells: [{ ...cell, source: [1] }] },
    says: /cell 1: source/,
  },
  'outputs of a wrong type': {
    content: { ...notebook([]), cells: [{ ...cell, outputs: [1] }] },
    says: /cell 1: outputs/,
  },
  'values nested without end': {
    content: notebook([{ ...cell, metadata: { deep: nested(5000) } }]),
    says: /nests deeper/,
  },
}

for (const [name, { content, says }] of Object.entries(wrong)) {
  test(`[JUPYTER-M12] a notebook is refused for ${name}`, () => {
    assert.throws(
      () => notebooks.fromContents(content),
      (error) => error instanceof SyncError && error.code === 'bad_request' && says.test(error.message),
    )
  })
}

test('[JUPYTER-M12] a text file is refused for content that is no text', () => {
  assert.throws(
    () => files.fromContents(null),
    (error) => error instanceof SyncError && error.code === 'bad_request',
  )
})

test('[JUPYTER-M8] below 4.5 ids stay in the document and out of the file', () => {
  const { id: _, ...bare } = cell
  const file = notebook([bare], 4)
  const doc = new Doc()
  notebooks.write(doc, notebooks.fromContents(file))
  const content = notebooks.read(doc) as { cells: { id: string }[] }
  assert.match(content.cells[0]?.id ?? '', /^[0-9a-f]{16}$/)
  assert.deepEqual(notebooks.toContents(content), file)
  assert.ok(notebooks.equals(content, notebooks.fromContents(file)))
})

test('[JUPYTER-M3] a notebook goes from the file into the document and back unchanged', () => {
  const file = notebook(
    [
      code('a', 'x', {
        outputs: [{ output_type: 'stream', name: 'stdout', text: 'a,b\n' }],
        execution_count: 3,
      }),
      {
        id: 'b',
        cell_type: 'raw',
        source: '',
        metadata: {},
        attachments: { 'i.png': { 'image/png': 'AA' } },
      },
    ],
    5,
    { metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' }, x: 1.5 } },
  )
  const doc = new Doc()
  notebooks.write(doc, notebooks.fromContents(structuredClone(file)))
  assert.deepEqual(notebooks.toContents(notebooks.read(doc)), file)
})

test('[JUPYTER-M3] lists of lines are joined without separator, as nbformat joins them', () => {
  const stream = { output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] }
  const rich = {
    output_type: 'display_data',
    metadata: {},
    data: { 'text/html': ['<b>', 'x'], 'application/json': ['kept', 'apart'] },
  }
  const content = notebooks.fromContents(
    notebook([{ ...cell, source: ['1\n', '2'] as unknown as string, outputs: [stream, rich] }]),
  ) as { cells: { source: string; outputs: unknown[] }[] }
  assert.equal(content.cells[0]?.source, '1\n2')
  assert.deepEqual(content.cells[0]?.outputs, [
    { ...stream, text: 'a\nb' },
    { ...rich, data: { 'text/html': '<b>x', 'application/json': ['kept', 'apart'] } },
  ])
})

test('[JUPYTER-M12] keys that change prototypes are dropped', () => {
  const content: unknown = JSON.parse(
    '{"cells":[],"metadata":{"__proto__":{"admin":true},"a":1},"nbformat":4}',
  )
  const doc = new Doc()
  notebooks.write(doc, notebooks.fromContents(content))
  const { metadata } = notebooks.read(doc) as { metadata: Record<string, unknown> }
  assert.deepEqual(metadata, { a: 1 })
  assert.equal(Object.getPrototypeOf(metadata), Object.prototype)
})

test('[JUPYTER-M11] text comes without carriage returns, and goes as it is', () => {
  assert.equal(files.fromContents('a\r\nb'), 'a\nb')
  assert.equal(files.toContents('a\nb'), 'a\nb')
  assert.ok(files.equals('a', 'a') && !files.equals('a', 'b'))
})

test('[JUPYTER-M17] the text model merges and returns what the disk had in the same place', () => {
  const merged = files.merge('a\nb', 'mine\nb', 'theirs\nb\nc')
  assert.deepEqual(merged, { content: 'mine\nb\nc', conflicts: ['theirs'] })
})
