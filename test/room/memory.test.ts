import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentMemory, storedDocumentMemory } from '../../src/document/memory-estimate.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import type { DocumentBinding, RoomSpec } from '../../src/room/ports.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { RoomClient } from '../support/room-client.ts'
import { type RoomFixtureOptions, roomFixture, testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

type Fixture = ReturnType<typeof roomFixture>

const KIB = 1024

function specOf(room: Fixture, name: string): RoomSpec {
  return { ...room.plain, document: testDocument(name) }
}

/** Writes a document of so many characters, and leaves it in the store only. */
async function store(room: Fixture, name: string, characters: number): Promise<void> {
  const writer = await room.join(new RoomClient(`writer of ${name}`), specOf(room, name))
  writer.text.insert(0, 'x'.repeat(characters))
  await room.loop.idle()
  writer.session?.leave()
  room.clock.advance(61_000)
  await until(() => room.rooms.stats().rooms.idle + room.rooms.stats().rooms.closing === 0)
}

/** Rooms of about 100 KB of memory each: `documentMemory` counts 2 bytes for one that is encoded. */
const PASTE = 50_000

async function fixtureWith(
  t: Parameters<typeof roomFixture>[0],
  options: RoomFixtureOptions,
  names: readonly string[],
): Promise<Fixture> {
  const room = roomFixture(t, options)
  for (const name of names) await store(room, name, PASTE)
  return room
}

function isServerFull(error: unknown): boolean {
  return error instanceof SyncError && error.code === 'server_full'
}

test('[ROOM-60] what the rooms cost is known while they are loaded, and nothing is left when they are gone', async (t) => {
  const room = await fixtureWith(t, {}, ['a'])
  assert.equal(room.rooms.stats().memory.used, 0)
  const ann = await room.join(new RoomClient('ann'), specOf(room, 'a'))
  await until(() => ann.isSynced)
  const { documents, caches, used } = room.rooms.stats().memory
  assert.ok(documents > documentMemory({ encodedBytes: PASTE, structs: 1 }))
  assert.ok(documents < documentMemory({ encodedBytes: PASTE + KIB, structs: 3 }))
  assert.ok(caches >= PASTE, 'the state that was sent to the joiner is kept')
  assert.ok(used >= documents)
  ann.text.insert(0, 'y'.repeat(PASTE))
  await room.loop.idle()
  room.clock.advance(1000)
  assert.ok(room.rooms.stats().memory.used >= 2 * PASTE * 2)
  ann.session?.leave()
  room.clock.advance(61_000)
  await until(() => room.rooms.stats().rooms.closing === 0)
  assert.deepEqual(room.rooms.stats().memory.used, 0)
})

test('[ROOM-60] a room that fails to load leaves nothing in the budget', async (t) => {
  const room = await fixtureWith(t, {}, ['a'])
  const binding = (): DocumentBinding => ({
    open: () => Promise.reject(new SyncError('not_found')),
    changed: () => {},
    hasUnsavedChanges: false,
    save: () => Promise.resolve('failed'),
    close: () => Promise.resolve(),
  })
  await assert.rejects(room.rooms.open({ ...specOf(room, 'a'), binding }))
  assert.equal(room.rooms.stats().memory.used, 0)
})

test('[ROOM-61] a room that would exceed the budget makes the idle ones go first, and only as many as it needs', async (t) => {
  const stored = storedDocumentMemory(PASTE + KIB)
  const loaded = documentMemory({ encodedBytes: PASTE, structs: 1 })
  // Two loaded rooms and one that is being loaded fit; three loaded ones and one do not.
  const room = await fixtureWith(t, { maxMemoryBytes: Math.ceil(2.5 * loaded + stored) }, [
    'a',
    'b',
    'c',
    'd',
  ])
  await room.rooms.open(specOf(room, 'a'))
  room.clock.advance(10_000)
  await room.rooms.open(specOf(room, 'b'))
  await room.rooms.open(specOf(room, 'c'))
  assert.deepEqual(room.evictions, [])
  await room.rooms.open(specOf(room, 'd'))
  assert.deepEqual(room.evictions, ['memory'])
  const inMemory = ['a', 'b', 'c', 'd'].filter(
    (name) => room.rooms.refusalOf(testDocument(name), 'ann') === undefined && isLoaded(room, name),
  )
  assert.deepEqual(inMemory, ['b', 'c', 'd'], 'the one that was idle for longest is gone')
})

function isLoaded(room: Fixture, name: string): boolean {
  const before = room.store.loads
  // Opening what is in memory does not ask the store.
  room.rooms.open(specOf(room, name)).catch(() => {})
  return room.store.loads === before
}

test('[ROOM-61] with nobody to make space, a new room is refused and those in use go on', async (t) => {
  const room = await fixtureWith(t, { maxMemoryBytes: storedDocumentMemory(PASTE + KIB) + 60_000 }, [
    'a',
    'b',
  ])
  const ann = await room.join(new RoomClient('ann'), specOf(room, 'a'))
  await until(() => ann.isSynced)
  await assert.rejects(room.join(new RoomClient('bob'), specOf(room, 'b')), isServerFull)
  assert.equal(room.rooms.stats().rooms.loading, 0)
  // The open room takes edits and people.
  const carol = await room.join(new RoomClient('carol'), specOf(room, 'a'))
  await until(() => carol.isSynced)
  ann.text.insert(0, 'works')
  await until(() => carol.text.toJSON().startsWith('works'))
  // The next to ask is refused without the document being read.
  const { loads } = room.store
  assert.equal(room.rooms.refusalOf(testDocument('b'), 'bob'), 'server_full')
  await assert.rejects(room.join(new RoomClient('bob'), specOf(room, 'b')), isServerFull)
  assert.equal(room.store.loads, loads)
  ann.session?.leave()
  carol.session?.leave()
  const bob = await room.join(new RoomClient('bob'), specOf(room, 'b'))
  await until(() => bob.isSynced)
})

test('[ROOM-61] a room waits until the one that makes space for it is gone', async (t) => {
  const inner = new MemoryDocumentStore()
  let unload = (): void => {}
  const options = { maxMemoryBytes: storedDocumentMemory(PASTE + KIB) + 60_000, compactOnUnloadRecords: 1 }
  const room = roomFixture(t, options, inner)
  for (const name of ['a', 'b']) await store(room, name, PASTE)
  const ann = await room.join(new RoomClient('ann'), specOf(room, 'a'))
  ann.text.insert(0, 'a record to compact')
  await room.loop.idle()
  ann.session?.leave()
  const compact = inner.compact.bind(inner)
  const isAllowed = new Promise<void>((resolve) => (unload = resolve))
  inner.compact = async (...call) => {
    await isAllowed
    return await compact(...call)
  }
  let isOpen = false
  const opening = room.rooms.open(specOf(room, 'b')).then(() => (isOpen = true))
  await until(() => room.evictions.length === 1)
  await new Promise(setImmediate)
  assert.equal(isOpen, false)
  assert.deepEqual(room.rooms.stats().rooms, { loading: 1, open: 0, idle: 0, closing: 1 })
  unload()
  await opening
  assert.deepEqual(room.rooms.stats().rooms, { loading: 0, open: 0, idle: 1, closing: 0 })
})

test('[ROOM-61] a document fits at the limit and not above it', async (t) => {
  const room = await fixtureWith(t, {}, ['a'])
  const { snapshot, tail } = (await room.store.load(testDocument('a')))!
  const bytes = tail.reduce((sum, record) => sum + record.bytes.length, snapshot?.length ?? 0)
  const exactly = roomFixture(t, { maxMemoryBytes: storedDocumentMemory(bytes) }, room.store)
  await exactly.rooms.open(specOf(exactly, 'a'))
  const tooSmall = roomFixture(t, { maxMemoryBytes: storedDocumentMemory(bytes) - 1 }, room.store)
  await assert.rejects(tooSmall.rooms.open(specOf(tooSmall, 'a')), isServerFull)
})

test('[ROOM-61] idle rooms also go when the open ones have grown', async (t) => {
  const room = await fixtureWith(t, { maxMemoryBytes: 400_000 }, ['a'])
  const ann = await room.join(new RoomClient('ann'))
  await room.rooms.open(specOf(room, 'a'))
  room.clock.advance(1000)
  assert.equal(room.rooms.stats().rooms.idle, 1)
  await until(() => ann.isSynced)
  ann.text.insert(0, 'x'.repeat(200_000))
  await room.loop.idle()
  room.clock.advance(1000)
  await until(() => room.rooms.stats().rooms.idle + room.rooms.stats().rooms.closing === 0)
  assert.deepEqual(room.evictions, ['memory'])
  assert.equal(ann.isOpen, true)
})

test('[ROOM-61] a room whose file lacks something is never made to go', async (t) => {
  const room = await fixtureWith(t, { maxMemoryBytes: storedDocumentMemory(PASTE + KIB) + 60_000 }, [
    'a',
    'b',
  ])
  const binding = (): DocumentBinding => ({
    open: () => Promise.resolve(),
    changed: () => {},
    hasUnsavedChanges: true,
    save: () => Promise.resolve('success'),
    close: () => Promise.resolve(),
  })
  await room.rooms.open({ ...specOf(room, 'a'), binding })
  room.clock.advance(10_000)
  await assert.rejects(room.rooms.open(specOf(room, 'b')), isServerFull)
  assert.deepEqual(room.evictions, [])
})

test('[ROOM-62] a heap that is nearly full has the same effect', async (t) => {
  const heap = { usedBytes: 850, limitBytes: 1000 }
  const room = await fixtureWith(t, { heap: () => heap }, [])
  const ann = await room.join(new RoomClient('ann'))
  await room.rooms.open(specOf(room, 'idle'))
  room.clock.advance(1000)
  assert.deepEqual(room.rooms.stats().rooms, { loading: 0, open: 1, idle: 1, closing: 0 })
  heap.usedBytes = 851
  room.clock.advance(1000)
  await until(() => room.rooms.stats().rooms.idle + room.rooms.stats().rooms.closing === 0)
  assert.equal(room.rooms.refusalOf(testDocument('new'), 'bob'), 'server_full')
  await assert.rejects(room.join(new RoomClient('bob'), specOf(room, 'new')), isServerFull)
  const carol = await room.join(new RoomClient('carol'))
  await until(() => ann.isSynced && carol.isSynced)
  heap.usedBytes = 850
  assert.equal(room.rooms.refusalOf(testDocument('new'), 'bob'), undefined)
  await room.join(new RoomClient('bob'), specOf(room, 'new'))
})

test('[ROOM-68] at the limit of one person their own empty room goes; if there is none, they are refused', async (t) => {
  const room = roomFixture(t, { maxRoomsPerPerson: 2 })
  const [first, second] = [new RoomClient('ann'), new RoomClient('ann')]
  await room.join(first, specOf(room, 'a'))
  await room.join(second, specOf(room, 'b'))
  const refused = (error: unknown): boolean => error instanceof SyncError && error.code === 'too_many_open'
  assert.equal(room.rooms.refusalOf(testDocument('c'), 'ann'), 'too_many_open')
  const { loads } = room.store
  await assert.rejects(room.join(new RoomClient('ann'), specOf(room, 'c')), refused)
  assert.equal(room.store.loads, loads, 'nothing was loaded')
  // Somebody else may, and a room that somebody else opened is open to everybody.
  await room.join(new RoomClient('bob'), specOf(room, 'c'))
  await room.join(new RoomClient('ann'), specOf(room, 'c'))
  second.session?.leave()
  await room.join(new RoomClient('ann'), specOf(room, 'd'))
  assert.deepEqual(room.evictions, ['person'])
})

test('[ROOM-68] a room that somebody opened and left to others counts no longer', async (t) => {
  const room = roomFixture(t, { maxRoomsPerPerson: 1 })
  const ann = await room.join(new RoomClient('ann'), specOf(room, 'a'))
  await room.join(new RoomClient('bob'), specOf(room, 'a'))
  ann.session?.leave()
  await room.join(new RoomClient('ann'), specOf(room, 'b'))
  assert.deepEqual(room.evictions, [])
})
