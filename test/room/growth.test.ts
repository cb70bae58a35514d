import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import type { RoomSpec } from '../../src/room/ports.ts'
import { RoomClient } from '../support/room-client.ts'
import { type RoomFixtureOptions, roomFixture, testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

const LIMIT = 10_000

/** Ids of equal length, so that equal edits are of equal size. */
let lastClientId = 2 ** 31

function newDoc(): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = lastClientId += 1
  return doc
}

function client(id: string): RoomClient {
  return new RoomClient(id, 'edit', newDoc())
}

/** A room whose document is at its limit but for `free` bytes. */
async function fullRoom(t: TestContext, free = 0, options: RoomFixtureOptions = {}) {
  const room = roomFixture(t, { maxDocumentBytes: LIMIT, ...options })
  const owner = await room.join(client('owner'))
  await until(() => owner.isSynced)
  const overhead = updateOf(owner.doc, (text) => text.insert(0, 'x'.repeat(LIMIT - 100))).length - LIMIT + 100
  owner.text.insert(0, 'x'.repeat(LIMIT - free - overhead))
  await room.loop.idle()
  assert.equal(owner.closedWith, undefined)
  assert.equal(Y.encodeStateAsUpdate(owner.doc).length, LIMIT - free)
  return { ...room, owner }
}

async function joined(room: { join: (client: RoomClient) => Promise<RoomClient> }, client: RoomClient) {
  await room.join(client)
  await until(() => client.isSynced)
  return client
}

/** The update of one edit, made without sending it. */
function updateOf(doc: Y.Doc, edit: (text: Y.Text) => void): Uint8Array {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  // Set before, Yjs would change it: somebody else seems to use it.
  copy.clientID = doc.clientID
  const before = Y.encodeStateVector(copy)
  edit(copy.getText('source'))
  return Y.encodeStateAsUpdate(copy, before)
}

test('[ROOM-63] an edit that fills the document to its limit is taken; one byte more is not', async (t) => {
  const somebody = client('somebody')
  await joined(await fullRoom(t), somebody)
  const edit = updateOf(somebody.doc, (text) => text.insert(0, 'y'.repeat(50)))
  const fits = await fullRoom(t, edit.length)
  const ann = await joined(fits, client('ann'))
  ann.sayUpdate(updateOf(ann.doc, (text) => text.insert(0, 'y'.repeat(50))))
  assert.equal(ann.closedWith, undefined)
  const isShort = await fullRoom(t, edit.length - 1)
  const bob = await joined(isShort, client('bob'))
  bob.sayUpdate(updateOf(bob.doc, (text) => text.insert(0, 'y'.repeat(50))))
  assert.equal(bob.closedWith, 'edit_refused')
  assert.deepEqual(isShort.rejections, ['document_full'])
  assert.deepEqual(isShort.warnings, ['edits are refused here: document_full'])
})

test('[ROOM-63] a full document is read and made smaller, and then takes content again', async (t) => {
  const room = await fullRoom(t)
  const ann = await joined(room, client('ann'))
  assert.equal(ann.text.length, room.owner.text.length)
  ann.text.delete(0, 1000)
  await until(() => room.owner.text.length === ann.text.length)
  assert.equal(ann.closedWith, undefined)
  ann.text.insert(0, 'y'.repeat(500))
  await until(() => room.owner.text.toJSON().startsWith('yyy'))
  assert.deepEqual(room.rejections, [])
})

test('[ROOM-63] an edit that takes away as much as it adds is taken by a full document', async (t) => {
  const room = await fullRoom(t)
  const ann = await joined(room, client('ann'))
  ann.doc.transact(() => {
    ann.text.delete(0, 300)
    ann.text.insert(0, 'y'.repeat(100))
  })
  await until(() => room.owner.text.toJSON().startsWith('yyy'))
  // What it takes away was deleted already: that pays for nothing.
  const stale = client('bob')
  Y.applyUpdate(stale.doc, Y.encodeStateAsUpdate(room.owner.doc))
  stale.doc.transact(() => {
    stale.text.delete(500, 300)
    stale.text.insert(0, 'z'.repeat(100))
  })
  ann.text.delete(500, 300)
  ann.text.insert(0, 'y'.repeat(400))
  await room.join(stale)
  await until(() => stale.closedWith === 'edit_refused')
  assert.equal(room.owner.text.toJSON().includes('z'), false)
})

test('[ROOM-64] a client that comes back with what was refused stays, reads and deletes, and goes without it', async (t) => {
  const room = await fullRoom(t)
  const ann = await joined(room, client('ann'))
  ann.text.insert(0, 'too much')
  assert.equal(ann.closedWith, 'edit_refused')
  ann.session?.leave()
  // The same document in another connection of somebody else, as in open mode without a cookie.
  const again = await joined(room, new RoomClient('visitor', 'edit', ann.doc))
  await until(() => room.rejections.length === 2)
  assert.equal(again.closedWith, undefined)
  again.text.insert(0, 'and more')
  assert.equal(again.closedWith, undefined)
  room.owner.text.delete(0, 10)
  await until(() => again.text.length === room.owner.text.length + 'too much'.length + 'and more'.length)
  again.text.delete(again.text.length - 100, 100)
  await until(() => again.text.length === room.owner.text.length + 'too much'.length + 'and more'.length)
  assert.equal(room.owner.text.toJSON().includes('much'), false)
})

test('[ROOM-64] what was refused is asked for again when there is space', async (t) => {
  const room = await fullRoom(t)
  const ann = await joined(room, client('ann'))
  ann.text.insert(0, 'too much')
  ann.session?.leave()
  const again = await joined(room, new RoomClient('ann', 'edit', ann.doc))
  await until(() => room.rejections.length === 2)
  room.clock.advance(60_000)
  assert.equal(room.owner.text.toJSON().includes('much'), false)
  room.owner.text.delete(0, 1000)
  await room.loop.idle()
  room.clock.advance(10_000)
  await until(() => room.owner.text.toJSON().includes('too much'))
  assert.equal(again.session?.lacksEdits, false)
})

test('[ROOM-64] JupyterLab is told by a dialog, once, and its saves are answered honestly', async (t) => {
  const room = roomFixture(t, { maxDocumentBytes: 1000 })
  const spec: RoomSpec = {
    ...room.plain,
    document: testDocument('file'),
    dialect: 'jupyter',
    binding: () => ({
      open: () => Promise.resolve(),
      changed: () => {},
      hasUnsavedChanges: false,
      save: () => Promise.resolve('success'),
      close: () => Promise.resolve(),
    }),
  }
  const ann = await room.join(client('ann'), spec)
  await until(() => ann.isSynced)
  ann.text.insert(0, 'x'.repeat(2000))
  ann.text.insert(0, 'y')
  assert.equal(ann.closedWith, undefined)
  assert.deepEqual(ann.rawMessages, [{ type: 'conflict' }])
  ann.saySave(1)
  await until(() => ann.rawMessages.length === 2)
  assert.deepEqual(ann.rawMessages[1], { type: 'save', responseTo: 1, status: 'failed' })
  const bob = await room.join(client('bob'), spec)
  await until(() => bob.isSynced)
  assert.equal(bob.text.length, 0)
})

test('[ROOM-65] an update of the largest size is taken; one byte more is refused before it is read', async (t) => {
  const edit = updateOf(newDoc(), (text) => text.insert(0, 'y'.repeat(1000)))
  const room = roomFixture(t, { maxUpdateBytes: edit.length })
  const ann = await joined(room, client('ann'))
  ann.sayUpdate(edit)
  await room.loop.idle()
  const bob = await joined(room, client('bob'))
  assert.equal(bob.text.length, 1000)
  bob.sayUpdate(updateOf(newDoc(), (text) => text.insert(0, 'y'.repeat(1001))))
  assert.equal(bob.closedWith, 'edit_refused')
  assert.deepEqual(room.rejections, ['update_too_large'])
  await room.loop.idle()
  assert.equal((await joined(room, client('carol'))).text.length, 1000)
})

test('[ROOM-66] the last client id is taken and the next is not; those who wrote before go on', async (t) => {
  const room = roomFixture(t, { maxClientIds: 3, alarmClientIds: 2 })
  const people = ['ann', 'bob', 'carol'].map((id) => client(id))
  for (const [i, person] of people.entries()) {
    await joined(room, person)
    person.text.insert(0, 'a')
    assert.equal(person.closedWith, undefined)
    // In the log once, however many follow.
    assert.equal(room.warnings.length, i === 0 ? 0 : 1)
  }
  const dan = await joined(room, client('dan'))
  dan.text.insert(0, 'd')
  assert.equal(dan.closedWith, 'edit_refused')
  assert.deepEqual(room.rejections, ['too_many_client_ids'])
  await room.loop.idle()
  const eve = await joined(room, client('eve'))
  await until(() => eve.text.toJSON() === 'aaa')
  eve.text.delete(0, 1)
  people[0]?.text.insert(0, 'still')
  await until(() => eve.text.toJSON() === 'stillaa')
})

/** Writes of so many clients, each with an id of its own, one after the other. */
function editsOf(clients: number): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let i = 0; i < clients; i += 1) {
    doc.clientID = 1000 + i
    doc.getText('source').insert(i, 'k')
  }
  return updates
}

test('[ROOM-67] one connection may write with eight new client ids, and not with nine', async (t) => {
  const room = roomFixture(t)
  const [ninth, ...rest] = editsOf(9).toReversed()
  const bot = await joined(room, client('bot'))
  for (const update of rest.toReversed()) bot.sayUpdate(update)
  // Their later edits count no more.
  bot.sayUpdate(rest[0]!)
  assert.equal(bot.closedWith, undefined)
  bot.sayUpdate(ninth!)
  assert.equal(bot.closedWith, 'too_fast')
})

test('[ROOM-67] a client that comes back brings the edits of any number of people that the server lost', async (t) => {
  const room = roomFixture(t)
  const doc = new Y.Doc()
  for (const update of editsOf(300)) Y.applyUpdate(doc, update)
  const ann = await joined(room, new RoomClient('ann', 'edit', doc))
  const bob = await joined(room, client('bob'))
  await until(() => bob.text.length === 300)
  assert.equal(ann.closedWith, undefined)
})
