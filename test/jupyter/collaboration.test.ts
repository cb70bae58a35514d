import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Doc } from 'yjs'
import { Collaboration } from '../../src/jupyter/collaboration.ts'
import { ContentsClient } from '../../src/jupyter/contents-client.ts'
import type { FilePolicy } from '../../src/jupyter/file-binding-policy.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { type DocumentId, type RoomName, documentId } from '../../src/protocol/names.ts'
import { ContentsServer } from '../support/contents-server.ts'
import { QUICK, notebook } from '../support/file-fixture.ts'
import { type FileRoom, FileRooms, MemoryFileIndex, TEST_LINEAGE } from '../support/file-room.ts'
import { until } from '../support/until.ts'

type Fixture = {
  readonly server: ContentsServer
  readonly files: MemoryFileIndex
  readonly rooms: FileRooms
  readonly collaboration: Collaboration
  readonly roomOf: (path: string) => Promise<FileRoom>
}

async function fixture(t: TestContext, policy: Partial<FilePolicy> = {}): Promise<Fixture> {
  const server = await ContentsServer.start()
  const contents = new ContentsClient({ url: server.url, token: server.token })
  const rooms = new FileRooms()
  const files = new MemoryFileIndex()
  const collaboration = new Collaboration({
    rooms,
    files,
    contents,
    policy: { ...QUICK, ...policy },
    onError: (error) => assert.fail(error as Error),
  })
  t.after(async () => {
    await rooms.closeAll()
    contents.close()
    await server.close()
  })
  const roomOf = async (path: string): Promise<FileRoom> => {
    const { fileId, format, type } = await collaboration.session(path, 'text', 'file')
    const room = rooms.rooms.get(documentId('jupyter', `${format}:${type}:${fileId}` as RoomName))
    assert.ok(room)
    return room
  }
  return { server, files, rooms, collaboration, roomOf }
}

const code = (expected: string, text?: RegExp) => (error: unknown) =>
  error instanceof SyncError && error.code === expected && (text === undefined || text.test(error.message))
const insert = (text: string) => (doc: Doc) => doc.getText('source').insert(0, text)

test('[JUPYTER-42] a session names the room, its lineage, and whether the path is new', async (t) => {
  const { server, collaboration } = await fixture(t)
  server.putNotebook('d/a.ipynb', notebook('1'))
  const session = await collaboration.session('d/a.ipynb', 'json', 'notebook')
  assert.deepEqual(session, {
    fileId: 'file-1',
    format: 'json',
    type: 'notebook',
    sessionId: TEST_LINEAGE,
    isNew: true,
  })
  const again = await collaboration.session('/d//a.ipynb/', 'json', 'notebook')
  assert.deepEqual(again, { ...session, isNew: false })
})

test('[JUPYTER-50] a path that was encoded twice is found, and the literal one first', async (t) => {
  const { server, collaboration } = await fixture(t)
  server.put('my notes.txt', 'one')
  server.put('50%25.txt', 'literal')
  server.put('50%.txt', 'decoded')
  const decoded = await collaboration.session('my%20notes.txt', 'text', 'file')
  const plain = await collaboration.session('my notes.txt', 'text', 'file')
  assert.equal(decoded.fileId, plain.fileId)
  const literal = await collaboration.session('50%25.txt', 'text', 'file')
  const other = await collaboration.session('50%.txt', 'text', 'file')
  assert.notEqual(literal.fileId, other.fileId)
})

test('[JUPYTER-2] a session for what cannot be opened fails, and mints no file id for a missing path', async (t) => {
  const { server, files, collaboration, rooms } = await fixture(t)
  await assert.rejects(collaboration.session('missing.txt', 'text', 'file'), code('not_found'))
  assert.equal(await files.find('missing.txt'), undefined)
  await assert.rejects(collaboration.session('x.dir', 'text', 'file'), code('bad_request'))
  for (const path of ['', '/', '../a.txt', 'd/../a.txt', './a.txt', 'a\0b']) {
    await assert.rejects(collaboration.session(path, 'text', 'file'), code('bad_request'), path)
  }
  server.put('a.txt', 'one')
  await assert.rejects(collaboration.session('a.txt', 'base64', 'blob'), code('bad_request'))
  server.faults.isDown = true
  await assert.rejects(collaboration.session('a.txt', 'text', 'file'), code('jupyter_unreachable'))
  assert.equal(rooms.rooms.size, 0)
})

test('[JUPYTER-42] only known files and types have rooms; the presence room keeps nothing', async (t) => {
  const { server, collaboration } = await fixture(t)
  server.put('a.txt', 'one')
  const { fileId } = await collaboration.session('a.txt', 'text', 'file')
  const specOf = (name: string) => collaboration.roomSpec(name as RoomName)
  assert.equal((await specOf(`text:file:${fileId}`))?.persistence, 'durable')
  for (const name of [
    'text:file:unknown',
    `base64:blob:${fileId}`,
    fileId,
    `text:${fileId}`,
    'text:file:',
    'JupyterLab:x',
  ])
    assert.equal(await specOf(name), undefined, name)
  assert.deepEqual(await specOf('JupyterLab:globalAwareness'), {
    document: 'jupyter/JupyterLab:globalAwareness',
    dialect: 'jupyter',
    persistence: 'transient',
  })
})

test('[JUPYTER-41] a second view of an open file is refused, and welcome once the first is closed', async (t) => {
  const { server, collaboration, rooms } = await fixture(t)
  server.putNotebook('a.ipynb', notebook('1'))
  const { fileId } = await collaboration.session('a.ipynb', 'json', 'notebook')
  await assert.rejects(
    collaboration.session('a.ipynb', 'text', 'file'),
    code('bad_request', /open as a notebook/),
  )
  const spec = await collaboration.roomSpec(`text:file:${fileId}` as RoomName)
  assert.ok(spec)
  await assert.rejects(rooms.open(spec), code('bad_request'))
  await rooms.close(`jupyter/json:notebook:${fileId}` as DocumentId)
  assert.equal((await collaboration.session('a.ipynb', 'text', 'file')).fileId, fileId)
  await assert.rejects(
    collaboration.session('a.ipynb', 'json', 'notebook'),
    code('bad_request', /open as a file/),
  )
})

test('[JUPYTER-41] a room that failed to open does not block another view', async (t) => {
  const { server, collaboration } = await fixture(t)
  server.put('a.ipynb', 'no notebook at all')
  await assert.rejects(collaboration.session('a.ipynb', 'json', 'notebook'), code('bad_request'))
  await collaboration.session('a.ipynb', 'text', 'file')
})

test('[JUPYTER-40] a room follows its file through renames, of its folder too', async (t) => {
  const { server, files, collaboration, roomOf } = await fixture(t)
  server.put('d/a.txt', 'one')
  const room = await roomOf('d/a.txt')
  const fileId = await files.find('d/a.txt')
  server.rename('d/a.txt', 'd/b.txt')
  await collaboration.contentsChanged({ kind: 'renamed', from: 'd/a.txt', to: 'd/b.txt' })
  assert.equal(room.state('path'), 'd/b.txt')
  server.rename('d/b.txt', 'e/f/b.txt')
  await collaboration.contentsChanged({ kind: 'renamed', from: '/d/', to: 'e/f' })
  assert.equal(room.state('path'), 'e/f/b.txt')
  assert.equal(await files.find('e/f/b.txt'), fileId)
  room.type(insert('x'))
  await until(() => server.text('e/f/b.txt') === 'xone')
  assert.deepEqual([...server.files.keys()], ['e/f/b.txt'])
})

test('[JUPYTER-40] a file beside a renamed one with the same beginning is left alone', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t)
  server.put('dir2/a.txt', 'one')
  const room = await roomOf('dir2/a.txt')
  await collaboration.contentsChanged({ kind: 'renamed', from: 'dir', to: 'other' })
  await collaboration.contentsChanged({ kind: 'deleted', path: 'dir' })
  assert.equal(room.state('path'), 'dir2/a.txt')
  assert.equal(await room.binding?.save(), 'success')
})

test('[JUPYTER-21] deleting a folder in Jupyter reaches the rooms in it', async (t) => {
  const { server, files, collaboration, roomOf } = await fixture(t)
  server.put('d/a.txt', 'one')
  const room = await roomOf('d/a.txt')
  server.files.clear()
  await collaboration.contentsChanged({ kind: 'deleted', path: 'd' })
  room.type(insert('x'))
  assert.equal(await room.binding?.save(), 'failed')
  assert.equal(server.files.size, 0)
  assert.equal(await files.find('d/a.txt'), undefined)
})

test('[JUPYTER-32] a file written through Jupyter by somebody else is looked at at once', async (t) => {
  const { server, rooms, collaboration, roomOf } = await fixture(t)
  server.put('a.txt', 'one')
  const room = await roomOf('a.txt')
  room.people = []
  const looks = server.counts.stat
  server.put('a.txt', 'one\ntwo')
  await collaboration.contentsChanged({ kind: 'written', path: 'a.txt' })
  await until(() => room.text === 'one\ntwo')
  assert.ok(server.counts.stat > looks)
  assert.equal(rooms.rooms.size, 1)
})

test('[JUPYTER-43] settled waits for the save under way and for clients to learn the hash', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t)
  server.put('a.txt', 'one')
  const room = await roomOf('a.txt')
  await collaboration.settled('a.txt')
  await collaboration.settled('unknown.txt')
  await collaboration.settled('')
  let letWrite = (): void => {}
  server.faults.beforeWrite = () => new Promise<void>((resolve) => (letWrite = resolve))
  let savedAt = 0
  room.doc.on('afterTransaction', (transaction: { origin: unknown }) => {
    if (transaction.origin === 'saved') savedAt = performance.now()
  })
  room.type(insert('x'))
  await until(() => server.counts.write === 1)
  let isSettled = false
  const settled = collaboration.settled('a.txt').then(() => (isSettled = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isSettled, false)
  letWrite()
  await until(() => server.text('a.txt') === 'xone' && room.state('hash') === server.hash('a.txt'))
  await settled
  assert.ok(performance.now() - savedAt >= QUICK.hashGraceMs - 1)
})

test('[JUPYTER-44] while a rename passes alone, no save brings the old name back', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t)
  server.put('a.txt', 'one')
  const room = await roomOf('a.txt')
  await collaboration
    .alone(['a.txt', '/a.txt', '', 'unknown'], async () => {
      room.type(insert('x'))
      const saved = room.binding?.save()
      await roundTrips(server, collaboration)
      assert.equal(server.counts.write, 0)
      server.rename('a.txt', 'b.txt')
      await collaboration.contentsChanged({ kind: 'renamed', from: 'a.txt', to: 'b.txt' })
      return { saved }
    })
    .then(async ({ saved }) => assert.equal(await saved, 'success'))
  await until(() => server.text('b.txt') === 'xone')
  assert.deepEqual([...server.files.keys()].toSorted(), ['b.txt', 'other.txt'])
})

test('[JUPYTER-44] what runs alone waits for the save under way', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t)
  server.put('a.txt', 'one')
  const room = await roomOf('a.txt')
  let letWrite = (): void => {}
  server.faults.beforeWrite = () => new Promise<void>((resolve) => (letWrite = resolve))
  room.type(insert('x'))
  await until(() => server.counts.write === 1)
  let isAlone = false
  const alone = collaboration.alone(['a.txt'], async () => {
    isAlone = true
    return server.text('a.txt')
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isAlone, false)
  letWrite()
  assert.equal(await alone, 'xone')
})

/** Long enough for a save that does not wait for its turn to be seen. */
async function roundTrips(server: ContentsServer, collaboration: Collaboration): Promise<void> {
  server.put('other.txt', 'two')
  await collaboration.session('other.txt', 'text', 'file')
  const looks = server.counts.stat
  await until(() => server.counts.stat > looks + 4)
}

test('[JUPYTER-44] a task that fails does not keep saves away for ever', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t)
  server.put('a.txt', 'one')
  const room = await roomOf('a.txt')
  await assert.rejects(
    collaboration.alone(['a.txt'], async () => {
      throw new Error('no')
    }),
    /no/,
  )
  room.type(insert('x'))
  assert.equal(await room.binding?.save(), 'success')
})

test('[STATE-4] before Jupyter ends every open file is saved, also where nobody wants autosave', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t, { saveDelayMs: 60_000, saveMaxWaitMs: 60_000 })
  for (const path of ['a.txt', 'b.txt', 'c.txt']) server.put(path, path)
  const [a, b] = [await roomOf('a.txt'), await roomOf('b.txt'), await roomOf('c.txt')]
  b.people = [{ autosave: false }]
  a.type(insert('1'))
  b.type(insert('2'))
  const seen: string[] = []
  const unsaved = await collaboration.saveAndLeave(async () => {
    seen.push(server.text('a.txt'), server.text('b.txt'))
  }, 5_000)
  assert.deepEqual(seen, ['1a.txt', '2b.txt'])
  assert.deepEqual(unsaved, [])
  assert.equal(server.counts.write, 2)
})

test('[STATE-4] a file that cannot be saved in time is named, and the rooms are left all the same', async (t) => {
  const { server, collaboration, roomOf } = await fixture(t, { saveDelayMs: 60_000, saveMaxWaitMs: 60_000 })
  server.put('a.txt', 'a')
  server.put('b.txt', 'b')
  const [a, b] = [await roomOf('a.txt'), await roomOf('b.txt')]
  a.type(insert('1'))
  b.type(insert('2'))
  let release = (): void => {}
  server.faults.beforeWrite = (path) =>
    path === 'b.txt' ? new Promise((resolve) => (release = resolve)) : undefined
  t.after(() => release())
  let hasLeft = false
  const unsaved = await collaboration.saveAndLeave(async () => {
    hasLeft = true
  }, 200)
  assert.deepEqual([unsaved, hasLeft, server.text('a.txt')], [['b.txt'], true, '1a'])
  release()
})
