import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import type { BoundRoom, DocumentBinding } from '../../src/room/ports.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

test('two clients converge on what both typed', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  ann.text.insert(0, 'hello')
  bob.text.insert(0, 'HELLO ')
  await until(() => ann.text.length === 11 && ann.text.toJSON() === bob.text.toJSON())
})

test('[ROOM-10] no peer is sent an update before its record is durable', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  await until(() => ann.isSynced && bob.isSynced)
  room.store.hold()
  const seen = bob.frames.length
  ann.text.insert(0, 'secret')
  await until(() => room.store.appends > 0)
  assert.equal(bob.frames.length, seen)
  room.store.release()
  await until(() => bob.text.toJSON() === 'secret')
  const stored = await room.store.load(testDocument())
  assert.ok(stored !== undefined && stored.tail.length > 0)
})

test('[ROOM-11] a step 2 waits for everything received before it', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  room.store.hold()
  ann.text.insert(0, 'typed before the join')
  const bob = await room.join(new RoomClient('bob'))
  await until(() => room.store.appends > 0)
  assert.equal(bob.isSynced, false)
  room.store.release()
  await until(() => bob.isSynced)
  assert.equal(bob.text.toJSON(), 'typed before the join')
})

test('[ROOM-11] a step 2 waits also for what was received while a batch was being written', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  const releaseFirst = room.store.hold()
  ann.text.insert(0, 'in the batch, ')
  await until(() => room.store.appends === 1)
  ann.text.insert(14, 'after it')
  ann.isSynced = false
  ann.start(ann.session!)
  room.store.hold()
  releaseFirst()
  await until(() => room.store.appends === 2)
  assert.equal(ann.isSynced, false)
  room.store.release()
  await until(() => ann.isSynced)
  const stored = await room.store.load(testDocument())
  assert.equal(stored?.tail.length, 2)
})

for (const isWritten of [false, true]) {
  test(`[ROOM-12] an append that fails ${isWritten ? 'after' : 'before'} it was written is repeated without a double`, async (t) => {
    const room = roomFixture(t)
    const ann = await room.join(new RoomClient('ann'))
    const bob = await room.join(new RoomClient('bob'))
    await until(() => ann.isSynced && bob.isSynced)
    room.store.failNextAppend(isWritten)
    ann.text.insert(0, 'once')
    await until(() => room.loop.failure !== undefined)
    assert.equal(bob.text.toJSON(), '')
    room.clock.advance(10)
    await until(() => bob.text.toJSON() === 'once')
    assert.equal(room.loop.failure, undefined)
    const stored = await room.store.load(testDocument())
    assert.deepEqual(
      stored?.tail.map((record) => record.seq),
      [2],
    )
  })
}

test('[ROOM-12] beyond the limit of unwritten edits the sender is closed with a retryable reason', async (t) => {
  const room = roomFixture(t, { maxPendingBytes: 4096 })
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  room.store.hold()
  ann.text.insert(0, 'a')
  await until(() => room.store.appends > 0)
  for (let i = 0; i < 10 && ann.isOpen; i += 1) ann.text.insert(0, 'x'.repeat(1000))
  assert.equal(ann.closedWith, 'try_again_later')
})

test('[ROOM-13] the only author of a batch is not sent its own update, and several get the others', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  await until(() => ann.isSynced && bob.isSynced)
  const seen = ann.frames.length
  ann.text.insert(0, 'mine')
  await until(() => bob.text.toJSON() === 'mine')
  assert.equal(ann.frames.length, seen)
  ann.text.insert(0, 'A')
  bob.text.insert(0, 'B')
  await until(() => ann.text.length === 6 && ann.text.toJSON() === bob.text.toJSON())
})

test('[ROOM-78] an edit after which Yjs would tidy up formatting is shown and stored whole', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  // As rich text editors keep it: a text inside of an element.
  ann.doc.getArray('page').insert(0, [new Y.Text('a plain word')])
  const paragraphOf = ({ doc }: { doc: Y.Doc }): Y.Text => doc.getArray<Y.Text>('page').get(0)
  await until(() => bob.doc.getArray('page').length === 1)
  // Both do the same, so one of the two is superfluous.
  paragraphOf(ann).format(0, 7, { bold: true })
  paragraphOf(bob).format(0, 7, { bold: true })
  paragraphOf(bob).insert(12, ' and more')
  await until(() => paragraphOf(ann).length === 21)
  await room.loop.idle()
  const stored = new Y.Doc()
  for (const { bytes } of (await room.store.load(testDocument()))?.tail ?? []) Y.applyUpdate(stored, bytes)
  assert.deepEqual(paragraphOf({ doc: stored }).toDelta(), paragraphOf(ann).toDelta())
})

test('[ROOM-14] an update that refers to something unknown waits outside the document', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  await until(() => ann.isSynced && bob.isSynced)
  const offline = new Y.Doc()
  const updates: Uint8Array[] = []
  offline.on('update', (update: Uint8Array) => updates.push(update))
  offline.getText('source').insert(0, 'first')
  offline.getText('source').insert(5, ' second')
  const [first, second] = updates
  const asked = ann.frames.length
  ann.sayUpdate(second!)
  await until(() => ann.frames.length > asked)
  assert.deepEqual(ann.frames.at(-1)!.subarray(0, 2), new Uint8Array([0, 0]), 'asked with a step 1')
  const carol = await room.join(new RoomClient('carol'))
  await until(() => carol.isSynced)
  assert.equal(carol.doc.store.pendingStructs, null)
  ann.sayUpdate(first!)
  await until(() => bob.text.toJSON() === 'first second')
})

test('[ROOM-15] a malformed frame closes its sender and changes nothing for anybody else', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  ann.text.insert(0, 'kept')
  await until(() => bob.text.toJSON() === 'kept')
  for (const frame of [[], [0], [0, 2], [0, 2, 200], [0, 2, 3, 1, 2, 3], [1, 5, 9], [9], [0, 9, 0]]) {
    const mallory = await room.join(new RoomClient('mallory'))
    mallory.session?.receive(new Uint8Array(frame))
    assert.equal(mallory.closedWith, 'bad_request', `frame ${frame.join(' ')}`)
  }
  bob.text.insert(4, ' on')
  await until(() => ann.text.toJSON() === 'kept on')
  assert.equal(ann.isOpen && bob.isOpen, true)
})

test('[ROOM-15] types nested deeper and deeper by many small updates end at the limit', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  let inner = ann.doc.getMap('deep')
  for (let depth = 0; depth < 1000 && ann.isOpen; depth += 1) {
    const next = new Y.Map()
    inner.set('next', next)
    inner = next as typeof inner
    await room.loop.idle()
  }
  assert.equal(ann.closedWith, 'bad_request')
  const bob = await room.join(new RoomClient('bob'))
  await until(() => bob.isSynced)
  assert.ok(JSON.stringify(bob.doc.getMap('deep').toJSON()).length < 5000)
})

test('[ROOM-18] another owner of the document ends the room and sends its people back', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  room.store.isStale = true
  ann.text.insert(0, 'late')
  await until(() => ann.closedWith === 'restarting')
  assert.equal(await room.store.load(testDocument()), undefined)
})

test('[ROOM-56] all of a batch is stored and shown when Yjs tidies up after it', async (t) => {
  const room = roomFixture(t)
  const [ann, bob, eve] = ['ann', 'bob', 'eve'].map((id) => new RoomClient(id))
  for (const client of [ann!, bob!, eve!]) await room.join(client)
  ann!.doc.getXmlFragment('xml').insert(0, [new Y.XmlText('hello world')])
  const textOf = (client: RoomClient): Y.XmlText => client.doc.getXmlFragment('xml').get(0) as Y.XmlText
  await until(() => [bob!, eve!].every((client) => client.doc.getXmlFragment('xml').length === 1))
  // In one batch: the second pair of marks is superfluous, and Yjs deletes it in a transaction of its own.
  for (const client of [ann!, bob!]) textOf(client).format(0, 5, { bold: true })
  await room.loop.idle()
  const stored = await room.store.load(testDocument())
  const reloaded = new Y.Doc()
  for (const record of stored!.tail) Y.applyUpdate(reloaded, record.bytes)
  assert.ok(Y.getState(reloaded.store, ann!.doc.clientID) > 12, 'the marks are not stored')
  await until(() => textOf(eve!).toJSON() === '<bold>hello</bold> world')
  assert.deepEqual(Y.encodeStateVector(eve!.doc), Y.encodeStateVector(reloaded))
})

test('[ROOM-79] a document that breaks inside Yjs is loaded anew, without what was never stored', async (t) => {
  const room = roomFixture(t)
  let live: Y.Doc | undefined
  const binding = (bound: BoundRoom): DocumentBinding => {
    live = bound.doc
    return {
      open: () => Promise.resolve(),
      changed: () => {},
      hasUnsavedChanges: false,
      save: () => Promise.resolve('success'),
      close: () => Promise.resolve(),
    }
  }
  const spec = { ...room.plain, binding }
  const ann = await room.join(new RoomClient('ann'), spec)
  ann.text.insert(0, 'stored. ')
  await room.loop.idle()
  const bob = await room.join(new RoomClient('bob'), spec)
  await until(() => bob.isSynced)
  // Where Yjs collects what was deleted: the document has changed, and its update is not known yet.
  live?.once('afterTransactionCleanup', () => {
    throw new Error('Unexpected case')
  })
  bob.text.insert(0, 'Sent again. ')
  await until(() => ann.closedWith === 'restarting' && bob.closedWith === 'restarting')
  const carol = await room.join(new RoomClient('carol'), spec)
  await until(() => carol.isSynced)
  assert.equal(carol.text.toJSON(), 'stored. ')
  await room.join(new RoomClient('bob', 'edit', bob.doc), spec)
  await until(() => carol.text.toJSON() === 'Sent again. stored. ')
  assert.deepEqual(
    room.errors.map((error) => error instanceof Error && error.message),
    ['plain/demo is broken'],
  )
})
