import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { meRoute } from '../../src/http/routes/me.ts'
import type { Gate } from '../../src/identity/gate.ts'
import { openGate, usersGate } from '../identity/gate-fixture.ts'
import { httpFixture } from '../support/http-fixture.ts'

const EVERYTHING = {
  contents: ['read', 'write'],
  kernels: ['execute', 'read'],
  sessions: ['write'],
  terminals: ['execute'],
  events: ['execute', 'write'],
  server: ['read', 'write'],
  config: ['read', 'write', 'fly'],
  unheard: ['read', 'write'],
  constructor: ['read'],
}

test("[ACCESS-35] the answer has Jupyter's shape and the caller's own name and color", async (t) => {
  const ask = await asker(t, usersGate())
  const ada = await ask('ada')
  assert.equal(ada.status, 200)
  assert.match(ada.type, /^application\/json/)
  const { identity, permissions } = ada.body as { identity: Record<string, unknown>; permissions: unknown }
  assert.deepEqual(Object.keys(identity), [
    'username',
    'name',
    'display_name',
    'initials',
    'avatar_url',
    'color',
  ])
  assert.deepEqual(
    { ...identity, color: '' },
    {
      username: 'ada',
      name: 'ada',
      display_name: 'ada',
      initials: 'A',
      avatar_url: null,
      color: '',
    },
  )
  assert.deepEqual(permissions, { updatable_fields: [] })
  const grace = (await ask('grace')).body as { identity: Record<string, unknown> }
  assert.equal(grace.identity['username'], 'grace')
  assert.notEqual(grace.identity['color'], identity['color'])
})

const ALLOWED = {
  ada: {
    contents: ['read', 'write'],
    kernels: ['execute', 'read'],
    sessions: ['write'],
    terminals: ['execute'],
    events: ['execute', 'write'],
    server: ['read', 'write'],
    config: ['read', 'write', 'fly'],
    unheard: ['read', 'write'],
    constructor: ['read'],
  },
  grace: {
    contents: ['read', 'write'],
    kernels: ['execute', 'read'],
    sessions: ['write'],
    terminals: ['execute'],
    events: ['execute', 'write'],
    server: ['read'],
    config: ['read', 'write', 'fly'],
    unheard: ['read', 'write'],
    constructor: ['read'],
  },
  lin: {
    contents: ['read'],
    kernels: ['read'],
    sessions: [],
    terminals: [],
    events: ['execute'],
    server: ['read'],
    config: ['read'],
    unheard: [],
    constructor: [],
  },
}

for (const [name, permissions] of Object.entries(ALLOWED)) {
  test(`[ACCESS-35] ${name} is told which of the permissions it asked about it has`, async (t) => {
    const ask = await asker(t, usersGate())
    const { body } = await ask(
      name,
      `?permissions=${encodeURIComponent(JSON.stringify(EVERYTHING))}&1700000000`,
    )
    assert.deepEqual((body as { permissions: unknown }).permissions, { ...permissions, updatable_fields: [] })
  })
}

test('[ACCESS-35] permissions that are no map of lists are refused', async (t) => {
  const ask = await asker(t, usersGate())
  for (const text of ['{', '[]', '"x"', 'null', '{"contents":"read"}', '{"contents":[1]}']) {
    const answer = await ask('ada', `?permissions=${encodeURIComponent(text)}`)
    assert.equal(answer.status, 400, text)
    assert.match((answer.body as { message: string }).message, /JSON object/)
  }
  assert.equal((await ask('ada', '?permissions={}&permissions={}')).status, 400)
  assert.equal((await ask('ada', '?permissions=')).status, 200)
})

test('[ACCESS-3] nobody gets 401, a stranger gets the answer of a missing address', async (t) => {
  const ask = await asker(t, usersGate())
  assert.equal((await ask(undefined)).status, 401)
  const stranger = await ask('sam')
  const missing = await ask('sam', '', 'GET', 'api/mee')
  assert.equal(stranger.status, 404)
  assert.deepEqual(stranger, missing)
})

test('[ACCESS-35] nobody can rename itself', async (t) => {
  const ask = await asker(t, usersGate())
  const answer = await ask('ada', '', 'PATCH')
  assert.equal(answer.status, 501)
  assert.match((answer.body as { message: string }).message, /configuration/)
  assert.equal((await ask(undefined, '', 'PATCH')).status, 401)
  assert.equal((await ask('sam', '', 'PATCH')).status, 404)
})

test('[ACCESS-15] a visitor of open mode has a name and a color', async (t) => {
  const ask = await asker(t, openGate())
  const { identity } = (await ask(undefined)).body as { identity: Record<string, string> }
  assert.match(identity['display_name'] ?? '', /^[A-Z][a-z]+ [A-Z][a-z]+$/)
  assert.match(identity['color'] ?? '', /^#[0-9a-f]{6}$/)
})

type Answer = { readonly status: number; readonly type: string; readonly body: unknown }
type Asker = (name: string | undefined, query?: string, method?: string, path?: string) => Promise<Answer>

async function asker(t: TestContext, gate: Gate): Promise<Asker> {
  const { url } = await httpFixture(t, { baseUrl: '/user/ada/', routes: [meRoute({ gate })] })
  return async (name, query = '', method = 'GET', path = 'api/me') => {
    const headers: Record<string, string> = name === undefined ? {} : { authorization: `token ${name}-token` }
    const response = await fetch(`${url}${path}${query}`, { method, headers })
    const type = response.headers.get('content-type') ?? ''
    return { status: response.status, type, body: await response.json() }
  }
}
