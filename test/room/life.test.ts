import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SyncError } from '../../src/protocol/errors.ts'
import { type RoomName, documentId } from '../../src/protocol/names.ts'
import type { BoundRoom, DocumentBinding, RoomSpec } from '../../src/room/ports.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

test('[ROOM-1] concurrent joins share one load', async (t) => {
  const room = roomFixture(t)
  room.store.hold()
  const joins = ['ann', 'bob', 'carol'].map((id) => room.join(new RoomClient(id)))
  room.store.release()
  await Promise.all(joins)
  assert.equal(room.store.loads, 1)
})

test('[ROOM-2] a failed load leaves no room, and the next join loads again', async (t) => {
  const room = roomFixture(t)
  room.store.failNextLoad()
  await assert.rejects(
    room.join(new RoomClient('ann')),
    (error) => error instanceof SyncError && error.code === 'load_failed',
  )
  assert.deepEqual(room.rooms.stats().rooms, { loading: 0, open: 0, idle: 0, closing: 0 })
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  assert.equal(room.store.loads, 2)
})

test('[ROOM-2] a binding that cannot open its file leaves no room and no record', async (t) => {
  const room = roomFixture(t)
  const binding = (): DocumentBinding => ({
    open: () => Promise.reject(new SyncError('not_found')),
    changed: () => {},
    hasUnsavedChanges: false,
    save: () => Promise.resolve('failed'),
    close: () => Promise.resolve(),
  })
  await assert.rejects(
    room.rooms.open({ ...room.plain, binding }),
    (error) => error instanceof SyncError && error.code === 'not_found',
  )
  assert.equal(await room.store.load(testDocument()), undefined)
})

test('[ROOM-3] a join while the room closes waits and sees everything stored', async (t) => {
  const room = roomFixture(t, { idleUnloadMs: 1000, compactOnUnloadRecords: 1 })
  const ann = await room.join(new RoomClient('ann'))
  ann.text.insert(0, 'stored')
  await until(() => ann.isSynced)
  await room.loop.idle()
  ann.session?.leave()
  room.clock.advance(3000)
  assert.equal(room.rooms.stats().rooms.closing, 1)
  const bob = await room.join(new RoomClient('bob'))
  await until(() => bob.isSynced)
  assert.equal(bob.text.toJSON(), 'stored')
  // Two rooms, and the snapshot between them, which is made of what is stored.
  assert.equal(room.store.loads, 3)
})

test('[ROOM-4] a room without people unloads and comes back whole, with the same lineage', async (t) => {
  const room = roomFixture(t, { idleUnloadMs: 1000 })
  const ann = await room.join(new RoomClient('ann'))
  ann.text.insert(0, 'kept')
  await until(() => ann.isSynced)
  await room.loop.idle()
  const { lineage } = await room.rooms.open(room.plain)
  ann.session?.leave()
  room.clock.advance(3000)
  await until(() => room.rooms.stats().rooms.closing === 0)
  assert.equal(room.rooms.stats().rooms.idle, 0)
  const bob = await room.join(new RoomClient('bob'))
  await until(() => bob.isSynced)
  assert.equal(bob.text.toJSON(), 'kept')
  assert.equal((await room.rooms.open(room.plain)).lineage, lineage)
})

test('[ROOM-4] a room does not unload while its file lacks something', async (t) => {
  const room = roomFixture(t, { idleUnloadMs: 1000 })
  let hasUnsavedChanges = true
  const binding = (): DocumentBinding => ({
    open: () => Promise.resolve(),
    changed: () => {},
    get hasUnsavedChanges() {
      return hasUnsavedChanges
    },
    save: () => Promise.resolve('success'),
    close: () => Promise.resolve(),
  })
  await room.rooms.open({ ...room.plain, binding })
  room.clock.advance(60_000)
  assert.equal(room.rooms.stats().rooms.idle, 1)
  hasUnsavedChanges = false
  room.clock.advance(2000)
  await until(() => room.rooms.stats().rooms.idle + room.rooms.stats().rooms.closing === 0)
})

test('[ROOM-5] at the limit of open rooms an idle one makes space, and otherwise the newcomer waits', async (t) => {
  const room = roomFixture(t, { maxOpenRooms: 2 })
  const specs = ['a', 'b', 'c', 'd'].map((name): RoomSpec => ({
    ...room.plain,
    document: testDocument(name),
  }))
  const first = await room.join(new RoomClient('ann'), specs[0])
  await room.join(new RoomClient('bob'), specs[1])
  await assert.rejects(
    room.join(new RoomClient('carol'), specs[2]),
    (error) => error instanceof SyncError && error.code === 'server_full',
  )
  first.session?.leave()
  const carol = await room.join(new RoomClient('carol'), specs[2])
  await until(() => carol.isSynced)
})

test('[ROOM-5] a room that makes space just as somebody joins it is loaded anew for them', async (t) => {
  const room = roomFixture(t, { maxOpenRooms: 2 })
  const other: RoomSpec = { ...room.plain, document: testDocument('other') }
  await room.rooms.open(room.plain)
  await room.rooms.open({ ...room.plain, document: testDocument('idle') })
  const ann = new RoomClient('ann')
  const joining = room.join(ann)
  // In the same turn: the idle room has to go, while the join is between finding and entering it.
  const opening = room.rooms.open(other)
  await Promise.all([joining, opening])
  await until(() => ann.isSynced)
  const bob = await room.join(new RoomClient('bob'))
  ann.text.insert(0, 'alive')
  await until(() => bob.text.toJSON() === 'alive')
})

test('[ROOM-6] a client of another lineage is refused before its state is applied', async (t) => {
  const room = roomFixture(t)
  const { lineage } = await room.rooms.open(room.plain)
  await assert.rejects(
    room.join(new RoomClient('old'), room.plain, 'f'.repeat(32)),
    (error) => error instanceof SyncError && error.code === 'other_lineage',
  )
  const ann = await room.join(new RoomClient('ann'), room.plain, lineage)
  await until(() => ann.isSynced)
})

test('[ROOM-16] a server edit and its binding record are one durable step', async (t) => {
  const room = roomFixture(t)
  let bound: BoundRoom | undefined
  const binding = (boundRoom: BoundRoom): DocumentBinding => {
    bound = boundRoom
    return {
      open: () =>
        boundRoom.edit({
          origin: 'import',
          change: (doc) => doc.getText('source').insert(0, 'from the file'),
          binding: () => Buffer.from('base 1'),
        }),
      changed: () => {},
      hasUnsavedChanges: false,
      save: () => Promise.resolve('success'),
      close: () => Promise.resolve(),
    }
  }
  const spec: RoomSpec = { ...room.plain, binding }
  const ann = await room.join(new RoomClient('ann'), spec)
  await until(() => ann.text.toJSON() === 'from the file')
  assert.equal(bound?.isNew, true)
  const stored = await room.store.load(testDocument())
  assert.equal(Buffer.from(stored!.binding!).toString(), 'base 1')
  assert.equal(stored!.head, 3)
  assert.equal(room.store.appends, 1)
  assert.equal(Buffer.from(bound!.storedBinding!).toString(), 'base 1')
})

test('a server edit that throws rejects, and the room goes on', async (t) => {
  const room = roomFixture(t)
  let bound: BoundRoom | undefined
  const binding = (boundRoom: BoundRoom): DocumentBinding => {
    bound = boundRoom
    return {
      open: () => Promise.resolve(),
      changed: () => {},
      hasUnsavedChanges: false,
      save: () => Promise.resolve('success'),
      close: () => Promise.resolve(),
    }
  }
  const ann = await room.join(new RoomClient('ann'), { ...room.plain, binding })
  const fails = bound!.edit({ origin: 'merge', change: () => assert.fail('no') })
  await assert.rejects(fails, /no/)
  ann.text.insert(0, 'fine')
  await room.loop.idle()
  assert.equal((await room.store.load(testDocument()))?.tail.length, 1)
})

test('[STATE-4] rooms that are closed on purpose tell those inside why, save, and leave others alone', async (t) => {
  const room = roomFixture(t)
  const other: RoomSpec = { ...room.plain, document: documentId('plain', 'other' as RoomName) }
  let closes = 0
  const binding = (): DocumentBinding => ({
    open: () => Promise.resolve(),
    changed: () => {},
    hasUnsavedChanges: true,
    save: () => Promise.resolve('success'),
    close: async () => void (closes += 1),
  })
  const ann = await room.join(new RoomClient('ann'), { ...room.plain, binding })
  const bob = await room.join(new RoomClient('bob'), other)
  await until(() => ann.isSynced && bob.isSynced)
  ann.text.insert(0, 'kept')
  await room.rooms.closeWhere((document) => document === testDocument(), 'server_stopped')
  assert.deepEqual([ann.closedWith, bob.closedWith, closes], ['server_stopped', undefined, 1])
  assert.deepEqual(room.rooms.stats().rooms, { loading: 0, open: 1, idle: 0, closing: 0 })
  const carol = await room.join(new RoomClient('carol'), { ...room.plain, binding })
  await until(() => carol.text.toJSON() === 'kept')
})

test('[STATE-4] a room that is being loaded is closed as soon as it is there', async (t) => {
  const room = roomFixture(t)
  room.store.hold()
  const joining = room.join(new RoomClient('ann'))
  const closing = room.rooms.closeWhere(() => true, 'server_stopped')
  room.store.release()
  await closing
  // Who was on the way in found a room that closes, and loaded it anew.
  assert.equal((await joining).closedWith, undefined)
  assert.equal(room.store.loads, 2)
})
