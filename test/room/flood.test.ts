/** A room that is flooded holds up nobody else, and loses nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { WebSocket } from 'ws'
import { FloodGate } from '../../src/room/flood-gate.ts'
import { encodeUpdate } from '../../src/protocol/encode.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, testDocument } from '../support/room-fixture.ts'
import { startRoomServer } from '../support/room-server.ts'
import { until } from '../support/until.ts'

const FLOOD = 5000

function manyEdits(count: number): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let i = 0; i < count; i += 1) doc.getText('source').insert(i, 'x')
  return updates
}

test('[ROOM-81] whoever floods a room is not read from until a batch is stored', async (t) => {
  const room = roomFixture(t)
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  await until(() => ann.isSynced && bob.isSynced)
  room.store.hold()
  for (const update of manyEdits(FLOOD)) ann.sayUpdate(update)
  assert.equal(ann.isPaused, true)
  assert.equal(bob.isPaused, false)
  room.store.release()
  await until(() => bob.text.length === FLOOD)
  assert.equal(ann.isPaused, false)
})

test('[ROOM-81] a flooded room takes some of its edits at a time, and another room has its turn between', async (t) => {
  const room = roomFixture(t)
  const other = { document: testDocument('other'), dialect: 'y-websocket', persistence: 'durable' } as const
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  const cat = await room.join(new RoomClient('cat'), other)
  const dan = await room.join(new RoomClient('dan'), other)
  await until(() => [ann, bob, cat, dan].every((client) => client.isSynced))
  for (const update of manyEdits(FLOOD)) ann.sayUpdate(update)
  let shownBefore: number | undefined
  dan.doc.on('update', () => (shownBefore ??= bob.text.length))
  cat.text.insert(0, 'a key')
  await until(() => dan.text.toJSON() === 'a key')
  assert.ok((shownBefore ?? FLOOD) <= 2000, `${shownBefore} of ${FLOOD} were shown before`)
  await until(() => bob.text.length === FLOOD)
})

test('[ROOM-81] over a socket, a flood arrives whole and its sender stays', async (t) => {
  const server = await startRoomServer(t)
  const reader = new WebSocket(`${server.url}/flooded`)
  const sender = new WebSocket(`${server.url}/flooded`)
  t.after(() => {
    for (const socket of [reader, sender]) socket.terminate()
  })
  await until(() => [reader, sender].every((socket) => socket.readyState === WebSocket.OPEN))
  for (const update of manyEdits(4 * FLOOD)) sender.send(encodeUpdate(update))
  const stored = async (): Promise<number> => {
    const doc = new Y.Doc()
    const history = await server.store.load(testDocument('flooded'))
    if (history?.snapshot !== undefined) Y.applyUpdate(doc, history.snapshot)
    for (const record of history?.tail ?? []) Y.applyUpdate(doc, record.bytes)
    return doc.getText('source').length
  }
  await until(async () => (await stored()) === 4 * FLOOD, 20_000)
  assert.equal(sender.readyState, WebSocket.OPEN)
})

test('[ROOM-81] of many who flood a room, none is read from while too much of what they sent still waits', (t) => {
  const gate = new FloodGate()
  const peers = [new RoomClient('ann'), new RoomClient('bob')]
  t.after(() => {
    for (const peer of peers) peer.dispose()
  })
  for (const peer of peers) gate.received(peer, { length: 30_000, bytes: 1000 })
  gate.open({ length: 28_000, bytes: 1000 })
  assert.deepEqual(
    peers.map((peer) => peer.isPaused),
    [true, true],
  )
  gate.open({ length: 10, bytes: 1000 })
  assert.deepEqual(
    peers.map((peer) => peer.isPaused),
    [false, false],
  )
})

test('[ROOM-12] an edit larger than all that may wait is taken when nothing else does', async (t) => {
  const room = roomFixture(t, { maxPendingBytes: 1000 })
  const ann = await room.join(new RoomClient('ann'))
  const bob = await room.join(new RoomClient('bob'))
  await until(() => ann.isSynced && bob.isSynced)
  ann.text.insert(0, 'x'.repeat(5000))
  await until(() => bob.text.length === 5000)
  assert.equal(ann.closedWith, undefined)
})
