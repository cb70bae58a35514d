import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { conflictPath } from '../../src/jupyter/file-binding-disk.ts'
import { fileFixture, notebook } from '../support/file-fixture.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'

const insert =
  (text: string, at = 0) =>
  (doc: Y.Doc) =>
    doc.getText('source').insert(at, text)

test('[JUPYTER-30] the file is looked at without its content, and only while somebody is there', async (t) => {
  const { server, open } = await fileFixture(t)
  const clock = new ManualClock()
  server.put('a.txt', 'one')
  const { room } = await open('a.txt', { clock, policy: { pollMs: 1_000 } })
  const tick = async (): Promise<void> => {
    clock.advance(1_000)
    // The next look is scheduled when this one is over.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await tick()
  await until(() => server.counts.stat === 1)
  await until(async () => {
    await tick()
    return server.counts.stat === 2
  })
  room.people = []
  for (let ticks = 0; ticks < 20; ticks += 1) await tick()
  assert.equal(server.counts.stat, 2)
  room.people = [{}]
  await tick()
  await until(() => server.counts.stat === 3)
  assert.equal(server.counts.read, 1)
})

test('[JUPYTER-31] touching the file changes nothing but what is remembered', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one')
  const { room } = await open('a.txt')
  let updates = 0
  room.doc.on('update', () => (updates += 1))
  server.touch('a.txt')
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 2)
  assert.equal(server.counts.read, 1)
  assert.equal(updates, 0)
})

test('[JUPYTER-31] without hashes a touched file is read once and only its time is taken over', async (t) => {
  const { server, open } = await fileFixture(t)
  server.faults.hasHashes = false
  server.put('a.txt', 'one')
  const { room, binding } = await open('a.txt')
  assert.equal(room.state('hash'), undefined)
  server.touch('a.txt')
  await until(() => room.edits.includes('file'))
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 2)
  assert.equal(server.counts.read, 2)
  room.type(insert('x'))
  assert.equal(await binding.save(), 'success')
  server.put('a.txt', 'xone and more')
  await until(() => room.text === 'xone and more')
})

test('[JUPYTER-31] a file that was only written anew by nbformat gives a new hash and no change', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1'))
  const { room, binding } = await open('a.ipynb')
  const before = JSON.stringify(room.doc.getArray('cells'))
  server.put('a.ipynb', JSON.stringify(notebook('1')))
  await until(() => room.state('hash') === server.hash('a.ipynb'))
  assert.equal(JSON.stringify(room.doc.getArray('cells')), before)
  assert.equal(binding.hasUnsavedChanges, false)
  assert.equal(server.counts.write, 0)
})

test('[JUPYTER-32] a change on disk arrives as small edits with its hash, and cursors stay', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const { room, binding, events } = await open('a.txt')
  const text = room.doc.getText('source')
  const cursor = Y.createRelativePositionFromTypeIndex(text, 6)
  let hashOfMerge: unknown
  let bytes = 0
  room.doc.on('update', (update: Uint8Array) => (bytes += update.length))
  room.doc.on('afterTransaction', (transaction: Y.Transaction) => {
    if (transaction.origin === 'merge') hashOfMerge = room.state('hash')
  })
  server.put('a.txt', 'zero\none\ntwo\nthree\n')
  await until(() => room.text === 'zero\none\ntwo\nthree\n')
  assert.equal(hashOfMerge, server.hash('a.txt'))
  assert.equal(Y.createAbsolutePositionFromRelativePosition(cursor, room.doc)?.index, 11)
  assert.ok(bytes < 250, `${bytes} bytes`)
  assert.equal(room.state('dirty'), false)
  assert.equal(binding.hasUnsavedChanges, false)
  assert.equal(server.counts.write, 0)
  assert.ok(events.some(({ kind }) => kind === 'merged'))
})

test('[JUPYTER-32] cells changed on both sides: nothing is lost, the disk’s version lies below', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('same', 'both'))
  const { room, binding } = await open('a.ipynb', { policy: { saveDelayMs: 60_000 } })
  room.type((doc) => {
    const cell = doc.getArray<Y.Map<Y.Text>>('cells').get(1)
    cell.get('source')?.insert(4, ' live')
  })
  server.putNotebook('a.ipynb', notebook('same', 'both disk', 'new'))
  await until(() => room.doc.getArray('cells').length === 4)
  assert.equal(await binding.save(), 'success')
  const saved = server.notebook('a.ipynb').cells.map((cell) => cell.source)
  assert.deepEqual(saved, ['same', 'both live', 'both disk', 'new'])
  assert.equal(new Set(server.notebook('a.ipynb').cells.map((cell) => cell.id)).size, 4)
})

test('[JUPYTER-33] an emptied file is believed only when it stays empty', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\n')
  const { room } = await open('a.txt')
  server.put('a.txt', '')
  await until(() => server.counts.read >= 2)
  assert.equal(room.text, 'one\ntwo\n')
  server.put('a.txt', 'one\ntwo\nthree\n')
  await until(() => room.text === 'one\ntwo\nthree\n')
  assert.equal(room.edits.filter((origin) => origin === 'merge').length, 1)
  server.put('a.txt', 'one\n')
  await until(() => room.text === 'one\n')
})

test('[JUPYTER-33] a manual save waits for a file that looks torn', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const { room, binding } = await open('a.txt', { policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  room.type(insert('live '))
  server.put('a.txt', 'one\ntwo\n')
  const saved = binding.save()
  await until(() => server.counts.read >= 2)
  assert.equal(server.counts.write, 0)
  assert.equal(await saved, 'success')
  assert.equal(server.text('a.txt'), 'live one\ntwo\n')
})

test('[JUPYTER-34] a torn own write is written again, and deletes nothing in the document', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\ntwo\nthree\n')
  const { room } = await open('a.txt')
  for (const tearsAt of [0, 3, 9, 16]) {
    const wanted = `${room.text}line ${tearsAt}\n`
    server.faults.tearsWriteAt = tearsAt
    room.type(insert(`line ${tearsAt}\n`, room.text.length))
    await until(() => server.text('a.txt') === wanted)
    assert.equal(room.text, wanted)
    await until(() => room.state('hash') === server.hash('a.txt'))
  }
  assert.ok(!room.edits.includes('merge'))
  assert.equal(server.files.size, 1)
})

test('[JUPYTER-34] a torn notebook of ours is written again', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1', '2'))
  const { room } = await open('a.ipynb')
  server.faults.tearsWriteAt = 30
  room.type((doc) => doc.getArray<Y.Map<Y.Text>>('cells').get(0).get('source')?.insert(1, '0'))
  await until(
    () => server.text('a.ipynb').endsWith('}\n') && server.notebook('a.ipynb').cells[0]?.source === '10',
  )
  assert.equal(room.doc.getArray('cells').length, 2)
})

test('[JUPYTER-35] a file that cannot be parsed is left alone until it can be', async (t) => {
  const { server, open } = await fileFixture(t)
  server.putNotebook('a.ipynb', notebook('1'))
  const { room, binding, events } = await open('a.ipynb')
  const broken = `<<<<<<< HEAD\n${server.text('a.ipynb')}`
  server.put('a.ipynb', broken)
  await until(() => events.some(({ detail }) => detail === 'unreadable'))
  const { read } = server.counts
  room.type((doc) => doc.getArray<Y.Map<Y.Text>>('cells').get(0).get('source')?.insert(1, '0'))
  assert.equal(await binding.save(), 'failed')
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 3)
  assert.equal(server.text('a.ipynb'), broken)
  assert.equal(server.counts.read, read, 'the same broken file is not read again and again')
  server.putNotebook('a.ipynb', notebook('1', 'mended'))
  await until(() => server.notebook('a.ipynb').cells[0]?.source === '10')
  assert.deepEqual(
    server.notebook('a.ipynb').cells.map((cell) => cell.source),
    ['10', 'mended'],
  )
})

test('[JUPYTER-36] what cannot be merged into a text is kept in a file beside it first', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('d/a.txt', 'one\r\ntwo\r\n')
  const { room, events } = await open('d/a.txt', { policy: { pollMs: 60_000, saveDelayMs: 30 } })
  room.type((doc) => {
    doc.getText('source').delete(0, 3)
    insert('live')(doc)
  })
  server.put('d/a.txt', 'disk\r\ntwo\r\n')
  let seen: string[] = []
  server.faults.beforeWrite = (path) => {
    if (path === 'd/a.txt') seen = [...server.files.keys()]
  }
  await until(() => server.text('d/a.txt') === 'live\r\ntwo\r\n')
  const beside = seen.find((path) => path !== 'd/a.txt')
  assert.match(beside ?? '', /^d\/a\.conflict-[0-9a-f]{8}\.txt$/)
  assert.equal(server.text(beside ?? ''), 'disk\r\ntwo\r\n')
  assert.ok(events.some(({ kind, detail }) => kind === 'kept-beside' && detail === beside))
})

test('[JUPYTER-36] a copy that was cut is written again, and one that somebody edited is left alone', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\n')
  const first = await open('a.txt', { policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  first.room.type((doc) => {
    doc.getText('source').delete(0, 3)
    insert('live')(doc)
  })
  const durable = first.room.crash()
  server.put('a.txt', 'disk\n')
  server.faults.tearsWriteAt = 2
  await open('a.txt', { durable, policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  const beside = [...server.files.keys()].find((path) => path !== 'a.txt') ?? ''
  assert.equal(server.text(beside), 'di')
  await open('a.txt', { durable, policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  assert.equal(server.text(beside), 'disk\n')
  server.put(beside, 'my notes about it\n')
  await open('a.txt', { durable, policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  assert.equal(server.text(beside), 'my notes about it\n')
  assert.equal(server.files.size, 2)
})

test('[JUPYTER-36] when the disk’s version cannot be kept, nothing is overwritten', async (t) => {
  const { server, open } = await fileFixture(t)
  server.put('a.txt', 'one\n')
  const { room, binding } = await open('a.txt', { policy: { pollMs: 60_000, saveDelayMs: 60_000 } })
  room.type((doc) => {
    doc.getText('source').delete(0, 3)
    insert('live')(doc)
  })
  server.put('a.txt', 'disk\n')
  server.faults.writeStatus = 403
  assert.equal(await binding.save(), 'failed')
  server.faults.writeStatus = undefined
  assert.equal(server.text('a.txt'), 'disk\n')
  assert.equal(room.text, 'live\n')
})

test('[JUPYTER-36] the file beside has a name that says what it is', () => {
  assert.equal(conflictPath('a.txt', '12'), 'a.conflict-12.txt')
  assert.equal(conflictPath('d.x/a.tar.gz', '12'), 'd.x/a.tar.conflict-12.gz')
  assert.equal(conflictPath('d.x/Makefile', '12'), 'd.x/Makefile.conflict-12')
  assert.equal(conflictPath('.bashrc', '12'), '.bashrc.conflict-12')
})
