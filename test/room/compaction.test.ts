import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import type { BoundRoom, DocumentBinding, RoomObserver, RoomSpec } from '../../src/room/ports.ts'
import { SnapshotThread } from '../../src/room/snapshot-thread.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, SILENT, testDocument } from '../support/room-fixture.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'

const DOCUMENT = testDocument()
/** No compaction but the one that is asked for by count. */
const EVERY_TEN = {
  compaction: { maxRecords: 10, maxBytes: 1e9 },
  compactOnUnloadRecords: 5,
  idleUnloadMs: 1000,
}

type Fixture = ReturnType<typeof roomFixture>

function counting(): { readonly observer: RoomObserver; failures: number } {
  const counts = { failures: 0, observer: { ...SILENT, auditFailed: () => void (counts.failures += 1) } }
  return counts
}

/** One record for each. */
async function type(room: Fixture, client: RoomClient, keys: string): Promise<void> {
  for (const key of keys) {
    client.text.insert(client.text.length, key)
    await room.loop.idle()
  }
}

async function storedText(room: Fixture): Promise<string> {
  const stored = await room.store.load(DOCUMENT)
  const doc = new Y.Doc()
  if (stored?.snapshot !== undefined) Y.applyUpdate(doc, stored.snapshot)
  for (const record of stored?.tail ?? []) Y.applyUpdate(doc, record.bytes)
  return doc.getText('source').toJSON()
}

async function snapshotSeq(room: Fixture): Promise<number> {
  return (await room.store.load(DOCUMENT))?.snapshotSeq ?? 0
}

async function unload(room: Fixture, clients: readonly RoomClient[]): Promise<void> {
  for (const client of clients) client.session?.leave()
  room.clock.advance(5000)
  await until(() => Object.values(room.rooms.stats().rooms).every((count) => count === 0))
}

/** A binding that only lends its room. */
function lending(room: Fixture): { readonly spec: RoomSpec; readonly bound: () => BoundRoom } {
  let bound: BoundRoom | undefined
  const binding = (lent: BoundRoom): DocumentBinding => {
    bound = lent
    return {
      open: () => Promise.resolve(),
      changed: () => {},
      hasUnsavedChanges: false,
      save: () => Promise.resolve('skipped'),
      close: () => Promise.resolve(),
    }
  }
  return { spec: { ...room.plain, binding }, bound: () => bound! }
}

function thread(
  t: TestContext,
  entry?: string,
): { readonly snapshots: SnapshotThread; readonly failures: Error[] } {
  const failures: Error[] = []
  const snapshots = new SnapshotThread({
    clock: new ManualClock(),
    onFailure: (error) => failures.push(error),
    entry: entry === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(entry)}`),
  })
  t.after(() => snapshots.close())
  return { snapshots, failures }
}

test('[ROOM-50] a snapshot replaces the log up to where it was due; what is typed meanwhile stays behind it', async (t) => {
  const room = roomFixture(t, EVERY_TEN)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  const load = room.store.load.bind(room.store)
  let letGo = (): void => {}
  const held = new Promise<void>((resolve) => (letGo = resolve))
  room.store.load = async (document) => {
    await held
    return await load(document)
  }
  await type(room, ann, 'abcdefghij')
  await type(room, ann, 'meanwhile')
  room.store.load = load
  assert.equal(await snapshotSeq(room), 0)
  letGo()
  // The document's first record names its lineage, the third says whose client id it is.
  await until(async () => (await snapshotSeq(room)) === 12)
  assert.equal(await storedText(room), 'abcdefghijmeanwhile')
  await type(room, ann, 'z')
  await until(async () => (await snapshotSeq(room)) === 22)
  assert.equal(await storedText(room), 'abcdefghijmeanwhilez')
  assert.deepEqual(room.errors, [])
})

test('[ROOM-50] a room that unloads leaves a snapshot; the next load reads nothing else', async (t) => {
  const room = roomFixture(t, EVERY_TEN)
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  await type(room, ann, 'abcdef')
  await unload(room, [ann])
  const stored = await room.store.load(DOCUMENT)
  assert.equal(stored?.snapshotSeq, stored?.head)
  assert.equal(stored?.tail.length, 0)
  assert.equal(await storedText(room), 'abcdef')
})

test('[ROOM-52] a large document is made into a snapshot by another thread', async (t) => {
  const { snapshots, failures } = thread(t)
  const room = roomFixture(t, EVERY_TEN, undefined, { snapshots })
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  ann.text.insert(0, 'x'.repeat(100_000))
  let builds = 0
  const build = snapshots.build.bind(snapshots)
  snapshots.build = async (read) => {
    builds += 1
    return await build(read)
  }
  await type(room, ann, 'abcdefghij')
  await until(async () => (await snapshotSeq(room)) > 0, 20_000)
  assert.equal(builds, 1)
  assert.equal((await storedText(room)).length, 100_010)
  assert.deepEqual([...failures, ...room.errors], [])
})

for (const [what, entry] of [
  ['cannot start', 'this is no code'],
  [
    'dies',
    "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3))",
  ],
] as const) {
  test(`[ROOM-52] when the thread ${what}, the room makes the snapshot itself`, async (t) => {
    const { snapshots, failures } = thread(t, entry)
    const room = roomFixture(t, EVERY_TEN, undefined, { snapshots })
    const ann = await room.join(new RoomClient('ann'))
    await until(() => ann.isSynced)
    ann.text.insert(0, 'x'.repeat(40_000))
    await type(room, ann, 'abcdefghij')
    await until(() => failures.length > 0, 20_000)
    await type(room, ann, 'k')
    await until(async () => (await snapshotSeq(room)) > 0)
    assert.equal((await storedText(room)).length, 40_011)
    // Half a record for each 64 bytes of the snapshot.
    await type(room, ann, 'l'.repeat(320))
    await unload(room, [ann])
    assert.equal((await room.store.load(DOCUMENT))?.tail.length, 0)
    assert.equal((await storedText(room)).length, 40_331)
    assert.equal(failures.length, 1, 'it is told once, not for each snapshot')
    assert.deepEqual(room.errors, [])
  })
}

test('[ROOM-53] an update that Yjs reads differently in another order never gets into a snapshot', async (t) => {
  const counts = counting()
  const room = roomFixture(t, EVERY_TEN, undefined, { observer: counts.observer })
  const { spec, bound } = lending(room)
  const ann = await room.join(new RoomClient('ann'), spec)
  await until(() => ann.isSynced)
  await bound().edit({ origin: 'test', change: (doc) => doc.getText('source').insert(0, 'abc') })
  const server = bound().doc.clientID
  // "W" says that it was typed between "b" and "a", which no editor can mean.
  ann.sayUpdate(single(2, [], 'X'))
  await room.loop.idle()
  ann.sayUpdate(single(3, [server, 2, server, 1], 'W'))
  await room.loop.idle()
  assert.equal(bound().doc.getText('source').toJSON().length, 5)
  const reloaded = new Y.Doc()
  Y.applyUpdate(reloaded, Y.encodeStateAsUpdate(bound().doc))
  assert.notEqual(reloaded.getText('source').toJSON(), bound().doc.getText('source').toJSON())

  await type(room, ann, 'defghijklmnop')
  await until(() => counts.failures === 1)
  const { loads } = room.store
  await type(room, ann, 'qrstuvwxyz'.repeat(2))
  await unload(room, [ann])
  assert.equal(room.store.loads, loads, 'it tried again')
  assert.equal(counts.failures, 1)
  assert.equal(await snapshotSeq(room), 0)
  assert.match(String(room.errors[0]), /plain.demo.*order of its content/)
})

test('[ROOM-53] a live document that has lost something of what is stored keeps its log', async (t) => {
  const counts = counting()
  const room = roomFixture(t, EVERY_TEN, undefined, { observer: counts.observer })
  const { spec, bound } = lending(room)
  const ann = await room.join(new RoomClient('ann'), spec)
  await until(() => ann.isSynced)
  await type(room, ann, 'abcd')
  // Past the log: what a bug would do.
  bound().doc.getText('source').delete(0, 1)
  await type(room, ann, 'efgh')
  await unload(room, [ann])
  assert.equal(counts.failures, 1)
  assert.match(String(room.errors[0]), /what is deleted/)
  assert.equal(await snapshotSeq(room), 0)
  assert.equal(await storedText(room), 'abcdefgh')
})

test('[ROOM-53] a store that cannot be read is asked again only after many more edits', async (t) => {
  const counts = counting()
  const room = roomFixture(t, EVERY_TEN, undefined, { observer: counts.observer })
  const ann = await room.join(new RoomClient('ann'))
  await until(() => ann.isSynced)
  room.store.failNextLoad()
  await type(room, ann, 'abcdefghij')
  await until(() => room.errors.length === 1)
  const { loads } = room.store
  await type(room, ann, 'klmnopqrst')
  assert.equal(room.store.loads, loads)
  await unload(room, [ann])
  assert.equal((await room.store.load(DOCUMENT))?.tail.length, 0)
  assert.equal(counts.failures, 0)
})

/** One character of one client, with its origin and its right origin, or at the head of the text. */
function single(client: number, origins: readonly number[], character: string): Uint8Array {
  const isHead = origins.length === 0
  const place = isHead ? [1, 6, ...Buffer.from('source')] : origins.flatMap(varUint)
  return Uint8Array.from([1, 1, client, 0, isHead ? 0x04 : 0xc4, ...place, 1, character.charCodeAt(0), 0])
}

function varUint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varUint(Math.floor(value / 128))]
}
