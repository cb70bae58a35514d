import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyPluginAsync } from 'fastify'
import { describeApi, openApiRoute } from '../../src/http/openapi.ts'
import { FakeGate } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'

const params = { type: 'object', properties: { id: { type: 'string' } } }
const routes: FastifyPluginAsync = async (scope) => {
  scope.get('/outrigger/api/v1/things/:id', { schema: { summary: 'A thing', params } }, async () => ({}))
  scope.get('/outrigger/api/v1/undescribed', async () => ({}))
  scope.get('/outrigger/page', async () => ({}))
  scope.get('/api/me', async () => ({}))
}

for (const baseUrl of ['/', '/user/ada%20b/']) {
  test(`[ACCESS-58] below ${baseUrl} the document holds all of the API, also what says nothing of itself`, async (t) => {
    const { url } = await httpFixture(t, {
      baseUrl: decodeURI(baseUrl),
      routes: [routes, openApiRoute({ gate: new FakeGate() })],
      describe: describeApi({ baseUrl, version: '1.2.3' }),
    })
    const response = await fetch(`${url}outrigger/api/v1/openapi.json`)
    const document = (await response.json()) as {
      readonly info: { readonly version: string }
      readonly servers?: readonly { readonly url: string }[]
      readonly paths: Readonly<Record<string, unknown>>
    }
    assert.equal(document.info.version, '1.2.3')
    assert.equal(`${document.servers?.[0]?.url ?? ''}/`, baseUrl)
    assert.deepEqual(Object.keys(document.paths).toSorted(), [
      '/outrigger/api/v1/openapi.json',
      '/outrigger/api/v1/things/{id}',
      '/outrigger/api/v1/undescribed',
    ])
  })
}
