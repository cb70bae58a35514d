import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { profileRoute } from '../../src/http/routes/profile.ts'
import { createGate } from '../../src/identity/config-gate.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { openAuthenticator } from '../../src/identity/open-authenticator.ts'
import { createSessions } from '../../src/identity/session-cookie.ts'
import { CpuProfiler } from '../../src/observability/cpu-profiler.ts'
import { FakeGate, type FakeGateOptions } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'
import { until } from '../support/until.ts'

async function fixture(t: TestContext, options: FakeGateOptions = { access: 'manage' }) {
  const profiler = new CpuProfiler()
  t.after(() => profiler.close())
  const http = await httpFixture(t, { routes: [profileRoute({ gate: new FakeGate(options), profiler })] })
  const post = (query: string): Promise<Response> =>
    fetch(`${http.url}outrigger/api/v1/profile${query}`, { method: 'POST' })
  return { ...http, profiler, post }
}

test('whoever manages gets a profile as a file, and the log says who took one', async (t) => {
  const { post, log } = await fixture(t)
  const response = await post('?seconds=1')
  assert.equal(response.status, 200)
  assert.match(
    response.headers.get('content-disposition') ?? '',
    /^attachment; filename="outrigger-[\w-]+\.cpuprofile"$/,
  )
  const profile = (await response.json()) as { nodes: unknown[]; startTime: number; endTime: number }
  assert.ok(profile.nodes.length > 0)
  // Microseconds.
  assert.ok(profile.endTime - profile.startTime >= 900_000)
  assert.match(log(), /"user":"ada","seconds":1,"bytes":\d+,"msg":"a CPU profile was taken"/)
})

for (const [access, status] of [
  ['edit', 403],
  ['read', 403],
] as const) {
  test(`who may only ${access} gets no profile, not even on this machine`, async (t) => {
    const { post, profiler } = await fixture(t, { access })
    assert.equal((await post('?seconds=1')).status, status)
    assert.equal(profiler.isRunning, false)
  })
}

test('who is not signed in gets no profile', async (t) => {
  const { post } = await fixture(t, { refuseAll: 'not_signed_in' })
  assert.equal((await post('')).status, 401)
})

test('a second profile at the same time is refused with 409', async (t) => {
  const { post, profiler } = await fixture(t)
  const first = post('?seconds=1')
  await until(() => profiler.isRunning, 5000, 'the first profile')
  const second = await post('?seconds=1')
  assert.equal(second.status, 409)
  assert.equal(((await second.json()) as { code: string }).code, 'already_running')
  assert.equal((await first).status, 200)
})

for (const seconds of ['0', '61', '1.5', '-1', '', '1e1', '999999']) {
  test(`"${seconds}" seconds are refused`, async (t) => {
    const { post, profiler } = await fixture(t)
    const response = await post(`?seconds=${seconds}`)
    assert.equal(response.status, 400)
    assert.match(((await response.json()) as { message: string }).message, /from 1 to 60/)
    assert.equal(profiler.isRunning, false)
  })
}

test('a profile ends when the one who wanted it goes away', async (t) => {
  const { port, profiler } = await fixture(t)
  const path = '/outrigger/api/v1/profile?seconds=60'
  const asking = request({ host: '127.0.0.1', port, path, method: 'POST' })
  asking.on('error', () => {})
  asking.end()
  await until(() => profiler.isRunning, 5000, 'the profile')
  asking.destroy()
  await until(() => !profiler.isRunning, 5000, 'the end of the profile')
})

test('a page cannot be opened to take a profile: it is POST only', async (t) => {
  const { url, profiler } = await fixture(t)
  assert.equal((await fetch(`${url}outrigger/api/v1/profile?seconds=1`)).status, 404)
  assert.equal(profiler.isRunning, false)
})

test('where nobody signs in, a page of another site cannot take a profile', async (t) => {
  const sessions = createSessions({ baseUrl: '/', secret: new Uint8Array(32), sessionMs: 1e6, now: Date.now })
  const gate = createGate({
    authenticators: [openAuthenticator({ sessions, newId: () => 'visitor' })],
    resource: new LiveResource({ resource: { name: 'r', owner: 'user:', viewers: [] }, groups: {} }),
    allowedOrigins: [],
    visitorAccess: 'manage',
  })
  const profiler = new CpuProfiler()
  const { url } = await httpFixture(t, { routes: [profileRoute({ gate, profiler })] })
  const statusFrom = async (origin: string): Promise<number> => {
    const address = `${url}outrigger/api/v1/profile?seconds=1`
    return (await fetch(address, { method: 'POST', headers: { origin } })).status
  }
  assert.equal(await statusFrom('https://evil.example'), 403)
  assert.equal(await statusFrom(new URL(url).origin), 200)
})
