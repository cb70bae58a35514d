import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, get } from 'node:http'
import { test } from 'node:test'
import { auditRoute } from '../../src/http/routes/audit.ts'
import type { RecordedEvent } from '../../src/store/audit-log.ts'
import { FakeGate } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'
import { until } from '../support/until.ts'

const EVENT: RecordedEvent = { id: 'x', at: 0, action: 'join', actor: 'ada', resource: 'lab' }
const PORTION = Array.from({ length: 500 }, () => ({ ...EVENT, detail: 'x'.repeat(500) }))
const PORTION_BYTES = 500 * 600

test('[ACCESS-61] a trail is read no faster than it is taken, and no further for somebody who left', async (t) => {
  let portions = 0
  let hasEnded = false
  async function* read(): AsyncGenerator<readonly RecordedEvent[]> {
    try {
      for (;;) {
        portions += 1
        yield PORTION
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      hasEnded = true
    }
  }
  const trail = { page: async () => undefined, read }
  const route = auditRoute({ gate: new FakeGate({ access: 'manage' }), resourceName: 'lab', trail })
  const { url } = await httpFixture(t, { routes: [route] })
  const request = get(`${url}outrigger/api/v1/resources/lab/audit?format=jsonl`)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  // It reads a little, and then nothing any more.
  await once(response, 'readable')
  let before = -1
  await until(async () => {
    before = portions
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return portions === before
  })
  assert.ok(portions * PORTION_BYTES < 32 * 1024 * 1024, `${portions} portions were read`)
  assert.equal(hasEnded, false)
  response.destroy()
  await until(() => hasEnded)
})
