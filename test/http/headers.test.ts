import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyPluginAsync } from 'fastify'
import { healthRoutes } from '../../src/http/routes/health.ts'
import { pagePolicy } from '../../src/http/security-headers.ts'
import { httpGet } from '../support/http-get.ts'
import { httpFixture } from '../support/http-fixture.ts'

const health = healthRoutes({ readiness: () => ({ ready: true, reasons: [] }) })

test('our own answers, refusals included, carry the security headers', async (t) => {
  const { url } = await httpFixture(t, { routes: [health] })
  for (const path of ['outrigger/health/live', 'outrigger/nowhere', 'nowhere']) {
    const { headers } = await fetch(url + path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(headers.get('referrer-policy'), 'same-origin', path)
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path)
    assert.equal(headers.get('cache-control'), 'no-store', path)
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/, path)
    assert.equal(headers.get('access-control-allow-origin'), null, path)
  }
})

test('what is proxied keeps its own headers', async (t) => {
  const beside: FastifyPluginAsync = async (scope) => {
    scope.get(
      '/*',
      async (_request, reply) => await reply.header('referrer-policy', 'origin').send('jupyter'),
    )
  }
  const { url } = await httpFixture(t, { routes: [health], beside })
  const { headers } = await fetch(`${url}lab`)
  assert.equal(headers.get('referrer-policy'), 'origin')
  assert.equal(headers.get('content-security-policy'), null)
  assert.equal(headers.get('cache-control'), null)
})

test('below our own name nothing reaches the proxy', async (t) => {
  const beside: FastifyPluginAsync = async (scope) => {
    scope.all('/*', async () => 'jupyter')
  }
  const { port } = await httpFixture(t, { routes: [health], beside })
  assert.equal((await httpGet({ port, path: '/lab' })).body, 'jupyter')
  for (const path of [
    '/outrigger/nowhere',
    '/outrigger/api/v1/x',
    '/outrigger//x',
    '/outrigger/%2e%2e/x',
    '/outrigger/../x',
  ]) {
    assert.equal((await httpGet({ port, path })).status, 404, path)
  }
})

test('the address without its slash leads to the page, below any base', async (t) => {
  for (const baseUrl of ['/', '/user/ada/', '/user/a b/']) {
    const { url } = await httpFixture(t, { baseUrl, routes: [health] })
    const response = await fetch(`${url}outrigger`, { redirect: 'manual' })
    assert.equal(response.status, 302)
    const location = response.headers.get('location') ?? ''
    assert.equal(new URL(location, `${url}outrigger`).href, new URL(`${url}outrigger/`).href)
    assert.equal((await fetch(`${url}outrigger/health/live`)).status, 200)
  }
})

test('a page runs scripts from our origin only, and no inline style without a nonce', () => {
  const policy = pagePolicy({ styleNonce: 'abc' })
  assert.match(policy, /script-src 'self';/)
  assert.match(policy, /style-src 'self' 'nonce-abc';/)
  assert.match(policy, /style-src-attr 'none';/)
  assert.doesNotMatch(policy, /unsafe/)
})
