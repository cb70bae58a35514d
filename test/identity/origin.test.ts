import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSessions } from '../../src/identity/session-cookie.ts'
import {
  ALLOWED,
  type Ask,
  type GateServer,
  SECRET,
  gateServer,
  hashToken,
  openGate,
  usersGate,
} from './gate-fixture.ts'

type Headers = Readonly<Record<string, string>>

const EVIL = 'https://evil.example'
const CROSS: Headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
const VISIT: Headers = {
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}
const FRAME: Headers = { ...VISIT, 'sec-fetch-dest': 'iframe' }

type Case = { readonly title: string; readonly ask: Ask; readonly isRefused: boolean }

/** Every combination of what the request does, how it is authenticated and where it comes from. */
function usersCases(server: GateServer): readonly Case[] {
  const own = server.origin
  const cookie = cookieOfAda(server)
  const bearer = { authorization: 'Bearer ada-token' }
  const upgrade = { isUpgrade: true } as const
  const put = { method: 'PUT' } as const
  return [
    allowed('a cookie GET without Origin', { headers: cookie }),
    allowed('a cookie GET that a foreign page links to', { headers: { ...cookie, ...VISIT } }),
    refused('a cookie PUT without Origin', { ...put, headers: cookie }),
    refused('a cookie PUT of a foreign page', { ...put, headers: { ...cookie, origin: EVIL } }),
    refused('a cookie PUT of a sandboxed page', { ...put, headers: { ...cookie, origin: 'null' } }),
    refused('a cookie PUT of another port', { ...put, headers: { ...cookie, origin: 'http://127.0.0.1:1' } }),
    refused('a cookie PUT with an Origin that only begins like ours', {
      ...put,
      headers: { ...cookie, origin: `${own}.evil.example` },
    }),
    refused('a cookie PUT with our host as user name', {
      ...put,
      headers: { ...cookie, origin: `http://127.0.0.1@evil.example` },
    }),
    refused('a cookie PUT with more than an Origin', {
      ...put,
      headers: { ...cookie, origin: own.replace('//', '//evil@') },
    }),
    allowed('a cookie PUT of our own page', { ...put, headers: { ...cookie, origin: own } }),
    allowed('a cookie PUT of an allowed page', { ...put, headers: { ...cookie, origin: ALLOWED } }),
    refused('a cookie PUT of the allowed host by http', {
      ...put,
      headers: { ...cookie, origin: ALLOWED.replace('https', 'http') },
    }),
    refused('a cookie DELETE without Origin', { method: 'DELETE', headers: cookie }),
    allowed('a bearer PUT without Origin', { ...put, headers: bearer }),
    allowed('a bearer PUT of a foreign page', { ...put, headers: { ...bearer, origin: EVIL } }),
    allowed('a query token POST without Origin', { method: 'POST', path: '/?token=ada-token' }),
    refused('a query token in an image of a foreign page', { path: '/?token=ada-token', headers: CROSS }),
    refused('a query token in a frame of a foreign page', { path: '/?token=ada-token', headers: FRAME }),
    allowed('a query token in a link of a foreign page', { path: '/?token=ada-token', headers: VISIT }),
    refused('a cookie upgrade without Origin', { ...upgrade, headers: cookie }),
    refused('a cookie upgrade of a foreign page', { ...upgrade, headers: { ...cookie, origin: EVIL } }),
    allowed('a cookie upgrade of our own page', { ...upgrade, headers: { ...cookie, origin: own } }),
    allowed('a cookie upgrade of an allowed page', { ...upgrade, headers: { ...cookie, origin: ALLOWED } }),
    allowed('a bearer upgrade without Origin', { ...upgrade, headers: bearer }),
    allowed('a query token upgrade without Origin', { ...upgrade, path: '/r?token=ada-token' }),
    refused('a bearer upgrade of a foreign page', { ...upgrade, headers: { ...bearer, origin: EVIL } }),
    refused('a query token upgrade of a foreign page', {
      ...upgrade,
      path: '/r?token=ada-token',
      headers: { origin: EVIL },
    }),
    refused('an upgrade of a foreign page without any credential', { ...upgrade, headers: { origin: EVIL } }),
  ]
}

test('[ACCESS-20] [ACCESS-21] who may ask from where, with users', async (t) => {
  const server = await gateServer(t, usersGate())
  await check(server, usersCases(server))
})

function openCases(server: GateServer): readonly Case[] {
  const own = server.origin
  const upgrade = { isUpgrade: true } as const
  const put = { method: 'PUT' } as const
  return [
    allowed('a GET of a plain client', {}),
    allowed('a GET that a foreign page links to', { headers: VISIT }),
    refused('a GET embedded in a foreign page', { headers: CROSS }),
    refused('a GET embedded in a page on another port', {
      headers: { ...CROSS, 'sec-fetch-site': 'same-site' },
    }),
    refused('a GET in a frame of a foreign page', { headers: FRAME }),
    allowed('a GET by an allowed page', { headers: { ...CROSS, origin: ALLOWED } }),
    allowed('a GET by our own page', { headers: { ...CROSS, 'sec-fetch-site': 'same-origin' } }),
    refused('a PUT without Origin', put),
    refused('a PUT of a foreign page', { ...put, headers: { origin: EVIL } }),
    refused('a PUT of a foreign page with a made-up token', {
      ...put,
      path: '/?token=x',
      headers: { origin: EVIL },
    }),
    refused('a PUT without Origin, with a made-up bearer', {
      ...put,
      headers: { authorization: 'Bearer x' },
    }),
    allowed('a PUT of our own page', { ...put, headers: { origin: own } }),
    allowed('an upgrade of a plain client', upgrade),
    allowed('an upgrade of our own page', { ...upgrade, headers: { origin: own } }),
    refused('an upgrade of a foreign page', { ...upgrade, headers: { origin: EVIL } }),
    refused('an upgrade of a foreign page with a made-up token', {
      ...upgrade,
      path: '/r?token=x',
      headers: { origin: EVIL },
    }),
    refused('an upgrade without Origin but with a cookie', { ...upgrade, headers: { cookie: 'a=b' } }),
    refused('an upgrade without Origin by a browser', {
      ...upgrade,
      headers: { 'sec-fetch-site': 'cross-site' },
    }),
  ]
}

test('[ACCESS-22] [ACCESS-24] who may ask from where, in open mode', async (t) => {
  const server = await gateServer(t, openGate())
  await check(server, openCases(server))
})

test('[ACCESS-23] on loopback in open mode, only names that nobody can point at us are served', async (t) => {
  const server = await gateServer(t, openGate())
  const hosts = (names: readonly string[], isRefused: boolean): readonly Case[] =>
    names.flatMap((name) => [
      { title: `GET from ${name}`, ask: { headers: { host: name } }, isRefused },
      { title: `upgrade from ${name}`, ask: { isUpgrade: true, headers: { host: name } }, isRefused },
      {
        title: `PUT from ${name}`,
        ask: { method: 'PUT', headers: { host: name, origin: `http://${name}` } },
        isRefused,
      },
    ])
  const good = [
    'localhost',
    'LOCALHOST:8890',
    'lab.localhost:1',
    '127.0.0.1:8890',
    '[::1]:8890',
    '127.8.9.1',
    'app.example.org',
  ]
  const bad = [
    'evil.example',
    'evil.example:8890',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'xlocalhost',
  ]
  await check(server, [...hosts(good, false), ...hosts(bad, true)])
})

test('[ACCESS-23] with users the Host may be any name, because a foreign name has no cookie', async (t) => {
  const server = await gateServer(t, usersGate())
  const headers = { host: 'lab.example.org', authorization: 'Bearer ada-token' }
  assert.equal(await server.say({ headers }), 'ok ada manage header')
})

test('[ACCESS-21] behind a proxy that speaks https the Origin is compared without the default port', async (t) => {
  const server = await gateServer(t, usersGate())
  const cookie = cookieOfAda(server)['cookie']?.replace(`-${server.port}=`, '=') ?? ''
  const put = (origin: string, proto?: string): Ask => ({
    method: 'PUT',
    headers: {
      cookie,
      origin,
      host: 'lab.example.org',
      ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
    },
  })
  await check(server, [
    allowed('https page, silent proxy', put('https://lab.example.org')),
    allowed('https page, proxy says https', put('https://lab.example.org', 'https')),
    refused('http page, proxy says https', put('http://lab.example.org', 'https')),
    refused('https page on another port', put('https://lab.example.org:8443', 'https')),
  ])
})

test('[ACCESS-22] [ACCESS-15] each plain client of open mode is a new visitor, who may do everything', async (t) => {
  const server = await gateServer(t, openGate())
  const first = await server.ask({ isUpgrade: true, action: 'server.stop' })
  const second = await server.ask({ isUpgrade: true, action: 'server.stop' })
  assert.ok(first.ok && second.ok)
  assert.equal(first.principal.isAuthenticated, false)
  assert.notEqual(first.principal.id, second.principal.id)
  assert.equal(first.source, 'open')
})

test('[ACCESS-15] a browser of open mode stays the same visitor by its cookie; a made-up one is not believed', async (t) => {
  const server = await gateServer(t, openGate())
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 60_000, now: Date.now })
  const facts = { host: `127.0.0.1:${server.port}`, isSecure: false, cookies: [] }
  const cookie = sessions.issue(facts, { kind: 'visitor', id: 'abc' }).split(';')[0] ?? ''
  const headers = { cookie, origin: server.origin }
  assert.equal(await server.say({ headers }), 'ok visitor:abc manage open')
  assert.equal(await server.say({ isUpgrade: true, headers }), 'ok visitor:abc manage open')
  const madeUp = `outrigger-session-${server.port}=abc`
  assert.match(await server.say({ headers: { cookie: madeUp } }), /^ok visitor:[0-9a-f]{16} manage open$/)
  assert.match(await server.say({ headers: cookieOfAda(server) }), /^ok visitor:[0-9a-f]{16} manage open$/)
})

async function check(server: GateServer, cases: readonly Case[]): Promise<void> {
  for (const { title, ask, isRefused } of cases) {
    const said = await server.say(ask)
    if (isRefused) assert.equal(said, 'bad_origin', title)
    else assert.match(said, /^ok /, title)
  }
}

function allowed(title: string, ask: Ask): Case {
  return { title, ask, isRefused: false }
}

function refused(title: string, ask: Ask): Case {
  return { title, ask, isRefused: true }
}

function cookieOfAda({ port }: GateServer): Record<string, string> {
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 60_000, now: Date.now })
  const tokenPrefix = hashToken('ada-token').slice('sha256:'.length, 'sha256:'.length + 16)
  const facts = { host: `127.0.0.1:${port}`, isSecure: false, cookies: [] }
  return { cookie: sessions.issue(facts, { kind: 'user', user: 'ada', tokenPrefix }).split(';')[0] ?? '' }
}
