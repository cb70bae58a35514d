import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import { type Outbound, byteLength } from '../../src/protocol/outbound.ts'
import type { RoomPolicy } from '../../src/room/policy.ts'
import type { Room } from '../../src/room/room.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { readMessages } from '../support/read-messages.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture } from '../support/room-fixture.ts'
import { SlowClient } from '../support/slow-client.ts'
import { until } from '../support/until.ts'

const STEP_2 = 1
const UPDATE = 2

/** A room that ann has filled with text of this many characters. */
async function filledRoom(t: TestContext, length: number, policy: Partial<RoomPolicy> = {}) {
  const room = roomFixture(t, { maxPendingBytes: 64 * 1024 * 1024, ...policy })
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  if (length > 0) ann.text.insert(0, 'x'.repeat(length))
  await room.loop.idle()
  return {
    ...room,
    ann,
    async type(text: string): Promise<void> {
      ann.text.insert(ann.text.length, text)
      await room.loop.idle()
    },
    async joinSlow(name: string, doc?: Y.Doc): Promise<SlowClient> {
      const client = new SlowClient(name, 'edit', doc)
      await room.join(client)
      await until(() => client.isSynced || client.bufferedBytes > 0)
      return client
    },
    /** Its socket has taken nothing of the document yet. */
    async joinStalled(name: string): Promise<SlowClient> {
      const client = new SlowClient(name)
      client.isReading = false
      await room.join(client)
      await until(() => client.sent.length === 2)
      client.take(1)
      return client
    },
    cachedBytes: async () => {
      const opened = await room.rooms.open(room.plain)
      return (opened as unknown as Room).memory.caches
    },
  }
}

/** The kinds of sync messages in it. */
function kindsOf(message: Outbound): number[] {
  return readMessages(message).map((bytes) => (bytes[0] === 0 ? (bytes[1] ?? -1) : -1))
}

/** The one answer to a step 1 among what a client was sent. */
function answerTo(client: SlowClient): Outbound {
  const answer = client.sent.find((message) => kindsOf(message).includes(STEP_2))
  assert.ok(answer !== undefined, 'it was answered')
  return answer
}

test('[ROOM-17] everyone who joins with nothing is answered with the same bytes', async (t) => {
  for (const length of [10, 300_000]) {
    const room = await filledRoom(t, length)
    const answers = [answerTo(await room.joinSlow('bob')), answerTo(await room.joinSlow('carol'))]
    assert.equal(answers[0], answers[1])
    assert.equal(answers[0]!.length > 1, length > 10)
  }
})

test('[ROOM-17] somebody types: the same bytes serve those who join later, and what was typed follows', async (t) => {
  const room = await filledRoom(t, 300_000)
  const before = answerTo(await room.joinSlow('bob'))
  await room.type('one')
  await room.type('two')
  const carol = await room.joinSlow('carol')
  const after = answerTo(carol)
  assert.equal(after[1], before[1])
  assert.equal(after[2], before[2])
  assert.equal(carol.text.toJSON(), room.ann.text.toJSON())
})

test('[ROOM-30] a joiner is told that it is synced only when it has everything', async (t) => {
  const room = await filledRoom(t, 10)
  await room.joinSlow('bob')
  await room.type('typed after the document was encoded')
  const carol = await room.joinSlow('carol')
  assert.deepEqual(kindsOf(answerTo(carol)), [UPDATE, UPDATE, STEP_2])
  assert.equal(carol.text.toJSON(), room.ann.text.toJSON())
})

test('[ROOM-30] the first who join a new room are not told of an empty document', async (t) => {
  const room = await filledRoom(t, 0)
  await room.joinSlow('bob')
  await room.type('the first word')
  const carol = await room.joinSlow('carol')
  assert.deepEqual(kindsOf(answerTo(carol)), [STEP_2])
  assert.equal(carol.text.toJSON(), 'the first word')
})

test('[ROOM-31] the document is encoded anew when what was shown since has outgrown its share', async (t) => {
  const room = await filledRoom(t, 300_000)
  const before = answerTo(await room.joinSlow('bob'))
  for (let i = 0; i < 30; i += 1) await room.type('y'.repeat(3000))
  const answer = answerTo(await room.joinSlow('carol'))
  assert.deepEqual(kindsOf(answer), [STEP_2])
  assert.notEqual(answer[1], before[1])
  assert.equal(byteLength(answer) > 390_000, true)
})

test('[ROOM-31] many small updates are put into one encoding too', async (t) => {
  const room = await filledRoom(t, 200_000)
  await room.joinSlow('bob')
  for (let i = 0; i < 600; i += 1) await room.type('z')
  assert.deepEqual(kindsOf(answerTo(await room.joinSlow('carol'))), [STEP_2])
})

test('[ROOM-32] those who come back with the same state share one diff', async (t) => {
  const room = await filledRoom(t, 1000)
  const state = Y.encodeStateAsUpdate(room.ann.doc)
  await room.type('while they were away')
  const returning = (): Y.Doc => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, state)
    return doc
  }
  const clients = [await room.joinSlow('bob', returning()), await room.joinSlow('carol', returning())]
  const [first, second] = clients.map(answerTo)
  assert.equal(first, second)
  assert.ok(byteLength(first!) < 500)
  await room.type(' and a word more')
  const dave = await room.joinSlow('dave', returning())
  for (const client of [...clients, dave]) assert.equal(client.text.toJSON(), room.ann.text.toJSON())
})

test('[ROOM-32] many who come back with different states are answered over many turns of the loop', async (t) => {
  const room = await filledRoom(t, 1000)
  const states: Y.Doc[] = []
  for (let i = 0; i < 12; i += 1) {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(room.ann.doc))
    states.push(doc)
    await room.type(`word ${i} `)
  }
  // From now on every look at the clock takes so long that a turn has time for one answer.
  let now = room.clock.elapsed()
  room.clock.elapsed = () => (now += 4)
  const clients = states.map((doc, index) => new SlowClient(`c${index}`, 'edit', doc))
  await Promise.all(clients.map((client) => room.join(client)))
  const syncedAfterTurns: number[] = []
  while (clients.some((client) => !client.isSynced)) {
    syncedAfterTurns.push(clients.filter((client) => client.isSynced).length)
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(syncedAfterTurns.length < 100)
  }
  assert.ok(syncedAfterTurns.length > 5, String(syncedAfterTurns))
  for (const client of clients) assert.equal(client.text.toJSON(), room.ann.text.toJSON())
})

test('[ROOM-33] to a peer that is being sent something large nothing else is queued but what it missed', async (t) => {
  const room = await filledRoom(t, 1_000_000)
  const bob = await room.joinStalled('bob')
  assert.ok(bob.take(1) > 5)
  const { bufferedBytes } = bob
  for (let i = 0; i < 400; i += 1) await room.type(`line ${i}\n`)
  assert.equal(bob.bufferedBytes, bufferedBytes)
  assert.equal(bob.session?.laggingSince, undefined, 'it is not slow, the document is large')
  const sent = bob.sent.length
  bob.take()
  assert.equal(bob.sent.length, sent + 1)
  bob.take()
  assert.equal(bob.text.toJSON(), room.ann.text.toJSON())
  assert.equal(bob.doc.store.pendingStructs, null)
})

test('[ROOM-33] an answer that a client waits for is sent all the same, up to the budget', async (t) => {
  const room = await filledRoom(t, 500_000, { maxPeerBufferedBytes: 2000 })
  const bob = await room.joinStalled('bob')
  bob.session?.reply(new Uint8Array(100))
  assert.equal(bob.isOpen, true)
  for (let i = 0; i < 30; i += 1) bob.session?.reply(new Uint8Array(100))
  assert.equal(bob.closedWith, 'too_slow')
})

test('[ROOM-26] presence alone does not fill the buffer of a peer that reads nothing', async (t) => {
  const room = await filledRoom(t, 10, { maxPeerBufferedBytes: 2000 })
  const bob = await room.joinSlow('bob')
  bob.isReading = false
  for (let i = 0; i < 200; i += 1) {
    room.ann.setUser({ at: i, padding: 'p'.repeat(200) })
    room.clock.advance(20)
  }
  assert.ok(bob.mostBufferedBytes < 3000)
  bob.isReading = true
  bob.take()
  const at = (): unknown =>
    (bob.awareness.getStates().get(room.ann.doc.clientID)?.['user'] as { at?: number } | undefined)?.at
  assert.equal(at(), 199, 'it got everybody when it had caught up')
})

test('[ROOM-34] whoever reads nothing for slowPeerMs is closed, whoever reads on is not', async (t) => {
  const room = await filledRoom(t, 3_000_000, { slowPeerMs: 5000 })
  const still = await room.joinStalled('still')
  const moving = await room.joinStalled('moving')
  for (let second = 0; second < 20; second += 1) {
    moving.take(1)
    room.clock.advance(1000)
  }
  assert.equal(still.closedWith, 'too_slow')
  assert.equal(moving.isOpen, true)
})

test('[ROOM-35] the bytes kept for joins are given back some time after the last one', async (t) => {
  const room = await filledRoom(t, 500_000)
  await room.joinSlow('bob')
  assert.ok((await room.cachedBytes()) >= 500_000)
  room.clock.advance(20_000)
  await room.joinSlow('carol')
  room.clock.advance(20_000)
  assert.ok((await room.cachedBytes()) >= 500_000)
  room.clock.advance(20_000)
  assert.equal(await room.cachedBytes(), 0)
  const dave = await room.joinSlow('dave')
  assert.equal(dave.text.length, 500_000)
})

test('[ROOM-36] a room that was loaded answers with what was stored', async (t) => {
  const store = new MemoryDocumentStore()
  const first = roomFixture(t, { compactOnUnloadRecords: 1, maxPendingBytes: 1e7 }, store)
  const ann = await first.join(new RoomClient('ann'))
  ann.text.insert(0, 'x'.repeat(300_000))
  await first.loop.idle()
  ann.session?.leave()
  await first.rooms.closeAll()
  const second = roomFixture(t, {}, store)
  await second.join(ann)
  ann.text.insert(0, 'not compacted ')
  await second.loop.idle()
  ann.session?.leave()
  await second.rooms.closeAll()
  const third = roomFixture(t, {}, store)
  const bob = new SlowClient('bob')
  await third.join(bob)
  await until(() => bob.isSynced)
  assert.deepEqual(kindsOf(answerTo(bob)), [UPDATE, UPDATE, STEP_2])
  assert.equal(bob.text.toJSON(), ann.text.toJSON())
})

test('[ROOM-10] who catches up is not sent what is not in the log yet', async (t) => {
  const room = await filledRoom(t, 10, { maxPeerBufferedBytes: 1000 })
  const bob = await room.joinSlow('bob')
  bob.isReading = false
  await room.type('z'.repeat(2000))
  for (let i = 0; i < 100; i += 1) await room.type('more ')
  const stored = room.ann.text.toJSON()
  const { appends } = room.store
  room.store.hold()
  room.ann.text.insert(0, 'not stored ')
  await until(() => room.store.appends > appends)
  bob.isReading = true
  bob.take()
  assert.ok(!bob.text.toJSON().includes('not stored'))
  room.store.release()
  await until(() => bob.text.toJSON() === room.ann.text.toJSON())
  assert.equal(bob.text.toJSON(), `not stored ${stored}`)
})
