import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Doc, type Map as YMap, Text as YText, applyUpdate, encodeStateAsUpdate } from 'yjs'
import { canonicalNotebook } from '../../../src/jupyter/models/canonical.ts'
import { mergeNotebook } from '../../../src/jupyter/models/merge-notebook.ts'
import { readNotebook, writeNotebook } from '../../../src/jupyter/models/notebook-model.ts'
import { type NotebookJson, changed, changes, idsOf, linesBy, notebooks, seed } from './notebook-arbitrary.ts'

const edits = { live: changes, disk: changes }

test('[JUPYTER-M14] [JUPYTER-M15] [JUPYTER-M16] 2,000 random merges lose no line, double no id, and repeat to themselves', () => {
  let conflicts = 0
  fc.assert(
    fc.property(fc.record({ base: notebooks(5), ...edits }), (run) => {
      const live = changed(run.base, run.live, 'L')
      const disk = changed(run.base, run.disk, 'D')
      const { content, conflicts: found } = mergeNotebook(run.base, live, disk)
      conflicts += found.length
      const lines = new Set([...linesBy(content, 'L'), ...linesBy(content, 'D')])
      for (const line of [...linesBy(live, 'L'), ...linesBy(disk, 'D')]) assert.ok(lines.has(line), line)
      assert.equal(new Set(idsOf(content)).size, idsOf(content).length)
      const again = mergeNotebook(run.base, content, disk)
      assert.deepEqual(again.content, content)
      assert.deepEqual(again.conflicts, [])
    }),
    { seed, numRuns: 2000 },
  )
  assert.ok(conflicts > 100, `the merges must meet conflicts, and met ${conflicts}`)
})

test('[JUPYTER-M13] what only one side changed is the result', () => {
  fc.assert(
    fc.property(fc.record({ base: notebooks(5), side: changes }), (run) => {
      const next = changed(run.base, run.side, 'S')
      const fromDisk = mergeNotebook(run.base, run.base, next)
      const fromLive = mergeNotebook(run.base, next, run.base)
      assert.equal(canonicalNotebook(fromDisk.content), canonicalNotebook(next))
      assert.equal(canonicalNotebook(fromLive.content), canonicalNotebook(next))
      assert.deepEqual([...fromDisk.conflicts, ...fromLive.conflicts], [])
      assert.equal(
        canonicalNotebook(mergeNotebook(next, run.base, next).content),
        canonicalNotebook(run.base),
      )
    }),
    { seed, numRuns: 1000 },
  )
})

test('[JUPYTER-M19] merging notebooks without cell ids loses no line and doubles no cell', () => {
  fc.assert(
    fc.property(fc.record({ base: notebooks(4), ...edits }), (run) => {
      const doc = new Doc()
      writeNotebook(doc, run.base)
      const base = readNotebook(doc) as unknown as NotebookJson
      const live = changed(base, run.live, 'L')
      const disk = changed(run.base, run.disk, 'D')
      const { content } = mergeNotebook(base, live, disk)
      const lines = new Set([...linesBy(content, 'L'), ...linesBy(content, 'D')])
      for (const line of [...linesBy(live, 'L'), ...linesBy(disk, 'D')]) assert.ok(lines.has(line), line)
      assert.equal(new Set(idsOf(content)).size, idsOf(content).length)
      assert.deepEqual(mergeNotebook(base, content, disk).content, content)
      const untouched = mergeNotebook(base, base, disk).content
      assert.equal(canonicalNotebook(untouched), canonicalNotebook(disk))
    }),
    { seed, numRuns: 1000 },
  )
})

test('[JUPYTER-M21] a concurrent edit that arrives after the merge leaves all replicas equal', () => {
  fc.assert(
    fc.property(fc.record({ base: notebooks(5), ...edits, cell: fc.nat(5), at: fc.nat(20) }), (run) => {
      const [server, client] = [new Doc(), new Doc()]
      writeNotebook(server, changed(run.base, run.live, 'L'))
      applyUpdate(client, encodeStateAsUpdate(server))
      const disk = changed(run.base, run.disk, 'D')
      const merged = mergeNotebook(run.base, readNotebook(server), disk).content
      writeNotebook(server, merged)
      assert.equal(canonicalNotebook(readNotebook(server)), canonicalNotebook(merged))
      typeInto(client, run.cell, run.at)
      applyUpdate(server, encodeStateAsUpdate(client))
      applyUpdate(client, encodeStateAsUpdate(server))
      assert.deepEqual(readNotebook(client), readNotebook(server))
      assert.equal(new Set(idsOf(readNotebook(server))).size, idsOf(readNotebook(server)).length)
    }),
    { seed, numRuns: 500 },
  )
})

function typeInto(doc: Doc, cell: number, at: number): void {
  const cells = doc.getArray<YMap<unknown>>('cells')
  const source = cells.get(cell % cells.length).get('source')
  assert.ok(source instanceof YText)
  source.insert(at % (source.length + 1), 'typed')
}
