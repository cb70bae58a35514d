import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogRecord } from '../../src/room/ports.ts'
import type { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { bytesOf } from './append-items.ts'
import { startChild } from './child-process.ts'
import { CHILD_DOCUMENT, childPayload } from './child-records.ts'
import { storeFixture } from './store-fixture.ts'

const RECORDS_BEFORE_KILL = 300

async function assertHolds(store: LevelDocumentStore, acknowledged: readonly number[]): Promise<void> {
  const stored = await store.load(CHILD_DOCUMENT)
  const bySeq = new Map<number, LogRecord>(stored?.tail.map((record) => [record.seq, record]))
  for (const seq of acknowledged) assert.deepEqual(bySeq.get(seq)?.bytes, childPayload(seq), `record ${seq}`)
  const last = acknowledged.at(-1) ?? 0
  const head = stored?.head ?? 0
  assert.ok(
    head === last || head === last + 1,
    `at most the one that was in flight is there, too: ${head}, ${last}`,
  )
}

describe('durability', () => {
  for (const fsync of ['always', 'everysec', 'never'] as const) {
    it(`[STORE-11] has every acknowledged record after kill -9 in mid-stream, fsync ${fsync}`, async (t) => {
      const { directory, open } = await storeFixture(t, fsync)
      const child = startChild(t, ['append', directory, fsync])
      await child.sawLines(RECORDS_BEFORE_KILL)
      await child.kill()
      const { store } = await open()
      const acknowledged = child.lines.map(Number)
      assert.ok(acknowledged.length >= RECORDS_BEFORE_KILL)
      await assertHolds(store, acknowledged)
      assert.equal(await store.compact(CHILD_DOCUMENT, store.token, 2, bytesOf('it goes on')), 'done')
    })
  }

  it('[STORE-12] has every acknowledged record although the disk refused writes again and again', async (t) => {
    const { directory, open } = await storeFixture(t)
    // No file may grow beyond 1 MiB (2 MiB in some shells), so LevelDB's log hits the wall in
    // mid-record; each reopening begins a new one. The records are 4 MB together.
    const small = ['/bin/sh', '-c', 'ulimit -f 2048; exec "$0" "$@"']
    const child = startChild(t, ['append', directory, 'always', '2000'], small)
    const { code, lines } = await child.ended()
    assert.equal(code, 0)
    const failures = lines.filter((line) => line.startsWith('failed'))
    assert.ok(failures.length > 0, 'the limit was felt')
    const acknowledged = lines.filter((line) => !line.startsWith('failed')).map(Number)
    assert.equal(acknowledged.length, 1999)
    await assertHolds((await open()).store, acknowledged)
  })
})
