/** Whole runs against Outrigger itself. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runScenario } from '../../../bench/load/coordinator.ts'
import type { ManagedServer } from '../../../bench/servers/managed-server.ts'
import { startOutrigger } from '../../../bench/servers/outrigger.ts'
import { shortScenario } from '../support/short-scenario.ts'

let server: ManagedServer
before(async () => {
  server = await startOutrigger({ fsync: 'never' })
})
after(async () => server.stop())

test('two workers share a room: what one sends the other measures', async () => {
  const result = await runScenario(
    shortScenario(server.roomUrl, { clients: 6, writers: 4 }, { workers: 2 }),
    { server },
  )
  assert.deepEqual(result.verification.failures, [])
  assert.equal(result.isPass, true)
  assert.equal(result.generator.workers.length, 2)
  assert.equal(result.groups[0]?.deliveries, (result.groups[0]?.edits ?? 0) * 5)
  assert.ok((result.server?.rssBytesAfter ?? 0) > 10_000_000)
  assert.ok((result.server?.cpuMsPerDelivery ?? 0) > 0)
})

test('the same seed gives the same edits, another one others', async () => {
  const edits: (number | undefined)[] = []
  for (const seed of [7, 7, 8]) {
    const group = { typing: 'human', rate: 40 } as const
    const result = await runScenario(shortScenario(server.roomUrl, group, { seed, warmUpSeconds: 0 }), {
      server,
    })
    assert.equal(result.isPass, true)
    edits.push(result.groups[0]?.edits)
  }
  assert.equal(edits[0], edits[1])
  assert.notEqual(edits[0], edits[2])
})

test('notebooks, outputs, runs, cursors, sleeping and leaving clients and a stalled reader all converge', async () => {
  const result = await runScenario(
    shortScenario(server.roomUrl, {
      clients: 8,
      writers: 2,
      typing: 'human',
      document: { shape: 'notebook', bytes: 60_000, cells: 0, storedAs: 0 },
      cursorFollowsKeys: true,
      cursorRate: 2,
      renewSeconds: 15,
      outputMessagesPerSecond: 20,
      outputBytesPerSecond: 20_000,
      runEverySeconds: 0.5,
      sleepEverySeconds: 1,
      sleepForSeconds: 0.3,
      leaveEverySeconds: 2,
      stalled: 1,
    }),
    { server },
  )
  const [group] = result.groups
  assert.deepEqual(result.verification.failures, [])
  assert.equal(result.isPass, true)
  assert.ok((group?.outputs.count ?? 0) > 0, 'outputs arrive')
  assert.ok((group?.presence.count ?? 0) > 0, 'cursors arrive')
  assert.ok((group?.catchUp.count ?? 0) > 0, 'somebody was away and caught up')
  const joins = group?.joins.count ?? 0
  assert.ok(joins >= 8, 'everybody joined')
  // Whoever joins, or comes back as somebody new, receives the whole notebook.
  assert.ok((group?.bytesReceived ?? 0) >= joins * 50_000, `${group?.bytesReceived} bytes for ${joins} joins`)
})

test('clients that arrive during the load are timed from their first packet to the whole document', async () => {
  const document = { shape: 'notebook', bytes: 200_000, cells: 0, storedAs: 0 } as const
  const result = await runScenario(
    shortScenario(server.roomUrl, { clients: 20, writers: 1, document, arriveAfterSeconds: 0.5 }),
    { server },
  )
  assert.equal(result.isPass, true)
  assert.equal(result.groups[0]?.joins.count, 20)
  assert.ok((result.groups[0]?.allJoinedMs ?? 0) >= (result.groups[0]?.joins.maxMs ?? 0) * 0.99)
  assert.ok((result.groups[0]?.bytesReceived ?? 0) > 20 * 200_000 * 0.9)
})

test('cut clients come back by themselves and go on from where they were', async () => {
  const result = await runScenario(shortScenario(server.roomUrl, {}, { dropAllAfterSeconds: 0.8 }), {
    server,
  })
  assert.deepEqual(result.verification.failures, [])
  assert.equal(result.isPass, true)
  assert.ok((result.groups[0]?.catchUp.count ?? 0) > 0)
})

test('a ramp climbs to its end when the server keeps up, and tells each step', async () => {
  const ramp = { p99Ms: 10_000, from: 5, to: 20, factor: 2, refine: 1, stepSeconds: 0.8 }
  const result = await runScenario(shortScenario(server.roomUrl, {}, { ramp }), { server })
  assert.deepEqual(
    result.steps.map(({ rate, isSustained }) => [rate, isSustained]),
    [
      [5, true],
      [10, true],
      [20, true],
    ],
  )
  assert.equal(result.isPass, true)
})

test('a server that is not there is an error that says so, not a result', async () => {
  await assert.rejects(runScenario(shortScenario('ws://127.0.0.1:9/{room}')), /127\.0\.0\.1:9|ECONNREFUSED/)
})
