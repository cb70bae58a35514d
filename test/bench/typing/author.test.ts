import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { YNotebook } from '@jupyter/ydoc'
import fc from 'fast-check'
import * as Y from 'yjs'
import { type DocumentShape, type Group, PLAIN_GROUP } from '../../../bench/plan/scenario.ts'
import { createAuthor } from '../../../bench/typing/author.ts'
import { digestDocument } from '../../../bench/typing/content-digest.ts'
import type { Author, ClockRange, Edit } from '../../../bench/typing/contract.ts'
import { createDocument } from '../../../bench/typing/documents.ts'
import { createOutputAuthor } from '../../../bench/typing/output-author.ts'
import { readUpdate } from '../../../bench/typing/update-content.ts'
import { seededRandom } from '../../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const STEP = { index: 0, rate: 10, durationMs: 20_000 }

function groupOf(shape: DocumentShape, change: Partial<Group> = {}): Group {
  const bytes = shape === 'empty' ? 0 : 8000
  return { ...PLAIN_GROUP, writers: 4, document: { shape, bytes, cells: 3, storedAs: 0 }, ...change }
}

type Room = { readonly base: readonly Uint8Array[]; readonly authors: readonly Author[] }

function openRoom(group: Group, seed = 1, keepsUpdates = true): Room {
  const base = createDocument(group.document, seed, 0).states
  const options = { seed, group, room: 0, base, keepsUpdates }
  const authors = Array.from({ length: group.writers }, (_, author) => createAuthor({ ...options, author }))
  if (group.outputMessagesPerSecond > 0) authors.push(createOutputAuthor(options))
  return { base, authors }
}

/** Its awareness has a timer, so that it must be disposed of whatever happens. */
function openNotebook(t: TestContext): YNotebook {
  const notebook = new YNotebook()
  t.after(() => notebook.dispose())
  return notebook
}

const SHAPES = fc.constantFrom<DocumentShape>('empty', 'text', 'notebook')
const GROUPS = SHAPES.chain((shape) =>
  fc
    .record({
      typing: fc.constantFrom('steady' as const, 'human' as const),
      writers: fc.integer({ min: 1, max: 6 }),
      runEverySeconds: fc.constant(shape === 'notebook' ? 3 : 0),
      outputMessagesPerSecond: fc.constantFrom(0, 5),
      outputBytesPerSecond: fc.constant(2000),
    })
    .map((change) => groupOf(shape, change)),
)

/** One author after the other at random, each in its own order. */
function interleave(lists: readonly (readonly Uint8Array[])[], seed: number): Uint8Array[] {
  const random = seededRandom(seed)
  const left = lists.map((list) => [...list]).filter((list) => list.length > 0)
  const result: Uint8Array[] = []
  while (left.length > 0) {
    const index = random.int(left.length)
    const next = left[index]?.shift()
    if (next !== undefined) result.push(next)
    if (left[index]?.length === 0) left.splice(index, 1)
  }
  return result
}

test('whatever the order in which authors are heard, the same document comes of it', () => {
  fc.assert(
    fc.property(GROUPS, fc.nat(), fc.nat(), fc.nat(), (group, seed, first, second) => {
      const { base, authors } = openRoom(group, seed)
      const lists = authors.map((author) => author.write(STEP).map(({ update }) => update))
      const digests = [first, second].map((order) => digestDocument([...base, ...interleave(lists, order)]))
      assert.ok(digests.every(({ isComplete }) => isComplete))
      assert.equal(digests[0]?.digest, digests[1]?.digest)
      const all = digestDocument([...base, ...authors.map((author) => author.encodeAll())])
      assert.equal(all.digest, digests[0]?.digest)
    }),
    { seed: SEED, numRuns: 25 },
  )
})

test("each update can be applied as soon as the base and its author's earlier ones are there", () => {
  for (const shape of ['empty', 'text', 'notebook'] as const) {
    const { base, authors } = openRoom(groupOf(shape, { typing: 'human' }))
    for (const author of authors) {
      const doc = new Y.Doc()
      for (const update of base) Y.applyUpdate(doc, update)
      for (const { update } of author.write(STEP)) {
        Y.applyUpdate(doc, update)
        assert.equal(doc.store.pendingStructs, null)
        assert.equal(doc.store.pendingDs, null)
      }
    }
  }
})

function assertTells(edit: Edit, clientId: number): void {
  const { structs, deletes } = readUpdate(edit.update)
  const { clock, length } = edit
  if (length > 0) {
    assert.deepEqual(structs, [{ client: clientId, clock, length }])
    assert.equal(edit.deletes, undefined)
  } else {
    assert.equal(edit.kind, 'delete')
    assert.deepEqual(structs, [])
    assert.deepEqual(deletes, [edit.deletes])
    assert.equal(edit.deletes?.client, clientId)
  }
}

test("an edit's ranges are those in its update, follow each other without a gap, in rising time", () => {
  fc.assert(
    fc.property(GROUPS, fc.nat(), (group, seed) => {
      for (const author of openRoom(group, seed).authors) {
        let clock = 0
        for (let index = 0; index < 3; index += 1) {
          let atMs = 0
          for (const edit of author.write({ ...STEP, index, durationMs: 5000 })) {
            assertTells(edit, author.clientId)
            assert.equal(edit.clock, clock)
            clock += edit.length
            assert.ok(edit.atMs >= atMs && edit.atMs < 5000)
            atMs = edit.atMs
          }
        }
      }
    }),
    { seed: SEED, numRuns: 30 },
  )
})

test('an author deletes only what it typed, and nothing twice', () => {
  for (const typing of ['steady', 'human'] as const) {
    const { authors } = openRoom(groupOf('text', { typing }))
    for (const author of authors) {
      const alive = new Set<number>()
      let deletions = 0
      for (const { kind, clock, length, deletes } of author.write({ ...STEP, durationMs: 60_000 })) {
        for (let i = clock; i < clock + length; i += 1) alive.add(i)
        if (kind !== 'delete') continue
        deletions += 1
        assert.ok(deletes !== undefined)
        for (let i = deletes.clock; i < deletes.clock + deletes.length; i += 1) assert.ok(alive.delete(i))
      }
      assert.ok(deletions > 10)
    }
  }
})

/** As the load tool finds edits in what a server has merged. */
function found(
  edits: readonly Edit[],
  structs: readonly ClockRange[],
  deletes: readonly ClockRange[],
): Edit[] {
  return edits.filter((edit) =>
    edit.length > 0
      ? structs.some(({ clock, length }) => clock <= edit.clock && edit.clock + edit.length <= clock + length)
      : deletes.some(
          ({ clock, length }) => clock <= edit.deletes!.clock && edit.deletes!.clock < clock + length,
        ),
  )
}

test('edits that a server merged are told by the merged ranges', () => {
  fc.assert(
    fc.property(
      GROUPS,
      fc.nat(),
      fc.nat(100),
      fc.integer({ min: 2, max: 60 }),
      (group, seed, from, count) => {
        const [author] = openRoom(group, seed).authors
        const edits = author!.write(STEP)
        const some = edits.slice(from, from + count)
        if (some.length === 0) return
        const { structs, deletes } = readUpdate(Y.mergeUpdates(some.map(({ update }) => update)))
        const own = ({ client }: ClockRange): boolean => client === author!.clientId
        assert.deepEqual(found(edits, structs.filter(own), deletes.filter(own)), some)
      },
    ),
    { seed: SEED, numRuns: 60 },
  )
})

test('a run is the same each time, and in processes that do not keep the updates', () => {
  const group = groupOf('notebook', { typing: 'human', runEverySeconds: 4, outputMessagesPerSecond: 3 })
  const write = (keepsUpdates: boolean, seed = 1): (readonly Edit[])[] =>
    openRoom(group, seed, keepsUpdates).authors.map((author) => [
      ...author.write(STEP),
      ...author.write({ ...STEP, index: 1, rate: 20 }),
    ])
  const edits = write(true)
  assert.deepEqual(write(true), edits)
  const bare = edits.map((list) =>
    list.map((edit) => ({ ...edit, update: new Uint8Array(0), cursor: undefined })),
  )
  assert.deepEqual(write(false), bare)
  assert.notDeepEqual(write(true, 2), edits)
})

test('authors of a room differ in what they type and in when', () => {
  const lists = openRoom(groupOf('empty')).authors.map((author) => author.write(STEP))
  assert.equal(new Set(lists.map((edits) => edits[0]?.atMs)).size, lists.length)
  assert.equal(new Set(lists.map((edits) => edits.map(({ kind }) => kind).join())).size, lists.length)
})

test('a steady author hits exactly its rate, from step to step', () => {
  const author = openRoom(groupOf('empty')).authors[0]!
  for (const [index, rate] of [1, 0, 7, 32, 500].entries())
    assert.equal(author.write({ index, rate, durationMs: 4000 }).length, rate * 4)
  const times = author.write({ index: 5, rate: 4, durationMs: 4000 }).map(({ atMs }) => atMs)
  for (const [i, atMs] of times.slice(1).entries()) assert.ok(Math.abs(atMs - times[i]! - 250) < 1e-6)
})

test('a person types in bursts and pauses, and yet at its rate on average', () => {
  const { authors } = openRoom(groupOf('empty', { typing: 'human' }))
  for (const author of authors) {
    const edits = author.write({ index: 0, rate: 5, durationMs: 600_000 })
    assert.ok(Math.abs(edits.length / 3000 - 1) < 0.05, `${edits.length} edits instead of 3000`)
    const gaps = edits.slice(1).map(({ atMs }, i) => atMs - edits[i]!.atMs)
    const pauses = gaps.filter((gap) => gap > 1000).length
    const median = gaps.toSorted((a, b) => a - b)[gaps.length >>> 1]!
    assert.ok(pauses > 40 && pauses < 200, `${pauses} pauses`)
    assert.ok(median > 80 && median < 160, `${median} ms between keys`)
  }
})

test('a person corrects and pastes', () => {
  const { authors } = openRoom(groupOf('empty', { typing: 'human' }))
  const edits = authors.flatMap((author) => author.write({ index: 0, rate: 10, durationMs: 300_000 }))
  const share = (kind: Edit['kind']): number =>
    edits.filter((edit) => edit.kind === kind).length / edits.length
  assert.ok(share('delete') > 0.03 && share('delete') < 0.09)
  assert.ok(share('paste') > 0.001 && share('paste') < 0.006)
  for (const { kind, length } of edits) if (kind === 'paste') assert.ok(length >= 10 && length <= 400)
})

test('cursors are where Yjs says the caret is', () => {
  for (const shape of ['empty', 'text', 'notebook'] as const) {
    const { base, authors } = openRoom(groupOf(shape, { typing: 'human' }))
    const doc = new Y.Doc()
    if (shape !== 'notebook') doc.getText('source')
    for (const update of base) Y.applyUpdate(doc, update)
    for (const { update, kind, cursor } of authors[1]!.write({ ...STEP, durationMs: 60_000 })) {
      Y.applyUpdate(doc, update)
      if (kind === 'run') continue
      const [{ anchor, head, primary, empty } = assert.fail('no cursor')] = cursor as {
        [key: string]: unknown
      }[]
      assert.deepEqual({ head, primary, empty }, { head: anchor, primary: true, empty: true })
      const position = Y.createAbsolutePositionFromRelativePosition(
        Y.createRelativePositionFromJSON(anchor),
        doc,
      )
      assert.ok(position?.type instanceof Y.Text)
      const again = Y.createRelativePositionFromTypeIndex(position.type, position.index)
      assert.deepEqual(JSON.parse(JSON.stringify(again)), anchor)
    }
  }
})

test("each author of a text has a line of its own, which begins with the base's line", () => {
  const group = groupOf('text', { writers: 6 })
  const { base, authors } = openRoom(group)
  const lines = (updates: readonly Uint8Array[]): string[] => {
    const doc = new Y.Doc()
    for (const update of updates) Y.applyUpdate(doc, update)
    return doc.getText('source').toJSON().split('\n')
  }
  const before = lines(base)
  const changed = authors.map((author) => {
    author.write({ index: 0, rate: 10, durationMs: 1000 })
    const after = lines([...base, author.encodeAll()])
    return after.findIndex((line, i) => line !== before[i] && line.startsWith(before[i] ?? '-'))
  })
  assert.ok(changed.every((line) => line >= 0))
  assert.equal(new Set(changed).size, authors.length)
})

test('in a notebook authors type in their code cells, and a run shows there as JupyterLab shows it', (t) => {
  const group = groupOf('notebook', { writers: 3, runEverySeconds: 5 })
  const { base, authors } = openRoom(group)
  const before = openNotebook(t)
  const after = openNotebook(t)
  for (const update of base) for (const { ydoc } of [before, after]) Y.applyUpdate(ydoc, update)
  const runs = authors.map((author) => {
    const edits = author.write(STEP)
    for (const { update } of edits) Y.applyUpdate(after.ydoc, update)
    return edits.filter(({ kind }) => kind === 'run').length
  })
  assert.deepEqual(runs, [4, 4, 4])
  const codeOf = (notebook: YNotebook): unknown[] =>
    notebook.cells.filter((cell) => cell.cell_type === 'code')
  const old = codeOf(before) as { toJSON(): { source: string; execution_count: number | null } }[]
  const now = codeOf(after) as { toJSON(): { source: string; execution_count: number; outputs: unknown[] } }[]
  assert.equal(now.length, 3)
  for (const [i, cell] of now.entries()) {
    const { source, execution_count: count, outputs } = cell.toJSON()
    assert.ok(source.length > old[i]!.toJSON().source.length + 100)
    assert.equal(count, (old[i]!.toJSON().execution_count ?? 0) + 4)
    assert.equal(outputs.length, 1)
  }
})

test('a run without a cell says what to change', () => {
  const group = groupOf('text', { name: 'class', runEverySeconds: 30 })
  assert.throws(() => openRoom(group), /group 'class': runEverySeconds needs a cell.*document\.shape/)
})

test('a notebook without a code cell is refused', () => {
  const doc = new Y.Doc()
  doc.getArray('cells').push([new Y.Map([['cell_type', 'markdown']])])
  const options = { seed: 1, group: groupOf('notebook'), room: 0, author: 0, keepsUpdates: true }
  assert.throws(() => createAuthor({ ...options, base: [Y.encodeStateAsUpdate(doc)] }), /no code cell/)
})

test('a base with a gap is refused', () => {
  const { states } = createDocument({ shape: 'text', bytes: 2000, cells: 0, storedAs: 100 }, 1, 0)
  const options = { seed: 1, group: groupOf('text'), room: 0, author: 0, keepsUpdates: true }
  assert.throws(() => createAuthor({ ...options, base: states.toSpliced(50, 1) }), /gaps/)
})

test('outputs come at their rate, in messages of their size, and continue a stream in place', (t) => {
  const group = groupOf('notebook', { outputMessagesPerSecond: 50, outputBytesPerSecond: 10_000, writers: 0 })
  const { base, authors } = openRoom(group)
  const edits = authors[0]!.write({ index: 0, rate: 0, durationMs: 20_000 })
  assert.equal(edits.length, 1000)
  // A stream that has become long is continued in another.
  assert.ok(edits.filter(({ length }) => length > 200).length <= 2)
  assert.ok(edits.every(({ kind, length }) => kind === 'output' && length >= 200))
  assert.ok(edits.every(({ atMs }, i) => Math.abs(atMs - edits[0]!.atMs - i * 20) < 1e-6))
  const notebook = openNotebook(t)
  for (const update of [...base, ...edits.map(({ update }) => update)]) Y.applyUpdate(notebook.ydoc, update)
  const cell = notebook.cells
    .filter((each) => each.cell_type === 'code')
    .at(-1)
    ?.toJSON()
  const outputs = (cell as { outputs: { text: string; output_type: string }[] }).outputs.slice(-2)
  assert.deepEqual(
    outputs.map((output) => output.output_type),
    ['stream', 'stream'],
  )
  assert.equal(
    outputs.reduce((sum, { text }) => sum + text.length, 0),
    200_000,
  )
})
