import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Access, Action, Identified } from '../../src/access/model.ts'
import { AccessWatch, type EndReason } from '../../src/identity/access-watch.ts'
import type { Admitted, Judge } from '../../src/identity/gate.ts'
import { usersIdentity } from '../../src/identity/identity.ts'
import { claimAt } from '../../src/identity/jwt-claims.ts'
import { hasRepeatedMember, jwtText } from '../../src/identity/jwt-text.ts'
import { VerifiedTokens } from '../../src/identity/verified-tokens.ts'
import { until } from '../support/until.ts'
import { type GateServer, gateServer, usersGate, usersOptions } from './gate-fixture.ts'
import {
  SHARED,
  type KeyServer,
  jwk,
  jwtFixture,
  keyServer,
  rawToken,
  rsaPair,
  token,
} from './jwt-fixture.ts'

const OLD = rsaPair('old')
const NEW = rsaPair('new')
const SECONDS = Math.floor(Date.now() / 1000)

const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
const cookie = (text: string) => ({ headers: { cookie: `platform=${text}` } })

async function admitted(server: GateServer, ask: Parameters<GateServer['ask']>[0]): Promise<Admitted> {
  const admission = await server.ask(ask)
  assert.ok(admission.ok, JSON.stringify(admission))
  return admission
}

async function withKeys(
  t: TestContext,
  keys: KeyServer['keys'],
  rules: Parameters<typeof jwtFixture>[1] = {},
) {
  const platform = await keyServer(t, keys)
  const fixture = jwtFixture({ kind: 'url', url: platform.url }, rules)
  const server = await gateServer(t, usersGate({ sources: [fixture.authenticator] }))
  return { ...fixture, platform, server }
}

test('[ACCESS-84] a rotated key is found when a token names it, and many tokens ask once', async (t) => {
  const { server, platform, clock } = await withKeys(t, [jwk(OLD)])
  assert.equal(await server.say(bearer(await token(OLD))), 'ok ada manage header')
  platform.keys = [jwk(OLD), jwk(NEW)]
  clock.now += 11_000
  const fresh = await token(NEW)
  const answers = await Promise.all(Array.from({ length: 20 }, () => server.say(bearer(fresh))))
  assert.deepEqual([...new Set(answers)], ['ok ada manage header'])
  assert.equal(platform.requests.length, 2)
})

test('[ACCESS-84] made-up key names have the keys read at most every ten seconds', async (t) => {
  const { server, platform, clock } = await withKeys(t, [jwk(OLD)])
  assert.equal(await server.say(bearer(await token(OLD))), 'ok ada manage header')
  for (let round = 0; round < 5; round += 1) {
    const made = await token({ ...NEW, kid: `made-up-${round}` })
    assert.equal(await server.say(bearer(made)), 'not_signed_in')
  }
  assert.equal(platform.requests.length, 1)
  clock.now += 11_000
  for (let round = 0; round < 5; round += 1) {
    assert.equal(await server.say(bearer(await token({ ...NEW, kid: `more-${round}` }))), 'not_signed_in')
  }
  assert.equal(platform.requests.length, 2)
})

test('[ACCESS-84] a withdrawn key is worth nothing once the keys were read again', async (t) => {
  const { server, platform, clock } = await withKeys(t, [jwk(OLD)])
  const text = await token(OLD, { exp: SECONDS + 7200 })
  assert.equal(await server.say(bearer(text)), 'ok ada manage header')
  platform.keys = [jwk(NEW)]
  clock.now += 601_000
  // The first question after ten minutes is still answered from memory.
  await server.say(bearer(text))
  await until(async () => (await server.say(bearer(text))) === 'not_signed_in')
})

for (const [what, broken] of [
  ['does not answer', 503],
  ['publishes an empty set', []],
] as const) {
  test(`[ACCESS-84] while the platform ${what}, the known keys go on, and it is told`, async (t) => {
    const { server, platform, clock, errors } = await withKeys(t, [jwk(OLD)])
    const text = await token(OLD, { exp: SECONDS + 7200 })
    assert.equal(await server.say(bearer(text)), 'ok ada manage header')
    platform.keys = broken
    clock.now += 601_000
    assert.equal(await server.say(bearer(text)), 'ok ada manage header')
    await until(() => errors.length === 1)
    assert.equal(await server.say(bearer(text)), 'ok ada manage header')
    clock.now += 11_000
    assert.equal(await server.say(bearer(text)), 'ok ada manage header')
    await until(() => errors.length === 2)
  })
}

test('[ACCESS-84] without any keys yet nothing is said about a token, and the platform is not hammered', async (t) => {
  const { server, platform, clock } = await withKeys(t, 503)
  const text = await token(OLD)
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await server.say(bearer(text)), 'identity_unavailable')
  }
  assert.equal(platform.requests.length, 1)
  platform.keys = [jwk(OLD)]
  clock.now += 11_000
  assert.equal(await server.say(bearer(text)), 'ok ada manage header')
})

test('[ACCESS-87] a worthless cookie bars nobody, a worthless header does', async (t) => {
  const { authenticator } = jwtFixture({ kind: 'secret', secret: SHARED }, { algorithms: ['HS256'] })
  const { gate, signIn } = usersIdentity(usersOptions({ sources: [authenticator, 'users'] }))
  const server = await gateServer(t, gate)
  const holder = { kind: 'user', user: 'lin', tokenPrefix: '' } as const
  const facts = { host: `127.0.0.1:${server.port}`, isSecure: false, cookies: [] }
  const verdict = signIn.checkToken('lin-token', '127.0.0.1')
  assert.ok(verdict.ok)
  const session = signIn.sessions.issue(facts, { ...holder, ...verdict.holder }).split(';', 1)[0] ?? ''
  const worthless = rawToken('{"alg":"HS256"}', '{"sub":"ada"}', 'AAAA')
  assert.equal(
    await server.say({ headers: { cookie: `platform=${worthless}; ${session}` } }),
    'ok lin read cookie',
  )
  const headers = { cookie: session, authorization: `Bearer ${worthless}` }
  assert.equal(await server.say({ headers }), 'not_signed_in')
})

test('[ACCESS-80] tokens of both kinds are told apart in both orders, and wrong ones are counted', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const { authenticator } = jwtFixture({ kind: 'url', url })
  for (const sources of [['users', authenticator] as const, [authenticator, 'users'] as const]) {
    const server = await gateServer(t, usersGate({ sources: [...sources] }))
    assert.equal(await server.say(bearer('lin-token')), 'ok lin read header')
    const platforms = await token(OLD, { sub: 'grace' })
    assert.equal(await server.say(bearer(platforms)), 'ok grace edit header')
    for (let guess = 0; guess < 10; guess += 1) {
      assert.equal(await server.say(bearer(`guess-${guess}`)), 'not_signed_in')
    }
    // From here a right guess looks like a wrong one; a signature cannot be guessed.
    assert.equal(await server.say(bearer('another')), 'too_fast')
    assert.equal(await server.say(bearer('lin-token')), 'too_fast')
    assert.equal(await server.say(bearer(platforms)), 'ok grace edit header')
  }
})

test('[ACCESS-80] a wrong token beside a good cookie is final also with several sources', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const { authenticator } = jwtFixture({ kind: 'url', url })
  const server = await gateServer(t, usersGate({ sources: ['users', authenticator] }))
  const headers = { ...cookie(await token(OLD)).headers, authorization: 'token wrong' }
  assert.equal(await server.say({ headers }), 'not_signed_in')
})

test('[ACCESS-91] a token that a proxy adds needs an Origin, one that is shown on purpose does not', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const change = { method: 'POST', action: 'files.write' as Action }
  const text = await token(OLD)
  const say = async (rules: object, headers: Record<string, string>): Promise<string> => {
    const { authenticator } = jwtFixture({ kind: 'url', url }, rules)
    const server = await gateServer(t, usersGate({ sources: [authenticator] }))
    return await server.say({ ...change, headers })
  }
  assert.equal(await say({}, bearer(text).headers), 'ok ada manage header')
  assert.equal(await say({ isSetByProxy: true }, bearer(text).headers), 'bad_origin')
  assert.equal(await say({ header: 'X-Platform-Jwt' }, { 'x-platform-jwt': text }), 'bad_origin')
  const origin = { origin: 'https://app.example.org', 'x-platform-jwt': `Bearer ${text}` }
  assert.equal(await say({ header: 'X-Platform-Jwt' }, origin), 'ok ada manage proxy')
})

test('[ACCESS-88] claims are found by path, in lists and texts, and only own ones', async (t) => {
  const { server } = await withKeys(t, [jwk(OLD)], {
    userClaim: 'act.user',
    nameClaim: 'https://example.org/name',
    groupsClaim: 'realm_access.roles',
    accessClaim: 'scope',
    accessValues: { 'outrigger:read': 'read', 'outrigger:edit': 'edit' },
    requiredClaims: { email_verified: 'true', tenant: 'blue', sid: '*' },
  })
  const claims = {
    act: { user: 'zoe' },
    'https://example.org/name': ' Zoe\u202e \n Zed ',
    realm_access: { roles: ['/lab', 7, 'staff'] },
    scope: 'openid outrigger:read outrigger:edit other',
    email_verified: true,
    tenant: ['red', 'blue'],
    sid: 's1',
  }
  const { principal, access, granted } = await admitted(server, bearer(await token(OLD, claims)))
  assert.deepEqual(
    { id: principal.id, name: principal.displayName, initials: principal.initials, groups: principal.groups },
    { id: 'zoe', name: 'Zoe Zed', initials: 'ZZ', groups: ['lab', 'staff'] },
  )
  assert.deepEqual([granted, access], ['edit', 'edit'])
  for (const lacking of [{ email_verified: 'no' }, { tenant: ['red'] }, { sid: undefined }]) {
    assert.equal(await server.say(bearer(await token(OLD, { ...claims, ...lacking }))), 'not_signed_in')
  }
  const none = await token(OLD, { ...claims, scope: 'constructor toString', realm_access: {} })
  // The same person was in before.
  assert.equal(await server.say(bearer(none)), 'access_revoked')
  assert.equal(claimAt({}, 'constructor'), undefined)
  assert.equal(claimAt({ a: [] }, 'a.length'), 0)
  assert.equal(claimAt({ a: 'x' }, 'a.length'), undefined)
})

test('[ACCESS-83] a member that is there twice is found at any depth, and only that', () => {
  for (const text of ['{"a":1,"a":2}', '{"b":{"a":1,"\\u0061":1}}', '[{"":1,"":1}]', '{"a\\"":1,"a\\"":2}']) {
    assert.equal(hasRepeatedMember(text), true, text)
  }
  for (const text of [
    '{"a":{"a":[{"a":1},{"a":"a"}]},"b":"a"}',
    '["a","a",":"]',
    '{"a":",\\"a\\":"}',
    '{}',
  ]) {
    assert.equal(hasRepeatedMember(text), false, text)
  }
})

test('what is no JSON Web Token is left to others', () => {
  for (const text of ['', 'ort_abc', 'a.b.c', 'e30.e30.', `${rawToken('{"alg":1}', '{}')}.x.y`, '..']) {
    assert.equal(jwtText(text), 'other', text)
  }
  assert.equal(jwtText(rawToken('{"alg":"x"}', 'no json')), 'malformed')
  assert.equal(jwtText(rawToken('{"alg":"x"}', '{}')), 'plain')
})

type Watched = { readonly events: (EndReason | Access)[]; readonly watch: AccessWatch }

function watched(judge: Judge, now: () => number): Watched & { hold: (admission: Admitted) => void } {
  const events: (EndReason | Access)[] = []
  const watch = new AccessWatch({
    judge,
    renewMs: 2 ** 30,
    now,
    onError: (error) => assert.fail(String(error)),
  })
  const holder = {
    action: 'room.join' as const,
    close: () => {},
    accessChanged: (access: Access) => events.push(access),
    ended: (why: EndReason) => events.push(why),
  }
  return { events, watch, hold: (admission) => void watch.hold(admission, holder) }
}

test('[ACCESS-85] what is open ends with its token, and goes on with a newer one in the cookie', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const { authenticator, clock } = jwtFixture({ kind: 'url', url })
  const gate = usersIdentity(usersOptions({ sources: [authenticator] })).gate
  const direct = async (text: string): Promise<Admitted> => {
    const known = await authenticator.authenticate(factsWith({ name: 'platform', value: text }))
    assert.equal(known.outcome, 'known')
    assert.ok(known.outcome === 'known')
    return { ok: true, ...known, access: gate.accessOf(known) }
  }
  const { events, watch, hold } = watched(gate, () => clock.now)
  t.after(() => watch.close())
  const start = clock.now
  const at = (seconds: number) => Math.floor(start / 1000) + seconds
  hold(await direct(await token(OLD, { sub: 'zoe', groups: ['lab'], sid: 's', exp: at(60) })))
  clock.now = start + 50_000
  watch.reconsider()
  assert.deepEqual(events, [])
  // Refreshed, in another session of hers, and by somebody else: only the first counts.
  const refreshed = { sub: 'zoe', groups: ['lab'], sid: 's', iat: at(50), exp: at(120) }
  await direct(await token(OLD, refreshed))
  await direct(await token(OLD, { ...refreshed, sid: 'other', exp: at(900) }))
  await direct(await token(OLD, { ...refreshed, sub: 'sam', exp: at(900) }))
  // An older one that is still good takes nothing back.
  await direct(await token(OLD, { sub: 'zoe', sid: 's', exp: at(60) }))
  clock.now = start + 100_000
  watch.reconsider()
  watch.renewSoon()
  await new Promise(setImmediate)
  assert.deepEqual(events, [])
  await direct(await token(OLD, { ...refreshed, groups: [], iat: at(100), exp: at(180) }))
  watch.renewSoon()
  await until(() => events.length === 1)
  assert.deepEqual(events, ['access_revoked'])
  hold(await direct(await token(OLD, { ...refreshed, iat: at(101), exp: at(180) })))
  clock.now = start + 190_000
  watch.reconsider()
  assert.deepEqual(events, ['access_revoked', 'session_expired'])
})

test('[ACCESS-85] a token that is shown on purpose is not prolonged by a cookie', async (t) => {
  const { server } = await withKeys(t, [jwk(OLD)])
  const short = await admitted(server, bearer(await token(OLD, { exp: SECONDS + 600 })))
  await admitted(server, cookie(await token(OLD, { exp: SECONDS + 900 })))
  assert.equal(short.lease?.expiresAt, (SECONDS + 600) * 1000 + 5000)
})

test('[ACCESS-86] an exchanged token becomes a cookie that does not hold it and ends with it', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const { authenticator, clock } = jwtFixture({ kind: 'url', url })
  const { gate, signIn } = usersIdentity(usersOptions({ sources: [authenticator], now: () => clock.now }))
  const server = await gateServer(t, gate)
  const exp = Math.floor(clock.now / 1000) + 60
  const text = await token(OLD, { name: 'Ada', exp })
  const host = `127.0.0.1:${server.port}`
  const exchange = await signIn.exchange({ ...factsWith(), host, queryToken: text })
  assert.ok(exchange.outcome === 'known')
  const [setCookie = ''] = exchange.cookies
  for (const part of text.split('.')) assert.ok(!setCookie.includes(part))
  const maxAge = Number(/Max-Age=(\d+)/.exec(setCookie)?.[1])
  assert.ok(maxAge > 55 && maxAge <= 65, String(maxAge))
  const headers = { cookie: setCookie.split(';', 1)[0] ?? '' }
  assert.equal(await server.say({ headers }), 'ok ada manage cookie')
  const { lease, principal } = await admitted(server, { headers })
  assert.deepEqual([lease?.expiresAt, principal.displayName], [exp * 1000 + 5000, 'Ada'])
  clock.now += 66_000
  assert.equal(await server.say({ headers }), 'not_signed_in')
  const wrong = await signIn.exchange({ ...factsWith(), queryToken: rawToken('{"alg":"none"}', '{}') })
  assert.deepEqual(wrong, { outcome: 'refused', code: 'not_signed_in' })
})

test('[ACCESS-86] a session is worth nothing once another issuer is configured', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const origin = { kind: 'url', url } as const
  const { signIn } = usersIdentity(usersOptions({ sources: [jwtFixture(origin).authenticator] }))
  const other = jwtFixture(origin, { issuer: 'https://new.example.org/' })
  const server = await gateServer(t, usersGate({ sources: [other.authenticator] }))
  const facts = { ...factsWith(), host: `127.0.0.1:${server.port}`, queryToken: await token(OLD) }
  const exchange = await signIn.exchange(facts)
  assert.ok(exchange.outcome === 'known')
  const headers = { cookie: exchange.cookies[0]?.split(';', 1)[0] ?? '' }
  assert.equal(await server.say({ headers }), 'not_signed_in')
})

test('a token with more groups than a cookie holds is not exchanged in silence', async (t) => {
  const { url } = await keyServer(t, [jwk(OLD)])
  const { authenticator } = jwtFixture({ kind: 'url', url })
  const groups = Array.from({ length: 150 }, (_, index) => `a-group-with-a-long-name-${index}`)
  const queryToken = await token(OLD, { groups })
  await assert.rejects(async () => await authenticator.exchange?.({ ...factsWith(), queryToken }), {
    code: 'too_large',
  })
})

function factsWith(...cookies: { name: string; value: string }[]) {
  return {
    method: 'GET',
    url: '/',
    host: 'localhost',
    origin: undefined,
    fetchSite: undefined,
    isUpgrade: false,
    isPageVisit: true,
    isSecure: false,
    isOnLoopback: true,
    address: '127.0.0.1',
    headerToken: undefined,
    queryToken: undefined,
    cookies,
    rawHeaders: [],
  }
}

test('[ACCESS-81] a token that was checked before still ends in time, and with its key', async (t) => {
  const { server, clock, verified, platform } = await withKeys(t, [jwk(OLD)])
  const exp = Math.floor(clock.now / 1000) + 60
  const text = await token(OLD, { exp })
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await server.say(bearer(text)), 'ok ada manage header')
  }
  assert.equal(verified.size, 1)
  const [head = '', body = ''] = text.split('.')
  assert.equal(await server.say(bearer(`${head}.${body}.AAAA`)), 'not_signed_in')
  clock.now = exp * 1000 + 4_000
  assert.equal(await server.say(bearer(text)), 'ok ada manage header')
  clock.now += 2_000
  assert.equal(await server.say(bearer(text)), 'not_signed_in')
  const longer = await token(OLD, { exp: SECONDS + 7200 })
  assert.equal(await server.say(bearer(longer)), 'ok ada manage header')
  platform.keys = [jwk(NEW)]
  assert.equal(await server.say(bearer(await token(NEW, { exp: SECONDS + 7200 }))), 'ok ada manage header')
  assert.equal(await server.say(bearer(longer)), 'not_signed_in')
})

test('tokens that were checked are bounded in number', () => {
  const verified = new VerifiedTokens<{ readonly expiresAt: number }>()
  for (let index = 0; index < 5_010; index += 1) verified.set(String(index), { expiresAt: 1 }, 0)
  assert.equal(verified.size, 5_000)
  assert.equal(verified.get('0', { generation: 0, nowMs: 0 }), undefined)
  assert.deepEqual(verified.get('5009', { generation: 0, nowMs: 0 }), { expiresAt: 1 })
})

test('people who were seen are bounded in number', async () => {
  const { people } = jwtFixture({ kind: 'secret', secret: SHARED })
  const principal = {
    id: 'a',
    displayName: 'a',
    initials: 'A',
    color: 'teal',
    groups: [],
    isAuthenticated: true,
  }
  const person: Identified = { principal }
  for (let index = 0; index < 20_010; index += 1)
    people.saw(String(index), { person, expiresAt: 1, issuedAt: 0 })
  assert.equal(people.size, 20_000)
})
