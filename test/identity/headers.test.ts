import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { foreignPerson } from '../../src/identity/foreign-person.ts'
import { type HeaderRules, headersAuthenticator } from '../../src/identity/headers-authenticator.ts'
import { SeenPeople } from '../../src/identity/seen-people.ts'
import { ALLOWED, type Ask, gateServer, usersGate } from './gate-fixture.ts'

const SECRET = 'known-to-the-proxy-alone'
const RULES: HeaderRules = {
  trustedProxies: ['10.0.0.0/8', '127.0.0.1', 'fd00::/64'],
  secretHeader: 'X-Outrigger-Secret',
  secret: SECRET,
  user: 'X-Forwarded-User',
  name: 'X-Forwarded-Preferred-Username',
  groups: 'X-Forwarded-Groups',
  email: 'X-Forwarded-Email',
  maxAgeMs: 60_000,
}
const ADA = { 'x-forwarded-user': 'ada', 'x-outrigger-secret': SECRET }

function gate(rules: Partial<HeaderRules> = {}, now = Date.now) {
  return headersAuthenticator({ rules: { ...RULES, ...rules }, people: new SeenPeople(), now })
}

async function serve(t: TestContext, rules: Partial<HeaderRules> = {}) {
  const server = await gateServer(t, usersGate({ sources: [gate(rules), 'users'] }))
  return {
    origin: server.origin,
    ask: (one: Ask) => server.ask(one),
    say: (one: Ask) => server.say(one),
    raw: (head: string) => server.raw(head),
  }
}

test('[ACCESS-90] a listed proxy with the secret is believed', async (t) => {
  const { say, ask } = await serve(t)
  assert.equal(await say({ headers: ADA }), 'ok ada manage proxy')
  const admission = await ask({
    headers: {
      ...ADA,
      'x-forwarded-user': 'zoe',
      'x-forwarded-groups': 'staff, /lab ,,',
      'x-forwarded-preferred-username': Buffer.from('Zoë Zed').toString('latin1'),
    },
  })
  assert.ok(admission.ok)
  const { principal, access } = admission
  assert.deepEqual([principal.displayName, principal.initials, access], ['Zoë Zed', 'ZZ', 'edit'])
  assert.deepEqual(principal.groups, ['staff', 'lab'])
  const mail = await ask({ headers: { ...ADA, 'x-forwarded-email': 'a.lovelace@example.org' } })
  assert.ok(mail.ok)
  assert.equal(mail.principal.displayName, 'a.lovelace')
})

test('[ACCESS-90] from another address the headers are as if they had not been sent', async (t) => {
  const { say } = await serve(t, { trustedProxies: ['10.0.0.0/8', '127.0.0.2', 'fd00::/64'] })
  assert.equal(await say({ headers: ADA }), 'not_signed_in')
  assert.equal(await say({ headers: { ...ADA, authorization: 'token lin-token' } }), 'ok lin read header')
})

test('[ACCESS-90] a listed address without the right secret is refused, whatever else is shown', async (t) => {
  const { say } = await serve(t)
  const wrong: Record<string, string>[] = [
    { 'x-forwarded-user': 'ada' },
    { ...ADA, 'x-outrigger-secret': '' },
    { ...ADA, 'x-outrigger-secret': `${SECRET}x` },
    { ...ADA, 'x-outrigger-secret': SECRET.slice(0, -1) },
    { ...ADA, 'x-outrigger-secret': SECRET.toUpperCase() },
    { 'x-outrigger-secret': 'wrong' },
  ]
  for (const headers of wrong) {
    assert.equal(await say({ headers }), 'not_signed_in', JSON.stringify(headers))
    assert.equal(await say({ headers: { ...headers, authorization: 'token ada-token' } }), 'not_signed_in')
  }
})

test('[ACCESS-90] a header that came twice is refused: the first may be the caller’s own', async (t) => {
  const { raw } = await serve(t)
  const lines = (...extra: string[]): string =>
    ['GET / HTTP/1.1', 'Host: x', 'Connection: close', ...extra, '', ''].join('\r\n')
  const secret = `X-Outrigger-Secret: ${SECRET}`
  assert.match(await raw(lines('X-Forwarded-User: ada', secret)), /"ok":true/)
  assert.match(await raw(lines('X-Forwarded-User: ada', 'x-forwarded-user: lin', secret)), /not_signed_in/)
  assert.match(await raw(lines('X-Forwarded-User: ada', secret, 'X-Outrigger-Secret: x')), /not_signed_in/)
  // Groups that came twice give none: which are the proxy's own?
  const groups = lines(
    'X-Forwarded-User: zoe',
    'X-Forwarded-Groups: lab',
    'X-Forwarded-Groups: staff',
    secret,
  )
  assert.match(await raw(groups), /"code":"not_found"/)
})

test('[ACCESS-90] the proxy may let somebody through who is not signed in', async (t) => {
  const { say } = await serve(t)
  const nobody = { 'x-outrigger-secret': SECRET, 'x-forwarded-user': ' ' }
  assert.equal(await say({ headers: nobody }), 'not_signed_in')
  assert.equal(await say({ headers: { ...nobody, authorization: 'token lin-token' } }), 'ok lin read header')
})

test('[ACCESS-91] changes and sockets need an Origin of ours', async (t) => {
  const { say, origin } = await serve(t)
  assert.equal(await say({ headers: ADA, method: 'POST' }), 'bad_origin')
  assert.equal(await say({ headers: ADA, isUpgrade: true }), 'bad_origin')
  assert.equal(
    await say({ headers: { ...ADA, origin: 'https://evil.example' }, method: 'POST' }),
    'bad_origin',
  )
  for (const own of [origin, ALLOWED]) {
    assert.equal(await say({ headers: { ...ADA, origin: own }, method: 'POST' }), 'ok ada manage proxy')
    assert.equal(await say({ headers: { ...ADA, origin: own }, isUpgrade: true }), 'ok ada manage proxy')
  }
})

test('[ACCESS-85] what is open follows what the proxy said last, and ends without a word of it', async () => {
  const clock = { now: 1000 }
  const authenticator = gate({ maxAgeMs: 60_000 }, () => clock.now)
  const facts = (groups: string) => ({
    address: '::ffff:10.1.2.3',
    rawHeaders: ['X-Forwarded-User', 'zoe', 'X-Outrigger-Secret', SECRET, 'X-Forwarded-Groups', groups],
  })
  type Facts = Parameters<typeof authenticator.authenticate>[0]
  const first = await authenticator.authenticate(facts('lab') as unknown as Facts)
  assert.ok(first.outcome === 'known')
  assert.equal(first.lease?.expiresAt, 61_000)
  clock.now = 30_000
  await authenticator.authenticate(facts('staff') as unknown as Facts)
  assert.equal(first.lease?.expiresAt, 90_000)
  assert.deepEqual((await first.lease?.renew?.())?.principal.groups, ['staff'])
})

test('[ACCESS-89] names are cleaned, ids are taken as they are or not at all', () => {
  const person = foreignPerson({
    id: 'zoe',
    displayName: 'A\u202e\u0000B\n C',
    initials: 'toolong',
    color: 'x',
  })
  assert.deepEqual([person?.displayName, person?.initials], ['A B C', 'tool'])
  assert.match(person?.color ?? '', /^#[0-9a-f]{6}$/)
  assert.equal(foreignPerson({ id: 'x', displayName: '\u200e' })?.displayName, 'x')
  const bad = ['', ' a', 'a ', 'a\n', 'a\u202eb', 'Visitor:1', 'guest:x', 'x'.repeat(201)]
  for (const id of bad) assert.equal(foreignPerson({ id }), undefined, JSON.stringify(id))
  const seed = Number(process.env['FC_SEED'] ?? 85)
  const anything = fc.record({ id: fc.string(), displayName: fc.string({ unit: 'binary' }) })
  fc.assert(
    fc.property(anything, (told) => {
      const one = foreignPerson(told)
      if (one === undefined) return
      assert.equal(one.id, told.id)
      assert.ok(one.displayName !== '' && Array.from(one.displayName).length <= 80)
      // oxlint-disable-next-line no-control-regex -- what must not be there
      assert.doesNotMatch(one.displayName, /[\u0000-\u001f\u202a-\u202e]/)
    }),
    { seed },
  )
})
