import assert from 'node:assert/strict'
import test from 'node:test'
import { areEqualNotebooks } from '../../../src/jupyter/models/canonical.ts'
import { mergeNotebook } from '../../../src/jupyter/models/merge-notebook.ts'
import { type CellJson, type NotebookJson, code, idsOf, markdown, notebook } from './notebook-arbitrary.ts'

function merge(
  base: NotebookJson,
  live: NotebookJson,
  disk: NotebookJson,
): { content: NotebookJson; conflicts: readonly string[] } {
  return mergeNotebook(base, live, disk) as unknown as { content: NotebookJson; conflicts: readonly string[] }
}

function mergeCells(base: CellJson[], live: CellJson[], disk: CellJson[]): CellJson[] {
  return merge(notebook(base), notebook(live), notebook(disk)).content.cells
}

const stream = (text: string) => [{ output_type: 'stream', name: 'stdout', text }]

test('[JUPYTER-M17] lines that both changed keep the live text, and the disk has a marked cell right below', () => {
  const base = notebook([code('a', 'x = 1\ny = 2'), markdown('z', 'end')])
  const live = notebook([code('a', 'x = 10\ny = 2'), markdown('z', 'end')])
  const disk = notebook([code('a', 'x = 100\ny = 20'), markdown('z', 'end')])
  const { content, conflicts } = merge(base, live, disk)
  const [a, conflict, z] = content.cells
  assert.equal(a?.source, 'x = 10\ny = 2')
  assert.equal(conflict?.source, 'x = 100\ny = 20')
  assert.deepEqual(conflict?.metadata, { outrigger: { conflict: { cell: 'a' } } })
  assert.equal(z?.id, 'z')
  assert.deepEqual(conflicts, ['x = 100\ny = 20'])
  const again = merge(base, content, disk)
  assert.deepEqual(again, { content, conflicts: [] })
})

test('[JUPYTER-M17] the disk may be in conflict again: a new text is a new cell, the old one stays', () => {
  const base = notebook([code('a', 'x')])
  const live = notebook([code('a', 'mine')])
  const once = merge(base, live, notebook([code('a', 'first')])).content
  const twice = merge(base, once, notebook([code('a', 'second')])).content
  assert.deepEqual(
    twice.cells.map((cell) => cell.source),
    ['mine', 'second', 'first'],
  )
})

test('[JUPYTER-M14] different lines of one cell are both taken', () => {
  const [cell] = mergeCells([code('a', '1\n2\n3')], [code('a', 'one\n2\n3')], [code('a', '1\n2\nthree')])
  assert.equal(cell?.source, 'one\n2\nthree')
})

test('[JUPYTER-M18] deleted on one side and unchanged on the other is deleted', () => {
  const [a, b] = [code('a', 'x'), code('b', 'y')]
  assert.deepEqual(mergeCells([a, b], [a, b], [b]), [b])
  assert.deepEqual(mergeCells([a, b], [b], [a, b]), [b])
})

test('[JUPYTER-M18] deleted on one side and changed on the other stays with its change, in its place', () => {
  const [a, b, c] = [code('a', 'x'), code('b', 'y'), code('c', 'z')]
  const changedB = { ...b, source: 'changed' }
  assert.deepEqual(mergeCells([a, b, c], [a, changedB, c], [a, c]), [a, changedB, c])
  assert.deepEqual(mergeCells([a, b, c], [a, c], [a, changedB, c]), [a, changedB, c])
})

test('[JUPYTER-M18] a cell that is new on disk follows its predecessor there', () => {
  const [a, b] = [code('a', 'x'), code('b', 'y')]
  const fresh = [code('n1', '1'), code('n2', '2')]
  const mine = code('mine', 'm')
  const cells = mergeCells([a, b], [b, mine, a], [fresh[0]!, a, fresh[1]!, b])
  assert.deepEqual(idsOf(notebook(cells)), ['n1', 'b', 'mine', 'a', 'n2'])
})

test('[JUPYTER-M18] the order of the disk holds when only the disk changed it', () => {
  const [a, b, c] = [code('a', '1'), code('b', '2'), code('c', '3')]
  const edited = { ...a, source: 'typed' }
  assert.deepEqual(mergeCells([a, b, c], [edited, b, c], [c, a, b]), [c, edited, b])
  assert.deepEqual(mergeCells([a, b, c], [b, a, c], [c, a, b]), [b, a, c])
})

test('[JUPYTER-M15] a cell that both added under one id is one cell', () => {
  const added = code('n', 'same')
  assert.deepEqual(mergeCells([], [added], [added]), [added])
  const [first, conflict, ...others] = mergeCells([], [code('n', 'mine')], [code('n', 'theirs')])
  assert.deepEqual([first?.source, conflict?.source, others], ['mine', 'theirs', []])
})

test('[JUPYTER-M15] a cell that both added with the same text is one cell, also under two ids', () => {
  const [a, mine, theirs] = [code('a', 'x'), code('mine', 'import os'), code('theirs', 'import os')]
  assert.deepEqual(mergeCells([a], [a, mine], [a, theirs]), [a, mine])
})

test('[JUPYTER-M13] a cell that came back under another id keeps the id it has in the document', () => {
  const base = [code('a', 'x = 1'), code('b', 'y = 2')]
  const disk = [code('r1', 'x = 1'), code('r2', 'y = 2'), code('r3', 'new')]
  const cells = mergeCells(base, [code('a', 'x = 1\ntyped'), code('b', 'y = 2')], disk)
  assert.deepEqual(
    cells.map((cell) => [cell.id, cell.source]),
    [
      ['a', 'x = 1\ntyped'],
      ['b', 'y = 2'],
      ['r3', 'new'],
    ],
  )
})

test('[JUPYTER-M20] outputs that one side changed are taken, and when both did live wins', () => {
  const base = code('a', 'x', { outputs: stream('0'), execution_count: 1 })
  const ran = (text: string, count: number) => ({ ...base, outputs: stream(text), execution_count: count })
  assert.deepEqual(mergeCells([base], [base], [ran('disk', 2)]), [ran('disk', 2)])
  assert.deepEqual(mergeCells([base], [ran('live', 3)], [base]), [ran('live', 3)])
  assert.deepEqual(mergeCells([base], [ran('live', 3)], [ran('disk', 2)]), [ran('live', 3)])
})

test('[JUPYTER-M20] outputs of the disk that lost are kept when its text is a conflict', () => {
  const base = code('a', 'x')
  const live = code('a', 'mine', { outputs: stream('live') })
  const cells = mergeCells([base], [live], [code('a', 'theirs', { outputs: stream('disk') })])
  assert.deepEqual(
    cells.map((cell) => cell.outputs),
    [stream('live'), stream('disk')],
  )
})

test('[JUPYTER-M20] trust stays with the outputs it was given to', () => {
  const trusted = code('a', 'x', { outputs: stream('0'), metadata: { trusted: true } })
  const untrusted = { ...trusted, metadata: { trusted: false } }
  assert.deepEqual(mergeCells([trusted], [trusted], [untrusted]), [trusted])
  const evil = { ...untrusted, outputs: stream('evil') }
  assert.deepEqual(mergeCells([trusted], [trusted], [evil]), [evil])
  const ran = { ...trusted, outputs: stream('mine') }
  assert.deepEqual(mergeCells([trusted], [ran], [evil]), [ran])
})

test('[JUPYTER-M20] metadata and attachments merge key by key, and live wins', () => {
  const at = (metadata: Record<string, unknown>, attachments: Record<string, unknown>) =>
    markdown('a', 'x', { metadata, attachments })
  const [cell] = mergeCells(
    [at({ a: 1, b: 1, gone: 1, kept: 1 }, { i: { 'text/plain': '1' } })],
    [at({ a: 2, b: 1, kept: 1 }, { i: { 'text/plain': '2' } })],
    [at({ a: 3, b: 2, gone: 1 }, { i: { 'text/plain': '3' }, j: { 'text/plain': '4' } })],
  )
  assert.deepEqual(cell?.metadata, { a: 2, b: 2 })
  assert.deepEqual(cell?.['attachments'], { i: { 'text/plain': '2' }, j: { 'text/plain': '4' } })
})

test('[JUPYTER-M20] an empty default that JupyterLab added gives way to a kernel from the disk', () => {
  const kernelspec = { name: 'python3', display_name: 'Python 3' }
  const empty = { kernelspec: { name: '', display_name: '' }, language_info: { name: '' } }
  const a = [code('a', 'x')]
  const { content } = merge(
    notebook(a),
    notebook(a, 5, { metadata: empty }),
    notebook(a, 5, { metadata: { kernelspec } }),
  )
  assert.deepEqual(content.metadata, { kernelspec, language_info: { name: '' } })
})

test('[JUPYTER-M20] a type that one side changed is taken', () => {
  const [cell] = mergeCells([code('a', 'x')], [code('a', 'x\ny')], [markdown('a', 'x')])
  assert.deepEqual(cell, markdown('a', 'x\ny'))
})

test('[JUPYTER-M13] the empty cell that stands for no cells goes when the disk has some', () => {
  const filled = notebook([code('a', 'x')])
  const placeholder = notebook([code('placeholder', '', { metadata: { trusted: true } })])
  assert.ok(areEqualNotebooks(merge(notebook([]), placeholder, filled).content, filled))
  const more = notebook([...placeholder.cells, ...filled.cells])
  assert.deepEqual(merge(placeholder, placeholder, more).content, more)
  const typed = notebook([code('placeholder', 'typed')])
  assert.deepEqual(idsOf(merge(notebook([]), typed, filled).content), ['a', 'placeholder'])
})

test('[JUPYTER-M19] without ids in the file an edit lands in the cell it was made in', () => {
  const bare = (source: string): CellJson => ({ cell_type: 'markdown', source, metadata: {} })
  const base = notebook([bare('first cell here'), bare('second cell here')], 4)
  const live = notebook(
    [markdown('m1', 'first cell here\ntyped'), markdown('m2', 'second cell here'), markdown('m3', 'mine')],
    4,
  )
  const disk = notebook([bare('new'), bare('second cell here, edited'), bare('first cell here')], 4)
  const { content } = merge(base, live, disk)
  assert.deepEqual(
    content.cells.map((cell) => cell.source),
    ['new', 'second cell here, edited', 'mine', 'first cell here\ntyped'],
  )
})

test('[JUPYTER-M19] without ids in the file an empty cell that moved is still the same cell', () => {
  const bare = (source: string): CellJson => ({ cell_type: 'markdown', source, metadata: {} })
  const base = notebook([bare(''), bare('one'), bare('two')], 4)
  const live = notebook([markdown('m0', 'typed'), markdown('m1', 'one'), markdown('m2', 'two')], 4)
  const identified = notebook([markdown('m0', ''), markdown('m1', 'one'), markdown('m2', 'two')], 4)
  const disk = notebook([bare('one'), bare('two'), bare('')], 4)
  const sources = merge(identified, live, disk).content.cells.map((cell) => cell.source)
  assert.deepEqual(sources, ['one', 'two', 'typed'])
  assert.equal(merge(base, identified, disk).content.cells.length, 3)
})
