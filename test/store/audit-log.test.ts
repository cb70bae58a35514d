import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AuditEvent } from '../../src/access/audit.ts'
import { type AuditOptions, LevelAuditLog } from '../../src/store/audit-log.ts'
import type { LevelDatabase } from '../../src/store/level-database.ts'
import { until } from '../support/until.ts'
import { storeFixture } from './store-fixture.ts'

const BASE = { resource: 'lab' }

function event(actor: string, more: Partial<AuditEvent> = {}): AuditEvent {
  return { action: 'join', actor, resource: 'lab', ...more }
}

/** The time stands still until it is told to move. */
async function fixture(t: TestContext, options: Partial<AuditOptions> = {}) {
  const store = await storeFixture(t, 'never')
  const clock = { now: 1_000_000 }
  const logs: LevelAuditLog[] = []
  t.after(async () => {
    for (const log of logs) await log.close()
  })
  const open = (database: LevelDatabase): LevelAuditLog => {
    const policy = { keepMs: 1000, maxEvents: 100, isRecording: true, now: () => clock.now }
    const log = new LevelAuditLog({ database, ...policy, ...options })
    logs.push(log)
    return log
  }
  const { database } = await store.open()
  return { ...store, clock, database, reopen: open, log: open(database) }
}

async function actors(log: LevelAuditLog, filter: object = {}): Promise<string[]> {
  const page = await log.page({ ...BASE, ...filter }, { limit: 1000 })
  return page!.events.map(({ actor }) => actor)
}

async function exported(log: LevelAuditLog, filter: object = {}): Promise<string[]> {
  const found: string[] = []
  for await (const events of log.read({ ...BASE, ...filter })) found.push(...events.map(({ actor }) => actor))
  return found
}

test('[ACCESS-60] events are read in the order of time, from either end, and after a restart', async (t) => {
  const { log, clock, database, open, reopen } = await fixture(t)
  for (const actor of ['ada', 'lin', 'eve']) {
    log.record(event(actor, { document: 'plain/a', address: '::1', detail: 'x' }))
    clock.now += 1
  }
  // Two at the same moment.
  log.record(event('sam'))
  assert.deepEqual(await actors(log), ['sam', 'eve', 'lin', 'ada'])
  await log.close()
  await database.close()
  const again = reopen((await open()).database)
  // A clock that was set back loses nothing.
  clock.now = 1_000_003
  again.record(event('max'))
  assert.deepEqual(await exported(again), ['ada', 'lin', 'eve', 'sam', 'max'])
  const [first] = (await again.page(BASE, { limit: 1, before: undefined }))!.events
  assert.equal(first?.at, 1_000_003)
  const [oldest] = (await again.page({ ...BASE, until: 1_000_001 }, { limit: 5 }))!.events
  const { id, at, ...rest } = oldest!
  assert.ok(id !== '' && at === 1_000_000)
  assert.deepEqual(rest, event('ada', { document: 'plain/a', address: '::1', detail: 'x' }))
})

test('[ACCESS-61] a trail is filtered by time, actor, action and resource, and read page by page', async (t) => {
  const { log, clock } = await fixture(t)
  for (let at = 0; at < 10; at += 1) {
    log.record(event(`p${at}`, { action: at % 2 === 0 ? 'join' : 'deny' }))
    log.record(event('elsewhere', { resource: 'other' }))
    clock.now += 10
  }
  assert.deepEqual(await actors(log, { since: 1_000_020, until: 1_000_050 }), ['p4', 'p3', 'p2'])
  assert.deepEqual(await actors(log, { action: 'deny', since: 1_000_050 }), ['p9', 'p7', 'p5'])
  assert.deepEqual(await actors(log, { actor: 'p3' }), ['p3'])
  assert.deepEqual(await exported(log, { action: 'join', until: 1_000_030 }), ['p0', 'p2'])
  const pages: string[][] = []
  let before: string | undefined
  do {
    const page = await log.page(BASE, { limit: 4, before })
    pages.push(page!.events.map(({ actor }) => actor))
    before = page!.next
  } while (before !== undefined)
  assert.deepEqual(pages, [
    ['p9', 'p8', 'p7', 'p6'],
    ['p5', 'p4', 'p3', 'p2'],
    ['p1', 'p0'],
  ])
  for (const nonsense of ['', 'x', '../..', 'A'.repeat(19) + '=']) {
    assert.equal(await log.page(BASE, { limit: 4, before: nonsense }), undefined, nonsense)
  }
})

test('[ACCESS-61] reading all of a long trail yields all of it, in portions', async (t) => {
  const { log } = await fixture(t)
  for (let count = 0; count < 2345; count += 1) log.record(event(`p${count}`))
  const sizes: number[] = []
  for await (const events of log.read(BASE)) sizes.push(events.length)
  assert.deepEqual(sizes, [500, 500, 500, 500, 345])
})

test('[ACCESS-62] what is too old or too much is forgotten, the oldest first', async (t) => {
  const { log, clock } = await fixture(t, { maxEvents: 700 })
  for (let count = 0; count < 1300; count += 1) log.record(event(`p${count}`))
  await log.flush()
  await log.trim()
  const left = await exported(log)
  assert.deepEqual([left.length, left[0], left.at(-1)], [700, 'p600', 'p1299'])
  clock.now += 500
  log.record(event('late'))
  await log.flush()
  // What was written since the trail was counted counts.
  await log.trim()
  assert.equal((await exported(log))[0], 'p601')
  clock.now += 501
  await log.trim()
  assert.deepEqual(await exported(log), ['late'])
})

test('[ACCESS-60] events are written in the background, without anybody asking', async (t) => {
  const { log, database } = await fixture(t)
  log.record(event('ada'))
  const stored = async (): Promise<number> =>
    await database.read(async (reader) => (await reader.keys('audit', {})).length)
  assert.equal(await stored(), 0)
  await until(async () => (await stored()) === 1)
})

test('[ACCESS-60] closing writes what waits, and nothing is recorded after it', async (t) => {
  const { log, database, reopen } = await fixture(t)
  log.record(event('ada'))
  await log.close()
  log.record(event('late'))
  await log.close()
  assert.deepEqual(await actors(reopen(database)), ['ada'])
})

test('[ACCESS-62] switched off, nothing is recorded, and what there is can be read', async (t) => {
  const on = await fixture(t)
  on.log.record(event('ada'))
  await on.log.flush()
  const off = new LevelAuditLog({ database: on.database, keepMs: 1000, maxEvents: 100, isRecording: false })
  off.record(event('lin'))
  assert.deepEqual(await actors(off), ['ada'])
  await off.close()
})

test('[ACCESS-60] while the store cannot write, events wait, up to a bound, and are written once', async (t) => {
  const { log, database, logged } = await fixture(t)
  const write = database.write.bind(database)
  let failures = 0
  // The first one does arrive, although it is reported as failed.
  t.mock.method(database, 'write', async (...args: Parameters<typeof write>) => {
    failures += 1
    if (failures === 1) await write(...args)
    if (failures <= 2) throw new Error('no disk')
    await write(...args)
  })
  log.record(event('ada'))
  await assert.rejects(log.flush())
  log.record(event('lin'))
  await assert.rejects(actors(log))
  for (let count = 0; count < 10_050; count += 1) log.record(event('many'))
  await log.flush()
  const found = await exported(log)
  assert.deepEqual(found.slice(0, 3), ['ada', 'lin', 'many'])
  assert.equal(found.length, 10_000)
  assert.ok(logged.includes('events of the audit trail were lost'), logged.join())
})

test('[ACCESS-60] long texts are cut, and a damaged event does not hide the others', async (t) => {
  const { log, database } = await fixture(t)
  log.record(event('ada', { detail: 'x'.repeat(10_000) }))
  log.record(event('lin'))
  log.record(event('eve'))
  await log.flush()
  const keys = await database.read(async (reader) => await reader.keys('audit', {}))
  await database.write([{ type: 'put', sublevel: 'audit', key: keys[1]!, value: Buffer.from('nonsense') }])
  const { events } = (await log.page(BASE, { limit: 5 }))!
  assert.deepEqual(
    events.map(({ actor }) => actor),
    ['eve', 'ada'],
  )
  assert.equal(events[1]?.detail?.length, 500)
})
