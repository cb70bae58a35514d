import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { areEqualNotebooks, canonicalHash, canonicalNotebook } from '../../../src/jupyter/models/canonical.ts'
import { changed, changes, code, markdown, notebook, notebooks, seed } from './notebook-arbitrary.ts'

const content = notebook([code('a', 'x = 1\ny = 2'), markdown('b', 'text')])

const same: Record<string, unknown> = {
  'the order of keys': Object.fromEntries(Object.entries(content).toReversed()),
  'source as a list of lines': {
    ...content,
    cells: [{ ...content.cells[0], source: ['x = 1\n', 'y = 2'] }, content.cells[1]],
  },
  'the trust mark': {
    ...content,
    cells: [{ ...content.cells[0], metadata: { trusted: true } }, content.cells[1]],
  },
  'the signature and what nbformat strips': { ...content, metadata: { signature: 's', orig_nbformat: 3 } },
  "JupyterLab's empty defaults": {
    ...content,
    metadata: { kernelspec: { name: '', display_name: '' }, language_info: { name: '' } },
  },
  'empty attachments': { ...content, cells: [content.cells[0], { ...content.cells[1], attachments: {} }] },
  'the execution state': {
    ...content,
    cells: [{ ...content.cells[0], execution_state: 'busy' }, content.cells[1]],
  },
}

for (const [name, other] of Object.entries(same)) {
  test(`[JUPYTER-M10] two notebooks are equal whatever is ${name}`, () => {
    assert.equal(canonicalNotebook(other), canonicalNotebook(content))
    assert.ok(areEqualNotebooks(other, content))
    assert.equal(canonicalHash(canonicalNotebook(other)), canonicalHash(canonicalNotebook(content)))
  })
}

const different: Record<string, unknown> = {
  'a letter': { ...content, cells: [code('a', 'x = 1\ny = 3'), content.cells[1]] },
  'an id': { ...content, cells: [code('c', 'x = 1\ny = 2'), content.cells[1]] },
  'an execution count': {
    ...content,
    cells: [{ ...content.cells[0], execution_count: 1 }, content.cells[1]],
  },
  'an unknown key': { ...content, vendor: 1 },
  'a kernel': { ...content, metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } } },
  'a minor version': { ...content, nbformat_minor: 6 },
  'the order of cells': { ...content, cells: content.cells.toReversed() },
}

for (const [name, other] of Object.entries(different)) {
  test(`[JUPYTER-M10] two notebooks differ by ${name}`, () => {
    assert.notEqual(canonicalNotebook(other), canonicalNotebook(content))
    assert.ok(!areEqualNotebooks(other, content))
  })
}

test('[JUPYTER-M10] no cells and one untouched empty cell are equal, an empty cell among others is not', () => {
  const empty = code('a', '', { metadata: { trusted: true } })
  assert.ok(areEqualNotebooks(notebook([]), notebook([empty])))
  assert.ok(!areEqualNotebooks(notebook([]), notebook([{ ...empty, execution_count: 1 }])))
  assert.ok(!areEqualNotebooks(notebook([markdown('b', 'x')]), notebook([empty, markdown('b', 'x')])))
})

test('[JUPYTER-M10] below 4.5 ids do not count', () => {
  assert.ok(areEqualNotebooks(notebook([code('a', 'x')], 4), notebook([code('b', 'x')], 4)))
  assert.ok(!areEqualNotebooks(notebook([code('a', 'x')], 5), notebook([code('b', 'x')], 5)))
})

test('[JUPYTER-M10] comparing two notebooks and comparing their canonical texts agree', () => {
  fc.assert(
    fc.property(notebooks(5), changes, (start, script) => {
      const next = changed(start, script, 'N')
      assert.equal(areEqualNotebooks(start, next), canonicalNotebook(start) === canonicalNotebook(next))
    }),
    { seed, numRuns: 500 },
  )
})
