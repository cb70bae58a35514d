import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SyncError } from '../../src/protocol/errors.ts'
import { fileFixture, notebook } from '../support/file-fixture.ts'
import { until } from '../support/until.ts'

const code = (expected: string) => (error: unknown) => error instanceof SyncError && error.code === expected

test('[JUPYTER-1] a text file is imported with its state in one durable edit', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('d/a.txt', 'one\ntwo\n')
  const { room } = await open('d/a.txt')
  assert.equal(room.text, 'one\ntwo\n')
  assert.equal(room.state('path'), 'd/a.txt')
  assert.equal(room.state('dirty'), false)
  assert.equal(room.state('hash'), server.hash('d/a.txt'))
  assert.deepEqual(room.edits, ['import'])
  assert.notEqual(room.storedBinding, undefined)
  assert.equal(server.counts.write, 0)
})

test('[JUPYTER-1] a notebook is imported', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1 + 1', 'x'))
  const { room } = await open('a.ipynb')
  const cells = room.doc.getArray('cells').toJSON() as { id: string; source: string }[]
  assert.deepEqual(
    cells.map(({ id, source }) => ({ id, source })),
    [
      { id: 'c0', source: '1 + 1' },
      { id: 'c1', source: 'x' },
    ],
  )
  assert.deepEqual(room.edits, ['import'])
})

test('[JUPYTER-2] a file that cannot be imported says why', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('binary.txt', 'a\0b')
  server.put('broken.ipynb', '{"cells": [')
  await assert.rejects(open('missing.txt'), code('not_found'))
  await assert.rejects(open('binary.txt'), code('bad_request'))
  await assert.rejects(open('broken.ipynb'), code('bad_request'))
  await assert.rejects(open('folder.dir'), code('bad_request'))
  server.faults.status = 403
  await assert.rejects(open('missing.txt'), code('load_failed'))
  server.faults.status = 500
  await assert.rejects(open('missing.txt'), code('load_failed'))
  server.faults.isDown = true
  await assert.rejects(open('missing.txt'), code('jupyter_unreachable'))
})

test('[JUPYTER-3] unsaved edits of a history are kept and then saved', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const first = await open('a.txt', { policy: { saveDelayMs: 60_000 } })
  first.room.type((doc) => doc.getText('source').insert(3, ' more'))
  const { room } = await open('a.txt', { durable: first.room.crash() })
  assert.equal(room.text, 'one more')
  assert.equal(room.state('dirty'), true)
  await until(() => server.text('a.txt') === 'one more')
  await until(() => room.state('dirty') === false)
  assert.equal(room.state('hash'), server.hash('a.txt'))
})

test('[JUPYTER-3] an unchanged history and an unchanged file cause no write and no edit', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1'))
  const first = await open('a.ipynb')
  const { room, binding } = await open('a.ipynb', { durable: first.room.crash() })
  assert.deepEqual(room.edits, [])
  assert.equal(binding.hasUnsavedChanges, false)
  await binding.close()
  assert.equal(server.counts.write, 0)
})

test('[JUPYTER-4] a file that changed meanwhile is merged in one durable step', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const first = await open('a.txt', { policy: { saveDelayMs: 60_000 } })
  first.room.type((doc) => doc.getText('source').insert(0, 'live '))
  const durable = first.room.crash()
  server.put('a.txt', 'one\ntwo\nthree disk\n')

  const second = await open('a.txt', { durable, policy: { saveDelayMs: 60_000 } })
  assert.equal(second.room.text, 'live one\ntwo\nthree disk\n')
  assert.equal(second.room.state('hash'), server.hash('a.txt'))
  assert.equal(second.room.state('dirty'), true)
  assert.equal(second.binding.hasUnsavedChanges, true)
  assert.deepEqual(second.room.edits.filter((origin) => origin === 'merge').length, 1)

  const third = await open('a.txt', { durable: second.room.crash() })
  assert.equal(third.room.text, 'live one\ntwo\nthree disk\n')
  await until(() => server.text('a.txt') === 'live one\ntwo\nthree disk\n')
})

test('[JUPYTER-4] a crash around the merge neither doubles nor loses a cell', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1', '2'))
  const first = await open('a.ipynb')
  const durable = first.room.crash()
  server.putNotebook('a.ipynb', notebook('1', '2', 'new'))
  await assert.rejects(open('a.ipynb', { durable, crashesAt: 'merge' }), /crashed at merge/)
  const second = await open('a.ipynb', { durable })
  const third = await open('a.ipynb', { durable: second.room.crash() })
  assert.deepEqual(third.room.edits, [])
  const ids = (third.room.doc.getArray('cells').toJSON() as { id: string }[]).map((cell) => cell.id)
  assert.deepEqual(ids, ['c0', 'c1', 'c2'])
})

test('[JUPYTER-4] a record that cannot be read loses neither side', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1', '2'))
  const first = await open('a.ipynb')
  const { update } = first.room.crash()
  const durable = { update, binding: new Uint8Array([1, 2, 3]) }
  server.putNotebook('a.ipynb', notebook('1', '2', 'new'))
  const { room } = await open('a.ipynb', { durable })
  const sources = (room.doc.getArray('cells').toJSON() as { source: string }[]).map((cell) => cell.source)
  assert.deepEqual(sources, ['1', '2', 'new'])
})

test('[JUPYTER-5] a history opens without Jupyter and is merged and saved when it is back', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\n')
  const first = await open('a.txt', { policy: { saveDelayMs: 60_000 } })
  const durable = first.room.crash()
  server.faults.isDown = true
  const { room, binding, events } = await open('a.txt', { durable })
  assert.equal(room.text, 'one\ntwo\n')
  room.type((doc) => doc.getText('source').insert(0, 'live '))
  assert.equal(binding.hasUnsavedChanges, true)
  assert.equal(await binding.save(), 'failed')
  server.put('a.txt', 'one\ntwo disk\n')
  server.faults.isDown = false
  await until(() => server.text('a.txt') === 'live one\ntwo disk\n')
  await until(() => room.state('dirty') === false)
  assert.ok(events.some(({ kind }) => kind === 'recovered'))
})

test('[JUPYTER-6] a history whose file is gone opens only while it holds unsaved edits', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const first = await open('a.txt', { policy: { saveDelayMs: 60_000 } })
  const clean = first.room.durable
  first.room.type((doc) => doc.getText('source').insert(3, ' more'))
  const unsaved = first.room.crash()
  server.files.delete('a.txt')
  await assert.rejects(open('a.txt', { durable: clean }), code('not_found'))
  const { room, binding, events } = await open('a.txt', { durable: unsaved })
  assert.equal(room.text, 'one more')
  assert.equal(binding.hasUnsavedChanges, false)
  assert.deepEqual(events.at(-1), { kind: 'trouble', path: 'a.txt', detail: 'missing' })
})
