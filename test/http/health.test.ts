import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Readiness, healthRoutes } from '../../src/http/routes/health.ts'
import { httpFixture } from '../support/http-fixture.ts'

test('live is 200 for everybody, below any base', async (t) => {
  const routes = [healthRoutes({ readiness: () => ({ ready: false, reasons: ['store'] }) })]
  for (const baseUrl of ['/', '/user/ada/']) {
    const { url } = await httpFixture(t, { baseUrl, routes })
    const response = await fetch(`${url}outrigger/health/live`)
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { live: true })
  }
})

test('ready follows the readiness of the moment, and says why not', async (t) => {
  let readiness: Readiness = { ready: true, reasons: [] }
  const { url } = await httpFixture(t, { routes: [healthRoutes({ readiness: () => readiness })] })
  assert.equal((await fetch(`${url}outrigger/health/ready`)).status, 200)
  readiness = { ready: false, reasons: ['draining', 'store'] }
  const response = await fetch(`${url}outrigger/health/ready`)
  assert.equal(response.status, 503)
  assert.deepEqual(await response.json(), { ready: false, reasons: ['draining', 'store'] })
  assert.equal((await fetch(`${url}outrigger/health/ready`, { method: 'HEAD' })).status, 503)
})
