import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { RoomTally } from '../../src/observability/room-tally.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

type Policy = Parameters<typeof roomFixture>[1]

function watchedRoom(t: Parameters<typeof roomFixture>[0], policy: Policy = {}) {
  const tally = new RoomTally()
  return { tally, ...roomFixture(t, policy, undefined, { observer: tally }) }
}

test('each step of an edit is reported once, and counted for its room', async (t) => {
  const room = watchedRoom(t)
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  const cyd = await room.join(new RoomClient('cyd'))
  await until(() => cyd.isSynced)
  const asked = tally.answers.whole
  assert.equal(asked, 3)
  assert.equal(tally.answerSeconds.count, 3)
  ann.text.insert(0, 'hello')
  await until(() => bob.text.toJSON() === 'hello' && cyd.text.toJSON() === 'hello')
  await room.loop.idle()
  assert.equal(tally.applySeconds.count, 1)
  assert.equal(tally.waitSeconds.count, 1)
  assert.equal(tally.commitSeconds.count, 1)
  assert.equal(tally.fanOutSeconds.count, 1)
  assert.equal(tally.broadcastFrames, 2)
  const { people, rooms: all } = room.rooms.activity()
  assert.equal(people, 3)
  const { document, traffic, ...rest } = all[0]!
  assert.equal(document, 'plain/demo')
  assert.equal(traffic.edits, 1)
  assert.equal(traffic.deliveries, 2)
  assert.ok(traffic.editBytes > 5 && traffic.sentBytes >= tally.broadcastBytes + tally.answerBytes.whole)
  assert.ok(rest.stateBytes >= traffic.editBytes - 5)
  assert.deepEqual(
    { ...rest, stateBytes: 0 },
    { state: 'open', people: 3, sessions: 3, lagging: 0, stateBytes: 0, pendingBytes: 0, idleMs: 0 },
  )
})

test('one frame in 16 of a room is timed', async (t) => {
  const room = watchedRoom(t)
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  const before = tally.inspectSeconds.count
  for (let at = 0; at < 64; at += 1) ann.text.insert(0, 'x')
  await room.loop.idle()
  assert.equal(tally.inspectSeconds.count - before, 4)
})

test('a difference is told from a whole document, and waits for what is being written', async (t) => {
  const room = watchedRoom(t)
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  ann.text.insert(0, 'hello')
  const bob = await room.join(new RoomClient('bob'))
  await until(() => bob.text.toJSON() === 'hello')
  const known = Y.encodeStateAsUpdate(bob.doc)
  room.store.hold()
  ann.text.insert(0, 'more ')
  await until(() => room.store.appends === 2)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, known)
  const cyd = await room.join(new RoomClient('cyd', 'edit', doc))
  room.clock.advance(700)
  room.store.release()
  await until(() => cyd.text.toJSON() === 'more hello')
  assert.equal(tally.answers.difference, 1)
  assert.ok(tally.answerBytes.difference > 0)
  assert.ok(tally.answerSeconds.sum >= 0.7)
})

test('a peer that lags is counted while it does, with how long and what became of it', async (t) => {
  const room = watchedRoom(t, { maxPeerBufferedBytes: 100 })
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  const slow = await room.join(new RoomClient('bob'))
  await until(() => slow.isSynced)
  slow.bufferedBytes = 101
  ann.text.insert(0, 'hello')
  await until(() => tally.lagging === 1)
  assert.equal(room.rooms.activity().rooms[0]?.lagging, 1)
  room.clock.advance(2000)
  slow.bufferedBytes = 0
  slow.session?.drained()
  assert.deepEqual([tally.lagging, tally.lagSeconds.caught_up.sum], [0, 2])
  await room.loop.idle()
  slow.bufferedBytes = 101
  ann.text.insert(0, 'again')
  await until(() => tally.lagging === 1)
  room.clock.advance(40_000)
  assert.equal(slow.closedWith, 'too_slow')
  assert.deepEqual([tally.lagging, tally.lagSeconds.too_slow.count, tally.lagSeconds.left.count], [0, 1, 0])
})

test('a peer that goes away while it lags does not lag for ever', async (t) => {
  const room = watchedRoom(t, { maxPeerBufferedBytes: 100 })
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  const slow = await room.join(new RoomClient('bob'))
  await until(() => slow.isSynced)
  slow.bufferedBytes = 101
  ann.text.insert(0, 'hello')
  await until(() => tally.lagging === 1)
  slow.session?.leave()
  slow.session?.leave()
  assert.deepEqual([tally.lagging, tally.lagSeconds.left.count], [0, 1])
})

test('parked edits are counted, kept ones and those without room', async (t) => {
  const room = watchedRoom(t, { maxParkedEdits: 1 })
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const letter of 'abc') doc.getText('source').insert(0, letter)
  ann.sayUpdate(updates[1]!)
  ann.sayUpdate(updates[2]!)
  await room.loop.idle()
  // The first is tried again at the end of its batch.
  assert.deepEqual(tally.parkedEdits, { kept: 2, dropped: 1 })
})

test('presence is counted as it comes in and as it goes out', async (t) => {
  const room = watchedRoom(t)
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  await room.join(new RoomClient('bob'))
  ann.setUser({ name: 'Ann' })
  room.clock.advance(1000)
  assert.equal(tally.presenceIn, 1)
  // Nobody is told what it said itself.
  assert.equal(tally.presenceOut, 1)
  assert.ok(tally.presenceOutBytes > 10)
})

test('a compaction is counted with its time and size', async (t) => {
  const room = watchedRoom(t, { compaction: { maxRecords: 3, maxBytes: 1e6 } })
  const { tally } = room
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  for (let at = 0; at < 4; at += 1) {
    ann.text.insert(0, 'x')
    await room.loop.idle()
  }
  await until(() => tally.compactionSeconds.count > 0)
  assert.ok(tally.compactionBytes > 0)
})
