import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import { buildSnapshot } from '../../src/document/build-snapshot.ts'
import { SnapshotThread } from '../../src/room/snapshot-thread.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'

function open(t: TestContext, entry?: string) {
  const clock = new ManualClock()
  const failures: Error[] = []
  const thread = new SnapshotThread({
    clock,
    onFailure: (error) => failures.push(error),
    entry: entry === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(entry)}`),
  })
  t.after(() => thread.close())
  return { clock, failures, thread }
}

function log(words: readonly string[]): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const word of words) doc.getText('source').insert(0, word)
  return updates
}

const SILENT_ENTRY = "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {})"

test('the thread makes what would be made here, and leaves its input alone', async (t) => {
  const { thread, failures } = open(t)
  const updates = log(['one ', 'two ', 'three '])
  const copies = updates.map((update) => update.slice())
  const built = await thread.build(() => Promise.resolve(updates))
  assert.deepEqual(built, buildSnapshot(copies))
  assert.deepEqual(updates, copies)
  const broken = await thread.build(() => Promise.resolve(updates.slice(1)))
  assert.equal(broken.kind, 'broken')
  assert.deepEqual(failures, [])
})

test('snapshots are made one after the other, and the bytes of those that wait are not read', async (t) => {
  const { thread } = open(t)
  let reading = 0
  let most = 0
  const read = async (): Promise<Uint8Array[]> => {
    reading += 1
    most = Math.max(most, reading)
    await new Promise((resolve) => setImmediate(resolve))
    reading -= 1
    return log(['text'])
  }
  const all = await Promise.all(Array.from({ length: 70 }, () => thread.build(read)))
  assert.equal(most, 1)
  assert.equal(all.filter(({ kind }) => kind === 'built').length, 64)
  assert.equal(all.filter(({ kind }) => kind === 'busy').length, 6)
})

test('what cannot be read fails alone', async (t) => {
  const { thread } = open(t)
  await assert.rejects(
    thread.build(() => Promise.reject(new Error('the disk is on fire'))),
    /on fire/,
  )
  assert.equal((await thread.build(() => Promise.resolve(log(['text'])))).kind, 'built')
})

test('[ROOM-52] a thread that does not answer is stopped, and not asked again for a while', async (t) => {
  const { clock, thread, failures } = open(t, SILENT_ENTRY)
  let isRead = false
  const building = thread.build(() => {
    isRead = true
    return Promise.resolve(log(['text']))
  })
  await until(() => isRead)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(60_000)
  assert.equal((await building).kind, 'unavailable')
  assert.equal(failures.length, 1)
  isRead = false
  const read = (): Promise<Uint8Array[]> => {
    isRead = true
    return Promise.resolve(log(['text']))
  }
  assert.equal((await thread.build(read)).kind, 'unavailable')
  assert.equal(isRead, false)
  clock.advance(60_000)
  const again = thread.build(read)
  await until(() => isRead)
  await thread.close()
  assert.equal((await again).kind, 'unavailable')
  assert.equal(failures.length, 1)
})
