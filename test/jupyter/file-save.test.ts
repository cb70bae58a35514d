import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Doc, Map as YMap, Text as YText } from 'yjs'
import { fileFixture, notebook } from '../support/file-fixture.ts'
import { until } from '../support/until.ts'

const insert =
  (text: string, at = 0) =>
  (doc: Doc) =>
    doc.getText('source').insert(at, text)

test('[JUPYTER-14] an edit is saved, and hash, dirty mark and base follow in one durable edit', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\n')
  const { room, binding, events } = await open('a.txt')
  room.type((doc) => {
    insert('zero\n')(doc)
    doc.getMap('state').set('dirty', true)
  })
  assert.equal(binding.hasUnsavedChanges, true)
  await until(() => room.state('dirty') === false)
  assert.equal(server.text('a.txt'), 'zero\none\n')
  assert.equal(room.state('hash'), server.hash('a.txt'))
  assert.equal(binding.hasUnsavedChanges, false)
  assert.deepEqual(room.edits, ['import', 'intent', 'saved'])
  assert.ok(events.some(({ kind, ms }) => kind === 'saved' && ms !== undefined))
  const again = await open('a.txt', { durable: room.crash() })
  assert.deepEqual(again.room.edits, [])
})

test('[JUPYTER-14] a notebook is saved as nbformat, its outputs and unknown keys kept', async (t) => {
  const { server, open } = await fileFixture(t)
  const content = notebook('1') as { cells: Record<string, unknown>[]; metadata: Record<string, unknown> }
  content.metadata['custom'] = { deep: [1, 2.5, null] }
  content.cells[0]!['outputs'] = [{ output_type: 'stream', name: 'stdout', text: 'hi\n' }]
  server.putNotebook('a.ipynb', content)
  const { room, binding } = await open('a.ipynb')
  room.type((doc) => {
    const cell = doc.getArray<YMap<YText>>('cells').get(0)
    cell.get('source')?.insert(1, ' + 1')
  })
  assert.equal(await binding.save(), 'success')
  const saved = server.notebook('a.ipynb')
  assert.equal(saved.cells[0]?.source, '1 + 1')
  assert.deepEqual(saved.cells[0]?.['outputs'], [{ output_type: 'stream', name: 'stdout', text: 'hi\n' }])
  assert.deepEqual((saved['metadata'] as Record<string, unknown>)['custom'], { deep: [1, 2.5, null] })
})

test('[JUPYTER-14] what is typed while a save runs stays dirty and is saved next', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt')
  const dirtyAfterSave: unknown[] = []
  const behindAfterSave: boolean[] = []
  server.faults.beforeWrite = () => {
    server.faults.beforeWrite = undefined
    room.type(insert('late '))
  }
  room.doc.on('afterTransaction', (transaction: { origin: unknown }) => {
    if (transaction.origin !== 'saved') return
    dirtyAfterSave.push(room.state('dirty'))
    setImmediate(() => behindAfterSave.push(binding.hasUnsavedChanges))
  })
  room.type(insert('early '))
  await until(() => server.text('a.txt') === 'late early one')
  await until(() => behindAfterSave.length === 2)
  assert.deepEqual(dirtyAfterSave, [true, false])
  assert.deepEqual(behindAfterSave, [true, false])
})

test('[JUPYTER-11] autosave follows the flag of the people present, also when they have left', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt', { people: [{ autosave: false }, {}] })
  room.type(insert('x'))
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 4)
  assert.equal(server.counts.write, 0)
  room.people = []
  room.type(insert('y'))
  assert.equal(binding.hasUnsavedChanges, false)
  room.people = [{ autosave: false }, { autosave: true }]
  await until(() => server.text('a.txt') === 'yxone')
})

test('[JUPYTER-11] with autosave off a manual save still writes, and a closing room does not', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt', { people: [{ autosave: false }] })
  room.type(insert('x'))
  assert.equal(await binding.save(), 'success')
  assert.equal(server.text('a.txt'), 'xone')
  room.type(insert('y'))
  await binding.close()
  assert.equal(server.text('a.txt'), 'xone')
})

test('[JUPYTER-12] a change of the state map alone never writes the file', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt')
  room.type((doc) => doc.getMap('state').set('document_id', 'text:file:1'))
  assert.equal(binding.hasUnsavedChanges, false)
  room.type((doc) => doc.getMap('state').set('dirty', true))
  await until(() => room.state('dirty') === false)
  assert.equal(server.counts.write, 0)
  assert.equal(room.state('document_id'), 'text:file:1')
})

test('[JUPYTER-12] an edit and its undo write nothing and leave no dirty mark', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt')
  room.type((doc) => {
    insert('x')(doc)
    doc.getMap('state').set('dirty', true)
  })
  room.type((doc) => doc.getText('source').delete(0, 1))
  await until(() => room.state('dirty') === false && !binding.hasUnsavedChanges)
  assert.equal(server.counts.write, 0)
})

test('[JUPYTER-13] a file that changed since the last look is merged before it is written', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const { room, binding } = await open('a.txt', { policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  room.type(insert('live '))
  server.put('a.txt', 'one\ntwo\nthree disk\n')
  assert.equal(await binding.save(), 'success')
  assert.equal(server.text('a.txt'), 'live one\ntwo\nthree disk\n')
  assert.equal(room.text, server.text('a.txt'))
  assert.equal(room.state('hash'), server.hash('a.txt'))
})

test('[JUPYTER-13] a file that changes again while it is merged is looked at again', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const { room, binding } = await open('a.txt', { policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  room.type(insert('live '))
  server.put('a.txt', 'one\ntwo\nthree disk\n')
  server.faults.afterRead = (path) => {
    server.faults.afterRead = undefined
    server.put(path, `${server.text(path)}four\n`)
  }
  assert.equal(await binding.save(), 'success')
  assert.equal(server.text('a.txt'), 'live one\ntwo\nthree disk\nfour\n')
  assert.equal(room.text, server.text('a.txt'))
})

test('[JUPYTER-15] what somebody writes right after our write is merged', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const { room } = await open('a.txt', { policy: { pollMs: 60_000 } })
  server.faults.afterWrite = (path) => {
    server.faults.afterWrite = undefined
    server.put(path, server.text(path).replace('three', 'three disk'))
  }
  room.type(insert('live '))
  await until(() => room.text === 'live one\ntwo\nthree disk\n')
  await until(() => room.state('hash') === server.hash('a.txt') && room.state('dirty') === false)
  assert.equal(server.text('a.txt'), room.text)
})

test('[JUPYTER-16] after a crash between write and record the file is not taken for a foreign change', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'line\n')
  const first = await open('a.txt', { crashesAt: 'saved', policy: { saveDelayMs: 60_000 } })
  first.room.type((doc) => {
    doc.getText('source').delete(0, 4)
    insert('ab')(doc)
  })
  server.faults.afterWrite = () => first.room.type(insert('c', 2))
  assert.equal(await first.binding.save(), 'failed')
  server.faults.afterWrite = undefined
  assert.equal(server.text('a.txt'), 'ab\n')
  const { room } = await open('a.txt', { durable: first.room.crash() })
  assert.equal(room.text, 'abc\n')
  assert.ok(!room.edits.includes('merge'))
  await until(() => server.text('a.txt') === 'abc\n')
  assert.equal(server.files.size, 1)
})

test('[JUPYTER-16] a write whose answer never came is recognised', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'line\n')
  const { room, events } = await open('a.txt')
  server.faults.cutsAfterWrite = true
  server.faults.afterWrite = () => {
    server.faults.afterWrite = undefined
    server.faults.cutsAfterWrite = false
    // Into the very line that the lost write changed: as a foreign change it would be a conflict.
    room.type(insert('b', 1))
  }
  room.type(insert('a'))
  await until(() => server.text('a.txt') === 'abline\n')
  assert.ok(!events.some(({ kind }) => kind === 'merged'))
  assert.equal(server.files.size, 1)
})

test('[JUPYTER-17] a manual save says success, also when there is nothing to do, and failed when it failed', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt', { policy: { saveDelayMs: 60_000, pollMs: 60_000 } })
  assert.equal(await binding.save(), 'success')
  assert.equal(server.counts.write, 0)
  room.type(insert('x'))
  server.faults.writeStatus = 500
  assert.equal(await binding.save(), 'failed')
  server.faults.writeStatus = undefined
  assert.equal(await binding.save(), 'success')
  assert.equal(server.text('a.txt'), 'xone')
  await binding.close()
  assert.equal(await binding.save(), 'failed')
})

test('[JUPYTER-17] a manual save is answered within its deadline when Jupyter hangs', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt', { policy: { saveDelayMs: 60_000, saveDeadlineMs: 80 } })
  room.type(insert('x'))
  server.faults.delayMs = 10_000
  const startedAt = performance.now()
  assert.equal(await binding.save(), 'failed')
  assert.ok(performance.now() - startedAt < 5_000)
  server.faults.delayMs = 0
})

test('[JUPYTER-17] saves that wait share one turn, and one that follows an edit writes it', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt', { policy: { saveDelayMs: 60_000, pollMs: 60_000 } })
  server.faults.delayMs = 20
  room.type(insert('x'))
  const first = binding.save()
  await until(() => server.counts.write === 1)
  room.type(insert('y'))
  const later = await Promise.all([first, binding.save(), binding.save(), binding.save()])
  assert.deepEqual(later, ['success', 'success', 'success', 'success'])
  assert.equal(server.text('a.txt'), 'yxone')
  assert.equal(server.counts.write, 2)
  assert.equal(server.counts.stat, 4, 'one look before and one after each of two writes')
})

test('[JUPYTER-18] failing writes are tried again with growing pauses and never lose the dirty mark', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding, events } = await open('a.txt', { policy: { retryMinMs: 40, retryMaxMs: 5_000 } })
  server.faults.writeStatus = 500
  const times: number[] = []
  room.doc.on('afterTransaction', (transaction: { origin: unknown }) => {
    if (transaction.origin === 'intent') times.push(performance.now())
  })
  room.type((doc) => {
    insert('x')(doc)
    doc.getMap('state').set('dirty', true)
  })
  await until(() => times.length === 4)
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  assert.ok(pauses[0]! >= 39 && pauses[1]! >= 79 && pauses[2]! >= 159, `pauses ${pauses.join(', ')}`)
  assert.equal(room.state('dirty'), true)
  assert.equal(binding.hasUnsavedChanges, true)
  server.faults.writeStatus = undefined
  await until(() => room.state('dirty') === false)
  assert.equal(server.text('a.txt'), 'xone')
  assert.deepEqual(
    events
      .filter(({ kind }) => kind !== 'saved' && kind !== 'imported')
      .map(({ kind, detail }) => [kind, detail]),
    [
      ['trouble', 'write-failed'],
      ['recovered', 'write-failed'],
    ],
  )
})

test('[JUPYTER-18] when Jupyter is back the save does not wait for its next try', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room } = await open('a.txt', { policy: { retryMinMs: 60_000, retryMaxMs: 60_000 } })
  server.faults.isDown = true
  room.type(insert('x'))
  const { length } = server.requests
  await until(() => server.requests.length > length + 3)
  server.faults.isDown = false
  await until(() => server.text('a.txt') === 'xone')
})

test('[JUPYTER-19] a read-only file is not written, and is when it becomes writable', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  server.setWritable('a.txt', false)
  const { room, binding, events } = await open('a.txt')
  room.type(insert('x'))
  await until(() => events.some(({ detail }) => detail === 'read-only'))
  assert.equal(await binding.save(), 'failed')
  assert.equal(binding.hasUnsavedChanges, false)
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 4)
  assert.equal(server.counts.write, 0)
  server.setWritable('a.txt', true)
  await until(() => server.text('a.txt') === 'xone')
})

test('[JUPYTER-19] a refused write is not repeated by itself', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding, events } = await open('a.txt')
  server.faults.writeStatus = 403
  room.type(insert('x'))
  await until(() => events.some(({ detail }) => detail === 'rejected'))
  room.type(insert('y'))
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 4)
  assert.equal(server.counts.write, 1)
  assert.equal(await binding.save(), 'failed')
  assert.equal(server.counts.write, 2)
  server.faults.writeStatus = undefined
  assert.equal(await binding.save(), 'success')
  assert.equal(server.text('a.txt'), 'yxone')
})

test('[JUPYTER-20] a file that vanished is not created by autosave, and is by a manual save', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding, events } = await open('a.txt')
  server.files.delete('a.txt')
  await until(() => events.some(({ detail }) => detail === 'missing'))
  assert.deepEqual(room.notices.at(-1), { type: 'file', trouble: 'missing' })
  room.type(insert('x'))
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 4)
  assert.equal(server.counts.write, 0)
  assert.equal(await binding.save(), 'success')
  assert.equal(server.text('a.txt'), 'xone')
  room.type(insert('y'))
  await until(() => server.text('a.txt') === 'yxone')
})

test('[JUPYTER-20] an autosave that is the first to find the file missing does not create it', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, events } = await open('a.txt', { policy: { pollMs: 60_000 } })
  server.files.delete('a.txt')
  room.type(insert('x'))
  await until(() => events.some(({ detail }) => detail === 'missing'))
  assert.equal(server.counts.write, 0)
})

test('[JUPYTER-20] a vanished file that comes back changed is merged', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\n')
  const { room, events } = await open('a.txt')
  server.files.delete('a.txt')
  await until(() => events.some(({ detail }) => detail === 'missing'))
  room.type(insert('live '))
  server.put('a.txt', 'one\ntwo\nthree\n')
  await until(() => server.text('a.txt') === 'live one\ntwo\nthree\n')
})

test('[JUPYTER-21] a file deleted in Jupyter is never written again', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt')
  server.files.delete('a.txt')
  binding.deleted()
  room.type(insert('x'))
  assert.equal(await binding.save(), 'failed')
  assert.equal(binding.hasUnsavedChanges, false)
  await binding.close()
  assert.equal(server.files.size, 0)
})

test('[JUPYTER-22] a closing room saves what is unsaved', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt', { policy: { saveDelayMs: 60_000 } })
  room.type(insert('x'))
  await Promise.all([binding.close(), binding.close()])
  assert.equal(server.text('a.txt'), 'xone')
  assert.equal(server.counts.write, 1)
})

test('[JUPYTER-22] closing ends at its deadline when Jupyter hangs', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room, binding, errors } = await open('a.txt', {
    policy: { saveDelayMs: 60_000, closeDeadlineMs: 60 },
  })
  room.type(insert('x'))
  server.faults.delayMs = 10_000
  const startedAt = performance.now()
  await binding.close()
  assert.ok(performance.now() - startedAt < 5_000)
  assert.deepEqual(errors, [])
})

test('[JUPYTER-23] CRLF stays CRLF, and new lines of a mixed file do not change the others', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('dos.txt', 'one\r\ntwo\r\n')
  server.put('mixed.txt', 'a\r\nb\nc\r\n')
  const dos = await open('dos.txt')
  assert.equal(dos.room.text, 'one\ntwo\n')
  dos.room.type(insert('zero\n'))
  assert.equal(await dos.binding.save(), 'success')
  assert.equal(server.text('dos.txt'), 'zero\r\none\r\ntwo\r\n')
  const mixed = await open('mixed.txt')
  mixed.room.type(insert('x\n', 2))
  assert.equal(await mixed.binding.save(), 'success')
  mixed.room.type(insert('y\n', 2))
  assert.equal(await mixed.binding.save(), 'success')
  assert.equal(server.text('mixed.txt'), 'a\r\ny\r\nx\r\nb\nc\r\n')
})
