import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Action } from '../../src/access/model.ts'
import { createGate, declaredResource } from '../../src/identity/config-gate.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { type SessionHolder, createSessions } from '../../src/identity/session-cookie.ts'
import { type GateServer, RESOURCE, SECRET, USERS, gateServer, hashToken, usersGate } from './gate-fixture.ts'

/** Grace's and Lin's answers to one action of each kind. */
const DECISIONS: readonly (readonly [Action, string, string])[] = [
  ['page.open', 'ok', 'ok'],
  ['files.write', 'ok', 'read_only'],
  ['kernels.use', 'ok', 'read_only'],
  ['document.save', 'ok', 'read_only'],
  ['server.stop', 'forbidden', 'forbidden'],
  ['request.malformed', 'bad_request', 'bad_request'],
  ['request.unrouted', 'not_found', 'not_found'],
]

for (const [action, grace, lin] of DECISIONS) {
  test(`[ACCESS-2] ${action} is answered "${grace}" to an editor and "${lin}" to a reader`, async (t) => {
    const server = await gateServer(t, usersGate())
    const first = async (name: string): Promise<string | undefined> =>
      (await server.say({ action, headers: bearer(`${name}-token`) })).split(' ')[0]
    assert.deepEqual([await first('grace'), await first('lin')], [grace, lin])
  })
}

test('[ACCESS-3] a stranger gets for everything what a missing thing gets', async (t) => {
  const server = await gateServer(t, usersGate())
  for (const action of [
    'page.open',
    'state.read',
    'server.stop',
    'kernels.use',
    'request.unrouted',
  ] as const) {
    assert.deepEqual(await server.ask({ action, headers: bearer('sam-token') }), {
      ok: false,
      code: 'not_found',
    })
  }
})

test('[ACCESS-49] whoever was inside is told that it is over; to a stranger there is nothing, before and after', async (t) => {
  const resource = new LiveResource({ resource: RESOURCE, groups: { lab: ['grace'] } })
  const server = await gateServer(t, usersGate({ resource }))
  const say = (name: string, action: Action = 'page.open'): Promise<string> =>
    server.say({ action, headers: bearer(`${name}-token`) })
  assert.equal(await say('grace'), 'ok grace edit header')
  assert.equal(await say('sam'), 'not_found')
  resource.declare({ resource: { ...RESOURCE, viewers: [] }, groups: {} })
  assert.deepEqual(
    [await say('grace'), await say('grace', 'files.write'), await say('grace', 'request.unrouted')],
    ['access_revoked', 'access_revoked', 'not_found'],
  )
  // Lin had a grant and was never here.
  assert.deepEqual([await say('lin'), await say('sam')], ['not_found', 'not_found'])
  resource.declare({ resource: RESOURCE, groups: { lab: ['grace'] } })
  assert.equal(await say('grace'), 'ok grace edit header')
})

test('[ACCESS-3] somebody without any credential is asked to sign in', async (t) => {
  const server = await gateServer(t, usersGate())
  for (const action of ['page.open', 'kernels.use', 'request.unrouted'] as const) {
    assert.equal(await server.say({ action }), 'not_signed_in')
  }
  assert.equal(await server.say({ action: 'request.malformed' }), 'bad_request')
  assert.equal(await server.say({ method: 'PUT', action: 'files.write' }), 'not_signed_in')
})

test('[ACCESS-2] the owner changes everything but the owner', async (t) => {
  const server = await gateServer(t, usersGate())
  const headers = bearer('ada-token')
  assert.equal(await server.say({ headers, action: 'server.stop' }), 'ok ada manage header')
  assert.equal(await server.say({ headers, action: 'owner.change' }), 'owner_immutable')
})

test('[ACCESS-10] tokens are taken from Authorization in both of its forms, and from the query', async (t) => {
  const server = await gateServer(t, usersGate())
  assert.equal(await server.say({ headers: { authorization: 'token ada-token' } }), 'ok ada manage header')
  assert.equal(await server.say({ headers: { authorization: 'BEARER  ada-token ' } }), 'ok ada manage header')
  assert.equal(await server.say({ path: '/lab?x=1&token=lin-token&1700' }), 'ok lin read query')
  assert.equal(await server.say({ path: '/lab?to%6ben=lin%2Dtoken' }), 'ok lin read query')
  assert.equal(await server.say({ isUpgrade: true, path: '/r?token=lin-token' }), 'ok lin read query')
})

test('[ACCESS-10] an Authorization header of another kind, or an empty token, is no credential', async (t) => {
  const server = await gateServer(t, usersGate())
  const headers = cookieOf(server, 'grace')
  for (const authorization of ['Basic YWRhOmFkYQ==', 'token', 'token ', 'Bearer']) {
    assert.equal(await server.say({ headers: { ...headers, authorization } }), 'ok grace edit cookie')
  }
  assert.equal(await server.say({ headers, path: '/?token=' }), 'ok grace edit cookie')
})

test('[ACCESS-10] the header beats the query, which beats the cookie, and a wrong one is final', async (t) => {
  const server = await gateServer(t, usersGate())
  const cookie = cookieOf(server, 'ada')
  const header = (token: string): Record<string, string> => ({ ...cookie, ...bearer(token) })
  assert.equal(
    await server.say({ headers: header('grace-token'), path: '/?token=lin-token' }),
    'ok grace edit header',
  )
  assert.equal(await server.say({ headers: cookie, path: '/?token=lin-token' }), 'ok lin read query')
  assert.equal(await server.say({ headers: cookie }), 'ok ada manage cookie')
  assert.equal(await server.say({ headers: header('guess'), path: '/?token=lin-token' }), 'not_signed_in')
  assert.equal(await server.say({ headers: cookie, path: '/?token=guess' }), 'not_signed_in')
})

test('[ACCESS-11] the digest of a token, a name or a cookie is not a token', async (t) => {
  const server = await gateServer(t, usersGate())
  const value = cookieOf(server, 'ada')['cookie']?.split('=')[1] ?? ''
  for (const wrong of [hashToken('ada-token'), hashToken('ada-token').slice(7), 'ada', value]) {
    assert.equal(await server.say({ headers: bearer(wrong) }), 'not_signed_in')
  }
})

test('[ACCESS-12] a cookie ends with its user, with its token and with its secret', async (t) => {
  const names = USERS.filter(({ name }) => name !== 'grace')
  const gates = {
    same: usersGate(),
    'without the user': usersGate({ users: names }),
    'with another token': usersGate({ users: [...names, { name: 'grace', tokens: [hashToken('new')] }] }),
    'without a token': usersGate({ users: [...names, { name: 'grace', tokens: [] }] }),
    'with another secret': usersGate({ secret: randomBytes(32) }),
    later: usersGate({ now: () => Date.now() + 60_001 }),
  }
  const answers: Record<string, string> = {}
  for (const [title, gate] of Object.entries(gates)) {
    const server = await gateServer(t, gate)
    answers[title] = await server.say({ headers: cookieOf(server, 'grace') })
  }
  assert.deepEqual(answers, {
    same: 'ok grace edit cookie',
    'without the user': 'not_signed_in',
    'with another token': 'not_signed_in',
    'without a token': 'not_signed_in',
    'with another secret': 'not_signed_in',
    later: 'not_signed_in',
  })
})

test('[ACCESS-12] a cookie of a server on another port, or of an open-mode visitor, is not looked at', async (t) => {
  const server = await gateServer(t, usersGate())
  const good = cookieOf(server, 'ada')['cookie'] ?? ''
  assert.equal(await server.say({ headers: { cookie: good } }), 'ok ada manage cookie')
  assert.equal(
    await server.say({ headers: { cookie: good.replace(`${server.port}`, '1') } }),
    'not_signed_in',
  )
  const visitor = cookieWith(server, { kind: 'visitor', id: 'ada' })
  assert.equal(await server.say({ headers: visitor }), 'not_signed_in')
})

test('[ACCESS-13] wrong tokens make an address wait; its cookies go on working', async (t) => {
  let now = 1_700_000_000_000
  const server = await gateServer(t, usersGate({ now: () => now }))
  const cookie = cookieOf(server, 'grace', now)
  for (let attempt = 0; attempt < 10; attempt += 1) {
    assert.equal(await server.say({ headers: bearer(`guess${attempt}`) }), 'not_signed_in')
  }
  assert.equal(await server.say({ headers: bearer('ada-token') }), 'too_fast')
  assert.equal(await server.say({ path: '/?token=ada-token' }), 'too_fast')
  assert.equal(await server.say({ headers: cookie }), 'ok grace edit cookie')
  now += 1001
  assert.equal(await server.say({ headers: bearer('ada-token') }), 'ok ada manage header')
})

test('[ACCESS-25] absolute-form targets, several Hosts and other upgrades are refused', async (t) => {
  const server = await gateServer(t, usersGate())
  const host = `Host: 127.0.0.1:${server.port}\r\n`
  const rest = 'Authorization: token ada-token\r\nConnection: close\r\n\r\n'
  const told = async (line: string, headers: string): Promise<string> =>
    (await server.raw(`${line}\r\n${headers}${rest}`)).split('\r\n\r\n')[1]?.replace(/^[0-9a-f]+\r\n/, '') ??
    ''
  assert.match(await told('GET / HTTP/1.1', host), /"ok":true/)
  assert.match(await told(`GET http://127.0.0.1:${server.port}/ HTTP/1.1`, host), /"bad_request"/)
  assert.match(await told('OPTIONS * HTTP/1.1', host), /"bad_request"/)
  assert.match(await told('GET //example.org/ HTTP/1.1', host), /"bad_request"/)
  assert.match(await told('GET /\\example.org/ HTTP/1.1', host), /"bad_request"/)
  assert.match(await told('GET / HTTP/1.1', `${host}Host: example.org\r\n`), /"bad_request"/)
  assert.match(await told('GET / HTTP/1.1', 'Host: a@b\r\n'), /"bad_request"/)
  assert.match(await told('GET / HTTP/1.0', ''), /"bad_request"/)
  const upgrade = 'Upgrade: h2c\r\nConnection: Upgrade\r\nAuthorization: token ada-token\r\n\r\n'
  assert.match(await server.raw(`GET / HTTP/1.1\r\n${host}${upgrade}`), /"bad_request"/)
})

test('a fault of an authenticator is told and answered "internal"', async (t) => {
  const errors: unknown[] = []
  const broken = { name: 'broken', authenticate: () => Promise.reject(new Error('no answer')) }
  const gate = createGate({
    authenticators: [broken],
    resource: new LiveResource({ resource: RESOURCE, groups: {} }),
    allowedOrigins: [],
    onError: (error) => errors.push(error),
  })
  assert.equal(await (await gateServer(t, gate)).say(), 'internal')
  assert.match(String(errors[0]), /no answer/)
})

test('[ACCESS-1] viewers of the configuration become grants, with the default where none is said', () => {
  const config = {
    name: 'class',
    owner: 'group:teachers',
    viewers: [{ user: 'ada', access: 'edit' }, { group: 'pupils' }, {}],
  } as const
  assert.deepEqual(declaredResource(config, 'read'), {
    name: 'class',
    owner: 'group:teachers',
    viewers: [
      { subject: 'user:ada', access: 'edit' },
      { subject: 'group:pupils', access: 'read' },
    ],
  })
})

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}

function cookieOf(server: GateServer, user: string, now = Date.now()): Record<string, string> {
  const tokenPrefix = hashToken(`${user}-token`).slice('sha256:'.length, 'sha256:'.length + 16)
  return cookieWith(server, { kind: 'user', user, tokenPrefix }, now)
}

function cookieWith({ port }: GateServer, holder: SessionHolder, now = Date.now()): Record<string, string> {
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 60_000, now: () => now })
  const facts = { host: `127.0.0.1:${port}`, isSecure: false, cookies: [] }
  return { cookie: sessions.issue(facts, holder).split(';')[0] ?? '' }
}
