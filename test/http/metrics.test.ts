import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsRoute } from '../../src/http/routes/metrics.ts'
import type { Gate } from '../../src/identity/gate.ts'
import { DelayWindow } from '../../src/observability/delay-window.ts'
import { METRICS } from '../../src/observability/metric-table.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { httpGet } from '../support/http-get.ts'
import { httpFixture } from '../support/http-fixture.ts'

const metrics = createMetrics({
  version: '1.2.3',
  stats: () => ({
    rooms: {},
    sessions: 0,
    connections: 0,
    pendingBytes: 0,
    memory: { documents: 0, caches: 0, queues: 0, used: 0, limit: 0 },
  }),
  delays: new DelayWindow(),
})

function gateOf(verdict: 'manage' | 'edit' | 'read' | ErrorCode): Gate {
  const principal = {
    id: 'ada',
    displayName: 'Ada',
    initials: 'A',
    color: 'teal',
    groups: [],
    isAuthenticated: true,
  }
  return {
    admit: async () =>
      verdict === 'manage'
        ? { ok: true, principal, access: verdict, source: 'header' }
        : { ok: false, code: verdict === 'edit' || verdict === 'read' ? 'forbidden' : verdict },
  }
}

function route(verdict: 'manage' | 'edit' | 'read' | ErrorCode, isOpenToLocalCallers = false) {
  return metricsRoute({ render: () => metrics.render(), gate: gateOf(verdict), isOpenToLocalCallers })
}

async function get(port: number, headers: Record<string, string> = {}): Promise<number> {
  return (await httpGet({ port, path: '/outrigger/metrics' }, headers)).status
}

test('Prometheus gets every metric of the table', async (t) => {
  const { url } = await httpFixture(t, { routes: [route('manage')] })
  const response = await fetch(`${url}outrigger/metrics`)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  for (const name of Object.keys(METRICS)) assert.ok(text.includes(`# TYPE ${name} `), name)
})

for (const [verdict, status] of [
  ['manage', 200],
  ['edit', 403],
  ['read', 403],
  ['not_signed_in', 401],
  ['not_found', 404],
] as const) {
  test(`${verdict} gets ${status}`, async (t) => {
    const { port } = await httpFixture(t, { routes: [route(verdict)] })
    assert.equal(await get(port), status)
  })
}

test('a local program needs no credentials where that is allowed, and only there', async (t) => {
  const open = await httpFixture(t, { routes: [route('not_signed_in', true)] })
  assert.equal(await get(open.port), 200)
  assert.equal(await get(open.port, { host: `localhost:${open.port}` }), 200)
  assert.equal(await get(open.port, { host: '[::1]:80' }), 200)
  const closed = await httpFixture(t, { routes: [route('not_signed_in', false)] })
  assert.equal(await get(closed.port), 401)
})

for (const [what, headers] of [
  ['a proxy that says so', { 'x-forwarded-for': '203.0.113.7' }],
  ['a proxy that uses the standard header', { forwarded: 'for=203.0.113.7' }],
  ['a proxy that keeps the name that was asked for', { host: 'lab.example.org' }],
  ['a page whose name resolves to this machine', { host: 'evil.example.org:8890' }],
  ['a name that only begins like loopback', { host: '127.0.0.1.example.org' }],
] as const) {
  test(`${what} is not local`, async (t) => {
    const { port } = await httpFixture(t, { routes: [route('not_signed_in', true)] })
    assert.equal(await get(port, headers), 401)
  })
}
