import assert from 'node:assert/strict'
import type { OutgoingHttpHeaders } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { CredentialSource } from '../../../src/identity/gate.ts'
import { ask, gatewayFixture } from '../../support/gateway-fixture.ts'

type Attempt = {
  readonly source?: CredentialSource
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
}

async function statusOf(t: TestContext, attempt: Attempt): Promise<number> {
  const { source = 'cookie', method = 'POST', path = '/api/kernels', headers } = attempt
  const { port, upstream } = await gatewayFixture(t, { gate: { source } })
  const { status } = await ask({ port, method, path, headers })
  assert.equal(upstream.requests.length, status === 200 ? 1 : 0)
  return status
}

const COOKIE = 'a=1; _xsrf=2|ab|cd|12'

test('[GATEWAY-5] a change with the cookie of the browser must repeat the token of the browser', async (t) => {
  const proof = { cookie: COOKIE, 'x-xsrftoken': '2|ab|cd|12' }
  for (const source of ['cookie', 'open'] as const) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.equal(await statusOf(t, { source, method, headers: proof }), 200)
      assert.equal(await statusOf(t, { source, method, headers: { cookie: COOKIE } }), 403)
      assert.equal(await statusOf(t, { source, method, headers: { ...proof, 'x-xsrftoken': 'x' } }), 403)
    }
  }
})

test("[GATEWAY-5] JupyterLab's settings and workspaces are held to it as well", async (t) => {
  const path = '/lab/api/workspaces/default'
  assert.equal(await statusOf(t, { method: 'PUT', path, headers: { cookie: COOKIE } }), 403)
  assert.equal(await statusOf(t, { method: 'PUT', path: '/LAB/API/x', headers: { cookie: COOKIE } }), 403)
})

test('[GATEWAY-5] any of several cookies of that name will do, and the query may carry the proof', async (t) => {
  const cookie = '_xsrf=old; _xsrf=new'
  for (const value of ['old', 'new']) {
    assert.equal(await statusOf(t, { headers: { cookie, 'x-xsrftoken': value } }), 200)
    assert.equal(await statusOf(t, { path: `/api/kernels?_xsrf=${value}`, headers: { cookie } }), 200)
  }
  assert.equal(await statusOf(t, { path: '/api/kernels?_xsrf=x', headers: { cookie } }), 403)
})

test('[GATEWAY-5] reading, and callers that show their own token, need no proof', async (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    assert.equal(await statusOf(t, { method, headers: { cookie: COOKIE } }), 200)
  }
  for (const source of ['header', 'query'] as const) {
    assert.equal(await statusOf(t, { source, headers: { cookie: COOKIE } }), 200)
  }
})

test('[GATEWAY-5] without the cookie, and for applications behind Jupyter, the Origin check stands alone', async (t) => {
  assert.equal(await statusOf(t, {}), 200)
  assert.equal(await statusOf(t, { path: '/proxy/8080/run', headers: { cookie: COOKIE } }), 200)
  assert.equal(
    await statusOf(t, { path: '/proxy/8080/run', headers: { cookie: COOKIE, 'x-xsrftoken': 'x' } }),
    403,
  )
})
