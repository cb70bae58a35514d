import assert from 'node:assert/strict'
import { test } from 'node:test'
import { YFile, YNotebook } from '@jupyter/ydoc'
import * as Y from 'yjs'
import type { DocumentPlan } from '../../../bench/plan/scenario.ts'
import { createDocument } from '../../../bench/typing/documents.ts'

type Output = Readonly<Record<string, unknown>> & { readonly output_type: string }
type Cell = {
  readonly id: string
  readonly cell_type: string
  readonly source: string
  readonly metadata: unknown
  readonly outputs?: readonly Output[]
  readonly execution_count?: number | null
}

const NOTEBOOK: DocumentPlan = { shape: 'notebook', bytes: 100_000, cells: 0, storedAs: 0 }
const TEXT: DocumentPlan = { shape: 'text', bytes: 100_000, cells: 0, storedAs: 0 }

function load(states: readonly Uint8Array[], doc = new Y.Doc()): Y.Doc {
  doc.transact(() => {
    for (const update of states) Y.applyUpdate(doc, update)
  })
  assert.equal(doc.store.pendingStructs, null)
  assert.equal(doc.store.pendingDs, null)
  return doc
}

function asJupyterReads(states: readonly Uint8Array[]): { cells: readonly Cell[]; nbformat: number } {
  const notebook = new YNotebook()
  try {
    load(states, notebook.ydoc)
    const json: unknown = JSON.parse(JSON.stringify(notebook.toJSON()))
    return json as { cells: readonly Cell[]; nbformat: number }
  } finally {
    notebook.dispose()
  }
}

function assertIsCell(cell: Cell): void {
  assert.match(cell.id, /^[\w-]{1,64}$/)
  assert.equal(typeof cell.source, 'string')
  assert.ok(cell.source.length > 0)
  assert.equal(typeof cell.metadata, 'object')
  if (cell.cell_type === 'markdown') return
  assert.equal(cell.cell_type, 'code')
  assert.ok(cell.execution_count === null || Number.isInteger(cell.execution_count))
  for (const output of cell.outputs ?? assert.fail('no outputs')) assertIsOutput(output)
}

function assertIsOutput(output: Output): void {
  if (output.output_type === 'stream') {
    assert.equal(typeof output['text'], 'string')
    assert.equal(output['name'], 'stdout')
    return
  }
  assert.ok(['execute_result', 'display_data'].includes(output.output_type))
  for (const value of Object.values(output['data'] as Record<string, unknown>))
    assert.equal(typeof value, 'string')
  assert.equal(typeof output['metadata'], 'object')
  if (output.output_type === 'execute_result') assert.equal(typeof output['execution_count'], 'number')
}

test("a notebook opens in JupyterLab's model and is valid nbformat 4.5", () => {
  const notebook = asJupyterReads(createDocument({ ...NOTEBOOK, cells: 60, bytes: 400_000 }, 5, 1).states)
  assert.equal(notebook.nbformat, 4)
  for (const cell of notebook.cells) assertIsCell(cell)
  assert.equal(new Set(notebook.cells.map(({ id }) => id)).size, notebook.cells.length)
  const code = notebook.cells.filter(({ cell_type: type }) => type === 'code')
  assert.equal(code.length, 60)
  assert.ok(notebook.cells.length > 60, 'no explanations among the code')
  const lines = code.reduce((sum, { source }) => sum + source.split('\n').length, 0) / code.length
  assert.ok(lines > 4 && lines < 8, `${lines} lines a cell`)
  const types = new Set(code.flatMap(({ outputs }) => (outputs ?? []).map((output) => output.output_type)))
  assert.deepEqual([...types].sort(), ['display_data', 'execute_result', 'stream'])
})

test('text of streams, sources and metadata are shared types, as JupyterLab edits them in place', () => {
  const doc = load(createDocument(NOTEBOOK, 5, 0).states)
  const cells = doc.getArray<Y.Map<unknown>>('cells').toArray()
  let streams = 0
  for (const cell of cells) {
    assert.ok(cell.get('source') instanceof Y.Text)
    assert.ok(cell.get('metadata') instanceof Y.Map)
    if (cell.get('cell_type') !== 'code') continue
    assert.equal(cell.get('execution_state'), 'idle')
    const outputs = cell.get('outputs')
    assert.ok(outputs instanceof Y.Array)
    for (const output of outputs as Y.Array<Y.Map<unknown>>) {
      if (output.get('output_type') !== 'stream') continue
      streams += 1
      assert.ok(output.get('text') instanceof Y.Text)
    }
  }
  assert.ok(streams > 0)
  assert.ok(doc.getMap('meta').get('metadata') instanceof Y.Map)
})

test("a text opens in JupyterLab's model", (t) => {
  const file = new YFile()
  t.after(() => file.dispose())
  load(createDocument(TEXT, 5, 0).states, file.ydoc)
  assert.ok(file.getSource().length > 90_000)
  assert.ok(file.getSource().split('\n').length > 1000)
})

for (const shape of ['text', 'notebook'] as const) {
  test(`a ${shape} is within a tenth of its planned size, in the planned number of updates`, () => {
    const plans: [bytes: number, storedAs: number][] = [
      [5000, 0],
      [50_000, 0],
      [2_000_000, 0],
      [20_000, 1000],
      [30_000, 10_000],
      [1_000_000, 10_000],
      [20_000, 30_000],
    ]
    for (const [bytes, storedAs] of plans) {
      const { states } = createDocument({ shape, bytes, cells: 0, storedAs }, 7, 3)
      assert.equal(states.length, Math.max(1, storedAs))
      const size = Y.encodeStateAsUpdate(load(states)).length
      assert.ok(Math.abs(size - bytes) < bytes / 10, `${bytes} bytes as ${storedAs}: ${size}`)
    }
  })

  test(`a ${shape} is the same bytes each time, and others for another seed or room`, () => {
    for (const storedAs of [0, 500]) {
      const plan = { shape, bytes: 20_000, cells: 0, storedAs }
      const { states } = createDocument(plan, 1, 1)
      assert.deepEqual(createDocument(plan, 1, 1).states, states)
      assert.notDeepEqual(createDocument(plan, 2, 1).states, states)
      assert.notDeepEqual(createDocument(plan, 1, 2).states, states)
    }
  })
}

test('a long history reads as the same kind of notebook', () => {
  const notebook = asJupyterReads(createDocument({ ...NOTEBOOK, cells: 10, storedAs: 3000 }, 2, 0).states)
  for (const cell of notebook.cells) assertIsCell(cell)
  assert.equal(notebook.cells.filter(({ cell_type: type }) => type === 'code').length, 10)
})

test('updates of a long history are small, and each needs those before it', () => {
  const { states } = createDocument({ ...TEXT, bytes: 10_000, storedAs: 9000 }, 2, 0)
  assert.ok(states.every((state) => state.length < 120))
  const doc = new Y.Doc()
  Y.applyUpdate(doc, states.at(-1)!)
  assert.ok(doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
})

test('an empty document has nothing to write', () => {
  assert.deepEqual(createDocument({ shape: 'empty', bytes: 0, cells: 0, storedAs: 0 }, 1, 0).states, [])
})
