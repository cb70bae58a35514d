/** Servers that lose, change, forget or delay: each must be found out, or measured right. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScenario } from '../../../bench/load/coordinator.ts'
import { type Faults, startFaultyServer } from '../support/faulty-server.ts'
import { shortScenario } from '../support/short-scenario.ts'

async function runAgainst(faults: Faults, more: Parameters<typeof shortScenario>[2] = {}) {
  const server = await startFaultyServer(faults)
  try {
    return await runScenario(shortScenario(server.roomUrl, {}, more))
  } finally {
    await server.close()
  }
}

test('a server without faults passes, and every edit is counted at every other client', async () => {
  const result = await runAgainst({})
  const [group] = result.groups
  assert.deepEqual(result.verification.failures, [])
  assert.equal(result.isPass, true)
  // 2 writers x 20 keys/s x 1.5 s; the number of keys in a window may differ by one each.
  assert.ok(Math.abs((group?.edits ?? 0) - 60) <= 2, `${group?.edits} edits`)
  assert.equal(group?.deliveriesExpected, (group?.edits ?? 0) * 3)
  assert.equal(group?.deliveries, group?.deliveriesExpected)
  assert.equal(group?.latency.count, group?.deliveries)
  // Four clients and the one that reads afterwards.
  assert.equal(result.verification.clients, 5)
})

test('a server that loses updates fails, and the client that lacks them is named', async () => {
  const result = await runAgainst({ losesEach: 10 }, { drainSeconds: 1 })
  assert.equal(result.isPass, false)
  assert.equal(result.verification.isOk, false)
  assert.match(result.verification.failures.join('\n'), /client 1 lacks \d+ edits of others/)
  assert.ok((result.groups[0]?.deliveries ?? 0) < (result.groups[0]?.deliveriesExpected ?? 0))
  assert.equal(result.steps[0]?.isSustained, false)
})

test('a server that changes a letter for one client fails, though nothing is missing', async () => {
  const result = await runAgainst({ changesLetters: true })
  assert.equal(result.isPass, false)
  assert.match(result.verification.failures.join('\n'), /1 of 5 clients hold other content/)
  assert.equal(result.groups[0]?.deliveries, result.groups[0]?.deliveriesExpected)
})

test('a server that gives a new client too little fails', { timeout: 30_000 }, async () => {
  const result = await runAgainst({ forgets: true })
  assert.equal(result.isPass, false)
  assert.match(result.verification.failures.join('\n'), /the server gives a new client \d+ edits too few/)
})

test('an added delay is measured within 5 %', async () => {
  const delayMs = 200
  const plain = await runAgainst({})
  const slow = await runAgainst({ delayMs })
  const added = (slow.groups[0]?.latency.p50Ms ?? 0) - (plain.groups[0]?.latency.p50Ms ?? 0)
  assert.ok(Math.abs(added - delayMs) <= delayMs * 0.05, `${added} ms added instead of ${delayMs}`)
  assert.equal(slow.isPass, true)
})

test('keys that are typed while a returning client waits for the document are not lost', async () => {
  const result = await runAgainst({ answersAfterMs: 300 }, { dropAllAfterSeconds: 0.6, drainSeconds: 3 })
  assert.deepEqual(result.verification.failures, [])
  assert.equal(result.isPass, true)
})
