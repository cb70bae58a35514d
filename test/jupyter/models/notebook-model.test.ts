import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { YNotebook } from '@jupyter/ydoc'
import fc from 'fast-check'
import * as Y from 'yjs'
import { canonicalNotebook } from '../../../src/jupyter/models/canonical.ts'
import { readNotebook, writeNotebook } from '../../../src/jupyter/models/notebook-model.ts'
import {
  type NotebookJson,
  changed,
  changes,
  code,
  idsOf,
  markdown,
  notebook,
  notebooks,
  seed,
} from './notebook-arbitrary.ts'

function written(content: unknown): Y.Doc {
  const doc = new Y.Doc()
  writeNotebook(doc, content)
  return doc
}

function read(doc: Y.Doc): NotebookJson {
  return readNotebook(doc) as unknown as NotebookJson
}

function sources(doc: Y.Doc): readonly string[] {
  return read(doc).cells.map((cell) => cell.source)
}

function sourceAt(doc: Y.Doc, index: number): Y.Text {
  const source = doc.getArray<Y.Map<unknown>>('cells').get(index).get('source')
  assert.ok(source instanceof Y.Text)
  return source
}

function client(t: TestContext): YNotebook {
  const opened = new YNotebook()
  t.after(() => opened.dispose())
  return opened
}

/** A JupyterLab's JSON without properties that are undefined. */
function plain(value: unknown): NotebookJson {
  return JSON.parse(JSON.stringify(value)) as NotebookJson
}

/** What JupyterLab does by itself with some metadata, so that a comparison cannot trip over it. */
function withoutQuirks(content: NotebookJson): NotebookJson {
  for (const cell of content.cells) delete cell.metadata['collapsed']
  return content
}

test('[JUPYTER-M1] JupyterLab reads what is written here', (t) => {
  fc.assert(
    fc.property(notebooks(5), (content) => {
      const opened = client(t)
      Y.applyUpdate(opened.ydoc, Y.encodeStateAsUpdate(written(content)))
      assert.equal(canonicalNotebook(plain(opened.toJSON())), canonicalNotebook(content))
      assert.ok(opened.cells.every((cell) => cell.getMetadata() !== undefined))
    }),
    { seed, numRuns: 300 },
  )
})

test('[JUPYTER-M1] what JupyterLab writes is read here, and left as it is', (t) => {
  // YNotebook reads cells before they are in a document, and Yjs complains about each.
  t.mock.method(console, 'warn', () => undefined)
  fc.assert(
    fc.property(notebooks(5).map(withoutQuirks), (content) => {
      const opened = client(t)
      opened.setSource(structuredClone(content) as unknown as Parameters<YNotebook['setSource']>[0])
      const doc = new Y.Doc()
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(opened.ydoc))
      assert.equal(canonicalNotebook(readNotebook(doc)), canonicalNotebook(content))
      if (content.cells.length === 0) return
      doc.on('update', () => assert.fail('an update was made'))
      writeNotebook(doc, readNotebook(doc))
    }),
    { seed, numRuns: 300 },
  )
})

test('[JUPYTER-M1] edits made in JupyterLab are read here', (t) => {
  t.mock.method(console, 'warn', () => undefined)
  const opened = client(t)
  const doc = written(notebook([code('a', 'x = 1'), markdown('b', '# b')]))
  Y.applyUpdate(opened.ydoc, Y.encodeStateAsUpdate(doc))
  opened.cells[0]?.updateSource(4, 5, '2')
  opened.cells[1]?.setMetadata('tags', ['t'])
  opened.moveCell(0, 1)
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(opened.ydoc))
  assert.deepEqual(read(doc).cells, [markdown('b', '# b', { metadata: { tags: ['t'] } }), code('a', 'x = 2')])
})

test('[JUPYTER-M3] a document says what was written over anything else, and writing it again makes no update', () => {
  fc.assert(
    fc.property(notebooks(5), changes, notebooks(5), (start, script, other) => {
      const doc = written(start)
      for (const next of [changed(start, script, 'N'), other]) {
        writeNotebook(doc, next)
        assert.equal(canonicalNotebook(readNotebook(doc)), canonicalNotebook(next))
        const fail = (): void => assert.fail('an update was made')
        doc.on('update', fail)
        writeNotebook(doc, next)
        writeNotebook(doc, readNotebook(doc))
        doc.off('update', fail)
      }
    }),
    { seed, numRuns: 500 },
  )
})

test('[JUPYTER-M4] a small change makes a small update, also in a big notebook', () => {
  const cells = Array.from({ length: 200 }, (_, index) => code(`c${index}`, `value = ${index}\n`.repeat(20)))
  const content = notebook(cells)
  const doc = written(content)
  const sizes: number[] = []
  doc.on('update', (update: Uint8Array) => sizes.push(update.length))
  cells[100]!.source = cells[100]!.source.replace('value', 'valve')
  writeNotebook(doc, content)
  assert.equal(sizes.length, 1)
  assert.ok(sizes[0]! < 60, `${sizes[0]} bytes`)
})

test('[JUPYTER-M4] a cursor stays in its word while the lines around it change on disk', () => {
  const doc = written(notebook([code('a', 'first\nsecond\nthird'), code('b', 'x')]))
  const cursor = Y.createRelativePositionFromTypeIndex(sourceAt(doc, 0), 8)
  writeNotebook(doc, notebook([markdown('new', 'top'), code('a', 'FIRST!\nsecond\nthird\nfourth')]))
  const found = Y.createAbsolutePositionFromRelativePosition(cursor, doc)
  assert.equal(found?.type, sourceAt(doc, 1))
  assert.equal(sourceAt(doc, 1).toJSON().slice(found?.index), 'cond\nthird\nfourth')
})

test('[JUPYTER-M4] undo takes back what its user typed, and nothing that came from the disk', () => {
  const doc = written(notebook([code('a', 'x = 1\ny = 2')]))
  const undo = new Y.UndoManager(doc.getArray('cells'), { trackedOrigins: new Set(['user']) })
  doc.transact(() => sourceAt(doc, 0).insert(5, '0'), 'user')
  doc.transact(() => writeNotebook(doc, notebook([code('a', 'x = 10\ny = 3\nz = 4')])), 'disk')
  undo.undo()
  assert.deepEqual(sources(doc), ['x = 1\ny = 3\nz = 4'])
  undo.redo()
  assert.deepEqual(sources(doc), ['x = 10\ny = 3\nz = 4'])
})

test('[JUPYTER-M4] the change joins the transaction of its caller and leaves `state` alone', () => {
  const doc = new Y.Doc()
  doc.getMap('state').set('hash', 'abc')
  const origins: unknown[] = []
  doc.getMap('state').observe(() => assert.fail('state was touched'))
  doc.on('update', (_: Uint8Array, origin: unknown) => origins.push(origin))
  doc.transact(() => writeNotebook(doc, notebook([code('a', 'x')])), 'import')
  assert.deepEqual(origins, ['import'])
  assert.equal(doc.getMap('state').get('hash'), 'abc')
})

test('[JUPYTER-M6] of moved cells the fewest are made anew', () => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  const doc = written(notebook(ids.map((id) => code(id, id))))
  const before = new Map(
    doc.getArray<Y.Map<unknown>>('cells').map((cell): [unknown, unknown] => [cell.get('id'), cell]),
  )
  writeNotebook(doc, notebook(['e', 'a', 'b', 'd', 'c'].map((id) => code(id, id))))
  const same = doc
    .getArray<Y.Map<unknown>>('cells')
    .toArray()
    .filter((cell) => before.get(cell.get('id')) === cell)
  assert.deepEqual(idsOf(read(doc)), ['e', 'a', 'b', 'd', 'c'])
  assert.equal(same.length, 3)
})

test('[JUPYTER-M6] a cell that runs while it is moved still runs, and a new one is idle', () => {
  const doc = written(notebook(['a', 'b', 'c'].map((id) => code(id, id))))
  const cells = doc.getArray<Y.Map<unknown>>('cells')
  cells.get(0).set('execution_state', 'running')
  writeNotebook(doc, notebook(['b', 'c', 'a', 'new'].map((id) => code(id, id))))
  assert.deepEqual(
    cells.map((cell) => cell.get('execution_state')),
    ['idle', 'idle', 'running', 'idle'],
  )
})

test('[JUPYTER-M6] a cell that changes its type is made anew, for an editor is bound to the old one', (t) => {
  const opened = client(t)
  writeNotebook(opened.ydoc, notebook([code('a', 'text')]))
  writeNotebook(opened.ydoc, notebook([markdown('a', 'text')]))
  assert.equal(opened.cells[0]?.cell_type, 'markdown')
})

test('[JUPYTER-M8] importing a file twice gives equal content, ids included', () => {
  fc.assert(
    fc.property(notebooks(4), (content) => {
      const [first, second] = [read(written(content)), read(written(structuredClone(content)))]
      assert.deepEqual(first, second)
      assert.equal(new Set(idsOf(first)).size, first.cells.length)
      assert.ok(idsOf(first).every((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id)))
    }),
    { seed, numRuns: 200 },
  )
})

test('[JUPYTER-M8] a derived id does not depend on what stands above or below', () => {
  const { id: _, ...bare } = code('', 'x = 1')
  const alone = idsOf(read(written(notebook([bare], 4))))
  const among = idsOf(read(written(notebook([{ ...bare, source: 'new' }, bare, bare], 4))))
  assert.equal(among[1], alone[0])
  assert.notEqual(among[2], among[1])
})

test('[JUPYTER-M8] below 4.5 a rewritten file finds its cells again, cursors and all', () => {
  const bare = (source: string) => ({
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  })
  const doc = written(notebook([bare('a = 1'), bare('b = compute(a)')], 4))
  const cell = doc.getArray('cells').get(1)
  writeNotebook(doc, notebook([bare('import x'), bare('a = 1'), bare('b = compute(a, x)')], 4))
  assert.deepEqual(sources(doc), ['import x', 'a = 1', 'b = compute(a, x)'])
  assert.equal(doc.getArray('cells').get(2), cell)
})

test('[JUPYTER-M8] two cells with one id get two ids, and writing them heals the document', () => {
  const doc = written(notebook([code('a', 'x'), code('b', 'y')]))
  doc.getArray<Y.Map<unknown>>('cells').get(1).set('id', 'a')
  const ids = idsOf(read(doc))
  assert.equal(ids[0], 'a')
  assert.notEqual(ids[1], 'a')
  assert.deepEqual(idsOf(read(doc)), ids)
  writeNotebook(doc, readNotebook(doc))
  assert.equal(doc.getArray<Y.Map<unknown>>('cells').get(1).get('id'), ids[1])
})

test('[JUPYTER-M8] the copy that two simultaneous moves leave behind is not read, and goes when written', () => {
  const [one, two] = [written(notebook(['a', 'b', 'c'].map((id) => code(id, id)))), new Y.Doc()]
  Y.applyUpdate(two, Y.encodeStateAsUpdate(one))
  for (const doc of [one, two]) writeNotebook(doc, notebook(['b', 'c', 'a'].map((id) => code(id, id))))
  Y.applyUpdate(one, Y.encodeStateAsUpdate(two))
  assert.equal(one.getArray('cells').length, 4)
  assert.deepEqual(idsOf(read(one)), ['b', 'c', 'a'])
  writeNotebook(one, readNotebook(one))
  assert.equal(one.getArray('cells').length, 3)
})

test('[JUPYTER-M9] unknown keys are kept, and `execution_state` is not read', () => {
  const content = notebook([code('a', 'x', { vendor: { deep: [1] } })], 5, { extra: { top: true } })
  const doc = written(content)
  assert.deepEqual(read(doc), content)
  assert.equal(doc.getArray<Y.Map<unknown>>('cells').get(0).get('execution_state'), 'idle')
  writeNotebook(doc, notebook([code('a', 'x')]))
  assert.deepEqual(read(doc), notebook([code('a', 'x')]))
})

test('[JUPYTER-M9] a notebook without cells gets one empty code cell, and keeps the one somebody made', () => {
  const doc = written(notebook([]))
  const [cell] = read(doc).cells
  assert.deepEqual(read(doc).cells, [code(cell?.id ?? '', '', { metadata: { trusted: true } })])
  assert.deepEqual(read(written(notebook([]))), read(doc))
  const other = written(notebook([code('mine', '')]))
  writeNotebook(other, notebook([]))
  assert.deepEqual(idsOf(read(other)), ['mine'])
})

test('[JUPYTER-M2] whatever clients write, a valid notebook is read', () => {
  const doc = new Y.Doc()
  const cells = doc.getArray<unknown>('cells')
  doc.getMap('meta').set('nbformat', 'four')
  doc.getMap('meta').set('metadata', 7)
  const odd = new Y.Map<unknown>(
    Object.entries({ cell_type: 'code', id: 5, source: ['a\n', 'b'], big: 12n, none: undefined, nan: NaN }),
  )
  odd.set('outputs', Y.Array.from([1, { output_type: 'stream', name: 'stdout', text: ['x', 'y'] }]))
  cells.push([3, null, 'text', odd, { cell_type: 'tomorrow', source: '\ud800!', metadata: [] }, {}])
  const content = read(doc)
  assert.deepEqual(plain(content), content)
  assert.deepEqual(
    content.cells.map((cell) => [cell.cell_type, cell.source]),
    [
      ['code', 'a\nb'],
      ['raw', '\ufffd!'],
      ['raw', ''],
    ],
  )
  assert.deepEqual(content.cells[0]?.outputs, [{ output_type: 'stream', name: 'stdout', text: 'xy' }])
  assert.deepEqual([content.cells[0]?.['big'], content.cells[0]?.['nan']], [12, null])
  assert.deepEqual([content.nbformat, content.nbformat_minor, content.metadata], [4, 5, {}])
  writeNotebook(doc, content)
  assert.deepEqual(read(doc), content)
})

test('[JUPYTER-M2] an empty document reads as an empty notebook, and values nested too deep are cut', () => {
  assert.deepEqual(read(new Y.Doc()), notebook([]))
  const doc = written(notebook([code('a', 'x')]))
  let deep: unknown = 'end'
  for (let level = 0; level < 1000; level++) deep = [deep]
  doc.getArray<Y.Map<Y.Map<unknown>>>('cells').get(0).get('metadata')?.set('deep', deep)
  assert.ok(JSON.stringify(read(doc)).length < 1000)
})
