/** Who may go on with whose client ids. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import { buildUpdate, span } from '../support/bombs/build.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, testDocument } from '../support/room-fixture.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

type Fixture = ReturnType<typeof roomFixture>

async function joined(room: Fixture, client: RoomClient): Promise<RoomClient> {
  await room.join(client)
  await until(() => client.isSynced)
  return client
}

/** Takes up clocks of a client id that its owner will need. */
function shadow(client: number, clock: number): Uint8Array {
  return buildUpdate({ structs: [{ client, clock, list: [span(0, 500)] }] })
}

/** The same tab: its document, and so its client id, on a new connection. */
function backAs(client: RoomClient, name: string): RoomClient {
  client.session = undefined
  return new RoomClient(name, 'edit', client.doc)
}

async function annWrites(t: TestContext, policy = {}): Promise<{ room: Fixture; ann: RoomClient }> {
  const room = roomFixture(t, policy)
  const ann = await joined(room, new RoomClient('ann'))
  ann.text.insert(0, 'ann was here. ')
  await room.loop.idle()
  return { room, ann }
}

test('[ROOM-73] nobody goes on with the client id of another person, in an update or in a step 2', async (t) => {
  const { room, ann } = await annWrites(t)
  const { clientID } = ann.doc
  const attacks = [
    (client: RoomClient) => client.sayUpdate(shadow(clientID, ann.text.length)),
    (client: RoomClient) => client.sayStep2(shadow(clientID, ann.text.length)),
  ]
  for (const attack of attacks) {
    const mallory = await joined(room, new RoomClient('mallory'))
    attack(mallory)
    await room.loop.idle()
    assert.equal(mallory.closedWith, 'forbidden')
  }
  const bob = await joined(room, new RoomClient('bob'))
  ann.text.insert(0, 'Still here: ')
  await until(() => bob.text.toJSON() === 'Still here: ann was here. ')
})

test('[ROOM-73] a person goes on with its own ids on a new connection, and with offline edits', async (t) => {
  const { room, ann } = await annWrites(t)
  ann.session?.leave()
  const again = backAs(ann, 'ann')
  ann.doc.getText('source').insert(0, 'Offline, ')
  const bob = await joined(room, new RoomClient('bob'))
  await joined(room, again)
  await until(() => bob.text.toJSON() === 'Offline, ann was here. ')
  assert.equal(again.isOpen, true)
})

test('[ROOM-73] anybody may delete what others wrote, and repeat what the document has', async (t) => {
  const { room, ann } = await annWrites(t)
  const bob = await joined(room, new RoomClient('bob'))
  bob.sayUpdate(Y.encodeStateAsUpdate(ann.doc))
  bob.text.delete(0, 4)
  await until(() => ann.text.toJSON() === 'was here. ')
  assert.equal(bob.isOpen, true)
})

test('[ROOM-73] a visitor without a name owns nothing, and owns up to nothing of others', async (t) => {
  const { room, ann } = await annWrites(t)
  const visitor = await joined(room, new RoomClient('visitor:1', 'edit', new Y.Doc(), false))
  visitor.text.insert(0, 'V')
  await room.loop.idle()
  visitor.session?.leave()
  // Without its cookie it comes back as somebody else.
  const back = new RoomClient('visitor:2', 'edit', visitor.doc, false)
  await joined(room, back)
  back.doc.getText('source').insert(0, 'W')
  await until(() => ann.text.toJSON().startsWith('WV'))
  back.sayUpdate(shadow(ann.doc.clientID, 14))
  await room.loop.idle()
  assert.equal(back.closedWith, 'forbidden')
})

test('[ROOM-73] it can be switched off, for clients that relay for others', async (t) => {
  const { room, ann } = await annWrites(t, { hasClientIdOwnership: false })
  const relay = await joined(room, new RoomClient('relay'))
  const copy = new Y.Doc()
  copy.clientID = ann.doc.clientID
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(ann.doc))
  copy.getText('source').insert(0, 'Relayed: ')
  relay.sayUpdate(Y.encodeStateAsUpdate(copy))
  await room.loop.idle()
  assert.equal(relay.isOpen, true)
  assert.equal((await joined(room, new RoomClient('bob'))).text.toJSON(), 'Relayed: ann was here. ')
})

test('[ROOM-74] an id that somebody announced and has not used yet is taken', async (t) => {
  const room = roomFixture(t)
  const ann = await joined(room, new RoomClient('ann'))
  const mallory = await joined(room, new RoomClient('mallory'))
  ann.setUser({ name: 'Ann' })
  mallory.sayUpdate(shadow(ann.doc.clientID, 0))
  await room.loop.idle()
  assert.equal(mallory.closedWith, 'forbidden')
  ann.text.insert(0, 'mine')
  await room.loop.idle()
  assert.equal((await joined(room, new RoomClient('bob'))).text.toJSON(), 'mine')
})

test('[ROOM-74] a step 2 makes nobody the owner of what it relays, but of what was announced', async (t) => {
  const room = roomFixture(t)
  const [hers, his] = [new Y.Doc(), new Y.Doc()]
  hers.getText('source').insert(0, 'hers ')
  his.getText('source').insert(0, 'his ')
  Y.applyUpdate(his, Y.encodeStateAsUpdate(hers))
  // Bob comes first, with what Ann wrote while the server was not there.
  const bob = new RoomClient('bob', 'edit', his)
  await room.join(bob)
  bob.setUser({ name: 'Bob' })
  await until(() => bob.isSynced)
  await room.loop.idle()
  hers.getText('source').insert(0, 'also ')
  const ann = await joined(room, new RoomClient('ann', 'edit', hers))
  await until(() => ann.text.toJSON() === bob.text.toJSON())
  assert.deepEqual([ann.isOpen, bob.isOpen], [true, true])
  const mallory = await joined(room, new RoomClient('mallory'))
  mallory.sayUpdate(shadow(his.clientID, 4))
  await room.loop.idle()
  assert.equal(mallory.closedWith, 'forbidden')
})

test('[ROOM-75] while the server recovers, a step 2 brings back what absent people wrote', async (t) => {
  const { room, ann } = await annWrites(t, { recoveryMs: Number.POSITIVE_INFINITY })
  const bob = await joined(room, new RoomClient('bob'))
  ann.session?.leave()
  bob.session?.leave()
  // What the server has lost: Bob has seen it, the server has not.
  ann.doc.getText('source').insert(0, 'Lost: ')
  Y.applyUpdate(bob.doc, Y.encodeStateAsUpdate(ann.doc), 'seen')
  const back = await joined(room, backAs(bob, 'bob'))
  await room.loop.idle()
  assert.equal(back.isOpen, true)
  const mallory = await joined(room, new RoomClient('mallory'))
  assert.equal(mallory.text.toJSON(), 'Lost: ann was here. ')
  mallory.sayUpdate(shadow(ann.doc.clientID, 20))
  await room.loop.idle()
  assert.equal(mallory.closedWith, 'forbidden', 'not in an update')
  await joined(room, backAs(ann, 'ann'))
  const eve = await joined(room, new RoomClient('eve'))
  eve.sayStep2(shadow(ann.doc.clientID, 20))
  await room.loop.idle()
  assert.equal(eve.closedWith, 'forbidden', 'not while she is there')
})

async function levelStore(t: TestContext): Promise<LevelDocumentStore> {
  const database = await openLevelDatabase({ directory: await tempDir(t), fsync: 'never' })
  t.after(() => database.close())
  return new LevelDocumentStore(database)
}

const stores = [
  ['in memory', () => Promise.resolve(new MemoryDocumentStore())],
  ['on disk', levelStore],
] as const

for (const [where, open] of stores) {
  test(`[ROOM-76] owners outlive a restart and compactions (${where})`, async (t) => {
    const inner = await open(t)
    const policy = { compaction: { maxRecords: 2, maxBytes: 1_000_000 }, compactOnUnloadRecords: 1 }
    const before = roomFixture(t, policy, inner)
    const ann = await joined(before, new RoomClient('ann'))
    const bob = await joined(before, new RoomClient('bob'))
    for (const client of [ann, bob, ann, bob, ann]) {
      client.text.insert(0, 'x')
      await before.loop.idle()
    }
    await before.rooms.closeAll()
    // Compaction goes on in the background.
    await until(async () => ((await inner.load(testDocument()))?.snapshotSeq ?? 0) > 0)
    assert.ok((await inner.load(testDocument()))?.owners !== undefined)

    const after = roomFixture(t, policy, inner)
    const mallory = await joined(after, new RoomClient('mallory'))
    mallory.sayUpdate(shadow(ann.doc.clientID, 3))
    await after.loop.idle()
    assert.equal(mallory.closedWith, 'forbidden')
    const again = await joined(after, backAs(ann, 'ann'))
    again.doc.getText('source').insert(0, 'y')
    const carol = await joined(after, new RoomClient('carol'))
    await until(() => carol.text.toJSON() === 'yxxxxx')
  })
}

test('[ROOM-76] the owner of a new id is recorded in the durable step that brings the id', async (t) => {
  const { room } = await annWrites(t)
  assert.equal(room.store.appends, 1)
  const records = await room.store.readAfter(testDocument(), 0, 10)
  assert.deepEqual(
    records.map(({ kind }) => kind),
    ['created', 'update', 'owners'],
  )
})
