import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import type { BoundRoom, DocumentBinding, RoomSpec } from '../../src/room/ports.ts'
import { RoomClient } from '../support/room-client.ts'
import { TEST_POLICY, roomFixture } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

const WINDOW_MS = 20

test('[ROOM-20] a reader sees everything and changes nothing; one that does not stop is closed', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const reader = await room.join(new RoomClient('rea', 'read'))
  await until(() => ann.isSynced && reader.isSynced)
  ann.text.insert(0, 'look')
  await until(() => reader.text.toJSON() === 'look')
  for (let i = 0; i < 10; i += 1) reader.text.insert(0, 'x')
  assert.equal(reader.closedWith, 'read_only')
  const carol = await room.join(new RoomClient('carol'))
  await until(() => carol.isSynced)
  assert.equal(carol.text.toJSON(), 'look')
})

test('[ROOM-20] a reader that joins with work of its own keeps it to itself', async (t) => {
  const room = roomFixture(t)
  const doc = new Y.Doc()
  doc.getText('source').insert(0, 'written offline')
  const reader = await room.join(new RoomClient('rea', 'read', doc))
  await until(() => reader.isSynced)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  assert.equal(ann.text.toJSON(), '')
  assert.equal(reader.isOpen, true)
})

test('[ROOM-21] what JupyterLab writes by itself is dropped silently for a reader, typing is answered once', async (t) => {
  const room = roomFixture(t)
  const spec: RoomSpec = { ...room.plain, dialect: 'jupyter' }
  const ann = await room.join(new RoomClient('ann'), spec)
  ann.doc.getMap('state').set('document_id', 'x')
  ann.text.insert(0, 'old text')
  // A stock client answers step 1 with the whole delete set, also when it has nothing to say.
  ann.text.delete(0, 4)
  const reader = await room.join(new RoomClient('rea', 'read'), spec)
  await until(() => reader.text.toJSON() === 'text')
  reader.doc.getMap('state').set('document_id', 'y')
  reader.doc.getMap('state').set('dirty', true)
  assert.deepEqual(reader.rawMessages, [])
  reader.text.insert(0, 'x')
  reader.text.insert(0, 'y')
  assert.deepEqual(reader.rawMessages, [{ type: 'conflict' }])
  for (let i = 0; i < 20; i += 1) reader.text.insert(0, 'z')
  assert.equal(reader.isOpen, true)
})

test('[ROOM-22] a session may set only the awareness client ids that it introduced', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const mallory = await room.join(new RoomClient('mallory'))
  ann.setUser({ color: 'red' })
  room.clock.advance(WINDOW_MS)
  await until(() => mallory.awareness.getStates().has(ann.doc.clientID))
  const forged = new Y.Doc()
  forged.clientID = ann.doc.clientID
  const asAnn = new RoomClient('mallory', 'edit', forged)
  asAnn.awareness.meta.set(forged.clientID, { clock: 1000, lastUpdated: Date.now() })
  asAnn.awareness.setLocalState({ user: { name: 'not ann' } })
  mallory.sayAwareness([forged.clientID], asAnn.awareness)
  asAnn.awareness.setLocalState(null)
  mallory.sayAwareness([forged.clientID], asAnn.awareness)
  asAnn.awareness.destroy()
  room.clock.advance(WINDOW_MS)
  const carol = await room.join(new RoomClient('carol'))
  assert.deepEqual(carol.awareness.getStates().get(ann.doc.clientID)?.['user'], {
    color: 'red',
    id: 'ann',
    name: 'ANN',
  })
  assert.equal(mallory.isOpen, true)
})

test('[ROOM-22] a person that comes back on a new connection takes over its own client id', async (t) => {
  const room = roomFixture(t)
  const bob = await room.join(new RoomClient('bob'))
  const ann = await room.join(new RoomClient('ann'))
  ann.setUser({ color: 'red' })
  room.clock.advance(WINDOW_MS)
  const again = new RoomClient('ann', 'edit', ann.doc)
  again.awareness.meta.set(ann.doc.clientID, { clock: 10, lastUpdated: Date.now() })
  await room.join(again)
  again.setUser({ color: 'blue' })
  ann.session?.leave()
  room.clock.advance(WINDOW_MS)
  assert.deepEqual(bob.awareness.getStates().get(ann.doc.clientID)?.['user'], {
    color: 'blue',
    id: 'ann',
    name: 'ANN',
  })
})

test('[ROOM-23] awareness entries are removed for everybody when their session leaves', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  ann.setUser({})
  room.clock.advance(WINDOW_MS)
  assert.equal(bob.awareness.getStates().has(ann.doc.clientID), true)
  ann.session?.leave()
  room.clock.advance(WINDOW_MS)
  assert.equal(bob.awareness.getStates().has(ann.doc.clientID), false)
})

test('[ROOM-24] [ROOM-25] a joiner is sent everyone at once, under their real names', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  ann.setUser({ name: 'The Boss', color: 'green' })
  const bob = await room.join(new RoomClient('bob'))
  assert.deepEqual(bob.awareness.getStates().get(ann.doc.clientID)?.['user'], {
    name: 'ANN',
    id: 'ann',
    color: 'green',
  })
})

test('[ROOM-26] a slow peer costs its budget, and gets one diff when it has caught up', async (t) => {
  const room = roomFixture(t, { maxPeerBufferedBytes: 1000 })
  const ann = await room.join(new RoomClient('ann'))
  const slow = await room.join(new RoomClient('slow'))
  await until(() => ann.isSynced && slow.isSynced)
  slow.bufferedBytes = 2000
  ann.text.insert(0, 'what it was sent before anybody noticed\n')
  await room.loop.idle()
  const frames = slow.frames.length
  for (let i = 0; i < 200; i += 1) {
    ann.text.insert(ann.text.length, `line ${i}\n`)
    await room.loop.idle()
  }
  assert.equal(slow.frames.length, frames)
  slow.bufferedBytes = 0
  slow.session?.drained()
  await until(() => slow.text.toJSON() === ann.text.toJSON())
  assert.ok(slow.frames.length - frames <= 3)
})

test('[ROOM-26] a peer that becomes slow in the middle of a batch misses no part of it', async (t) => {
  const room = roomFixture(t, { maxPeerBufferedBytes: 1000 })
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
  const spec: RoomSpec = { ...room.plain, binding }
  const ann = await room.join(new RoomClient('ann'), spec)
  const slow = await room.join(new RoomClient('slow'), spec)
  await until(() => ann.isSynced && slow.isSynced)
  slow.bufferedBytes = 2000
  // Three changes in one batch: a client's, the server's, a client's.
  ann.text.insert(0, 'one ')
  const edited = bound!.edit({ origin: 'merge', change: (doc) => doc.getText('source').insert(0, 'two ') })
  ann.text.insert(0, 'three ')
  await edited
  await room.loop.idle()
  slow.bufferedBytes = 0
  slow.session?.drained()
  await until(() => slow.text.length === 'one two three '.length && slow.text.toJSON() === ann.text.toJSON())
  assert.equal(slow.doc.store.pendingStructs, null)
})

test('[ROOM-26] presence and answers are not piled up for a peer that does not read', async (t) => {
  const room = roomFixture(t, { maxPeerBufferedBytes: 1000 })
  const ann = await room.join(new RoomClient('ann'))
  const slow = await room.join(new RoomClient('slow'))
  await until(() => ann.isSynced && slow.isSynced)
  slow.bufferedBytes = 2000
  const frames = slow.frames.length
  for (let i = 0; i < 20; i += 1) {
    ann.setUser({ cursor: i })
    slow.sayStep1()
    room.clock.advance(50)
  }
  assert.equal(slow.frames.length, frames)
  slow.bufferedBytes = 0
  slow.session?.drained()
  assert.equal(slow.awareness.getStates().size, 2)
})

test('[ROOM-26] a peer that was slow before it was answered gets all that it asked for', async (t) => {
  const room = roomFixture(t, { maxPeerBufferedBytes: 1000 })
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  ann.text.insert(0, 'there before ')
  await room.loop.idle()
  const slow = new RoomClient('slow')
  t.after(() => slow.dispose())
  slow.session = await room.rooms.join(room.plain, slow, undefined)
  slow.bufferedBytes = 2000
  ann.text.insert(0, 'typed meanwhile ')
  await room.loop.idle()
  slow.sayStep1()
  slow.bufferedBytes = 0
  slow.session.drained()
  await until(() => slow.text.toJSON() === ann.text.toJSON())
})

test('[ROOM-34] a slow peer without progress is closed with a retryable reason', async (t) => {
  const room = roomFixture(t, { maxPeerBufferedBytes: 1000, slowPeerMs: 5000 })
  const ann = await room.join(new RoomClient('ann'))
  const slow = await room.join(new RoomClient('slow'))
  await until(() => ann.isSynced && slow.isSynced)
  slow.bufferedBytes = 2000
  ann.text.insert(0, 'x')
  await room.loop.idle()
  room.clock.advance(7000)
  assert.equal(slow.closedWith, 'too_slow')
  assert.equal(ann.isOpen, true)
})

test('[ROOM-27] a silent room sends a frame before a stock client would hang up', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  const frames = ann.frames.length
  room.clock.advance(25_000)
  assert.ok(ann.frames.length > frames)
  assert.ok(ann.isOpen)
})

test('[ROOM-27] people who came at different times are kept alive together, and not more often', async (t) => {
  const { keepAliveMs } = TEST_POLICY
  const room = roomFixture(t)
  const people: RoomClient[] = []
  for (let at = 0; at < 10; at += 1) {
    people.push(await room.join(new RoomClient(`visitor-${at}`)))
    await until(() => people.every(({ isSynced }) => isSynced))
    room.clock.advance(1500)
  }
  const before = people.map(({ frames }) => frames.length)
  let heard = people.map(() => 0)
  for (let silentSeconds = people.map(() => 15), at = 0; at < 200; at += 1) {
    room.clock.advance(1000)
    const now = people.map(({ frames }) => frames.length)
    silentSeconds = silentSeconds.map((silent, of) => (now[of] === heard[of] ? silent + 1 : 0))
    assert.ok(Math.max(...silentSeconds) * 1000 <= keepAliveMs, `${silentSeconds.join()} s of silence`)
    heard = now
  }
  for (const [of, { frames }] of people.entries())
    assert.ok(frames.length - (before[of] ?? 0) <= 200_000 / keepAliveMs + 1, 'one early frame at most')
})

test('[ROOM-28] a save is answered exactly once, also where there is no file, and for a reader', async (t) => {
  const room = roomFixture(t)
  const spec: RoomSpec = { ...room.plain, dialect: 'jupyter' }
  for (const access of ['edit', 'read'] as const) {
    const client = await room.join(new RoomClient(access, access), spec)
    client.saySave(7)
    assert.deepEqual(client.rawMessages, [{ type: 'save', responseTo: 7, status: 'failed' }])
  }
})
