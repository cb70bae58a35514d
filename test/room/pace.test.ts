/** How edits gather: the first never waits, those that follow each other share a flush. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitPace } from '../../src/room/commit-pace.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

test('commits that are rare begin at once', () => {
  const pace = new CommitPace(5)
  for (let at = 0; at < 1000; at += 50) {
    assert.ok(pace.nextAt <= at)
    pace.began(at)
  }
})

test('commits that follow each other closely are held apart, until it is quiet again', () => {
  const pace = new CommitPace(5)
  let at = 0
  for (let commits = 0; commits < 20; commits += 1) {
    at = Math.max(at + 1, pace.nextAt)
    pace.began(at)
  }
  assert.equal(pace.nextAt, at + 5)
  for (let commits = 0; commits < 20; commits += 1) pace.began((at += 50))
  assert.ok(pace.nextAt <= at)
})

test('[ROOM-29] edits that follow each other within the gap of their room are shown together', async (t) => {
  const room = roomFixture(t, { flushGapPerPeerMs: 5, maxFlushGapMs: 100 })
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  await until(() => ann.isSynced && bob.isSynced)
  room.clock.advance(1000)
  ann.text.insert(0, 'a')
  await until(() => bob.text.toJSON() === 'a')
  const frames = bob.frames.length
  ann.text.insert(1, 'b')
  ann.text.insert(2, 'c')
  const appends = room.store.appends
  // Two peers at 5 ms each: nothing before 10 ms.
  room.clock.advance(9)
  assert.equal(room.store.appends, appends)
  assert.equal(bob.text.toJSON(), 'a')
  await until(() => {
    room.clock.advance(1)
    return bob.text.toJSON() === 'abc'
  })
  assert.equal(bob.frames.length, frames + 1)
})

test('[ROOM-29] a room that waits for its gap does not hold up another one', async (t) => {
  const room = roomFixture(t, { flushGapPerPeerMs: 1000, maxFlushGapMs: 10_000 })
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  const other = { document: testDocument('other'), dialect: 'y-websocket', persistence: 'durable' } as const
  const cat = await room.join(new RoomClient('cat'), other)
  const dan = await room.join(new RoomClient('dan'), other)
  await until(() => [ann, bob, cat, dan].every((client) => client.isSynced))
  room.clock.advance(100_000)
  ann.text.insert(0, 'a')
  await until(() => bob.text.toJSON() === 'a')
  ann.text.insert(1, 'waits')
  cat.text.insert(0, 'goes')
  await until(() => dan.text.toJSON() === 'goes')
  assert.equal(bob.text.toJSON(), 'a')
})
