import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyPluginAsync } from 'fastify'
import { httpFixture } from '../support/http-fixture.ts'

const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
    since: { type: 'string', description: 'a date' },
  },
}
const body = {
  type: 'object',
  required: ['people'],
  properties: {
    count: { type: 'integer', minimum: 1, maximum: 9 },
    people: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: { name: { type: 'string', description: 'the name of a person' } },
      },
    },
  },
}

const routes: FastifyPluginAsync = async (scope) => {
  scope.get('/query', { schema: { querystring: query } }, async (request) => request.query)
  scope.post('/body', { schema: { body } }, async (request) => request.body)
  // What is answered is not cut down to what the schema names.
  const response = { 200: { type: 'object', properties: { known: { type: 'string' } } } }
  scope.get('/answer', { schema: { response } }, async () => ({ known: 'a', more: 'b' }))
}

async function fixture(t: TestContext) {
  const { url } = await httpFixture(t, { routes: [routes] })
  const said = async (response: Response): Promise<unknown> => {
    const json = (await response.json()) as { readonly message?: string }
    return response.status === 400 ? json.message : json
  }
  return {
    ask: async (path: string) => said(await fetch(`${url}${path}`)),
    send: async (content: unknown) => {
      const headers = { 'content-type': 'application/json' }
      return said(await fetch(`${url}body`, { method: 'POST', headers, body: JSON.stringify(content) }))
    },
  }
}

test('numbers in an address are numbers, and what is left out has its default', async (t) => {
  const { ask } = await fixture(t)
  assert.deepEqual(await ask('query'), { limit: 100 })
  assert.deepEqual(await ask('query?limit=7&since=12'), { limit: 7, since: '12' })
  for (const wrong of ['0', '501', '1.5', 'x', '']) {
    const found = /^[\d.]+$/.test(wrong) ? wrong : `"${wrong}"`
    assert.equal(await ask(`query?limit=${wrong}`), `limit: ${found} is not a whole number from 1 to 500.`)
  }
  assert.equal(await ask('query?since=a&since=b'), 'since: a list is not a date.')
  assert.equal(await ask('query?limitt=1'), 'limitt: is not known here. Did you mean limit?')
})

test('a body is taken as it is, and a fault in it is named with its place', async (t) => {
  const { send } = await fixture(t)
  assert.deepEqual(await send({ people: [{ name: 'ada' }], more: 1 }), { people: [{ name: 'ada' }], more: 1 })
  assert.equal(await send({ people: [], count: '3' }), 'count: "3" is not a whole number from 1 to 9.')
  assert.equal(
    await send({ people: [{ name: 'ada' }, { name: 4 }] }),
    'people.1.name: 4 is not the name of a person.',
  )
  assert.equal(await send({ people: [{}] }), 'people.0.name: is missing. It should be the name of a person.')
  assert.equal(
    await send({ people: [{ naem: 'a' }] }),
    'people.0.naem: is not known here. Did you mean name?',
  )
  assert.equal(await send(null), 'The request has no body.')
  const long = await send({ people: [{ name: { deep: 'x'.repeat(1000) } }] })
  assert.equal(long, 'people.0.name: an object is not the name of a person.')
})

test('an answer is sent whole, whatever its schema names', async (t) => {
  const { ask } = await fixture(t)
  assert.deepEqual(await ask('answer'), { known: 'a', more: 'b' })
})
