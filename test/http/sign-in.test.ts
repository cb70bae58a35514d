import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { FastifyPluginAsync } from 'fastify'
import { signInRoutes, tokenExchange, visitorCookie } from '../../src/http/routes/sign-in.ts'
import { openIdentity, usersIdentity } from '../../src/identity/identity.ts'
import { refusal, safeNext, signInUrl } from '../../src/identity/sign-in-address.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { SECRET, usersOptions } from '../identity/gate-fixture.ts'
import { type HttpFixture, httpFixture } from '../support/http-fixture.ts'
import { type Answer, cookieFrom, visit } from './browser.ts'

const CANARY = 'ada-token-canary-5f1c'
const FETCH = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: '*/*' }

type Fixture = HttpFixture & {
  readonly origin: string
  readonly open: (path: string, headers?: Headers) => Promise<Answer>
}
type Headers = Readonly<Record<string, string>>

/** The sign-in routes, the exchange for everything, and a page and an API call behind the gate. */
async function fixture(t: TestContext, baseUrl = '/'): Promise<Fixture> {
  const tokens = [`sha256:${createHash('sha256').update(CANARY).digest('hex')}`]
  const options = usersOptions({ baseUrl, users: [{ name: 'ada', tokens }] })
  const { gate, signIn } = usersIdentity(options)
  const routes: FastifyPluginAsync = async (scope) => {
    scope.addHook('onRequest', tokenExchange(signIn))
    await scope.register(signInRoutes(signIn))
    for (const path of ['/lab', '/lab/*', '/api/contents/*']) {
      scope.get(path, async (request) => {
        const admission = await gate.admit(request.raw, 'page.open')
        if (!admission.ok) throw new SyncError(admission.code)
        return { url: request.url, name: admission.principal.id, source: admission.source }
      })
    }
  }
  return withOpen(await httpFixture(t, { baseUrl, routes: [routes] }))
}

function withOpen(server: HttpFixture): Fixture {
  const { origin } = new URL(server.url)
  return { ...server, origin, open: async (path, headers) => await visit(`${origin}${path}`, { headers }) }
}

test('[ACCESS-30] a page visit with a token gets the cookie and the same address without it', async (t) => {
  const { open } = await fixture(t)
  const answer = await open(`/lab/tree/a%2Fb%20c.ipynb?x=%31&token=${CANARY}&&y&to%6Ben=again`)
  assert.equal(answer.status, 302)
  assert.equal(answer.headers.location, '/lab/tree/a%2Fb%20c.ipynb?x=%31&&y')
  assert.equal(answer.headers['referrer-policy'], 'no-referrer')
  assert.equal(answer.headers['cache-control'], 'no-store')
  const page = await open('/lab/tree/a.ipynb', { cookie: cookieFrom(answer) })
  assert.equal(page.status, 200)
  assert.deepEqual(JSON.parse(page.body), { url: '/lab/tree/a.ipynb', name: 'ada', source: 'cookie' })
})

test('[ACCESS-30] an API call keeps its token and gets no cookie', async (t) => {
  const { open } = await fixture(t)
  const answer = await open(`/api/contents/a?token=${CANARY}`, FETCH)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.equal((JSON.parse(answer.body) as { source: string }).source, 'query')
})

test('[ACCESS-30] a page visit with a wrong token is sent to sign in, or on when it is signed in already', async (t) => {
  const { open } = await fixture(t)
  const wrong = await open('/lab?token=guess')
  assert.equal(wrong.status, 302)
  assert.equal(wrong.headers['set-cookie'], undefined)
  assert.equal(wrong.headers.location, '/outrigger/sign-in?next=%2Flab&notice=wrong-token')
  const page = await open(wrong.headers.location)
  assert.match(page.body, /role="alert"[^>]*>This token is not valid here/)

  const cookie = cookieFrom(await open(`/lab?token=${CANARY}`))
  const passedOn = await open(wrong.headers.location, { cookie })
  assert.equal(passedOn.headers.location, '/lab')
})

test('[ACCESS-30] an address that a browser would take for another server is not a way out', async (t) => {
  const { open } = await fixture(t)
  for (const path of [`//evil.example/?token=${CANARY}`, `/\\evil.example/?token=${CANARY}`]) {
    const answer = await open(path)
    assert.ok(answer.status >= 400, `${path} was answered ${answer.status}`)
    assert.equal(answer.headers.location, undefined)
    assert.equal(answer.headers['set-cookie'], undefined)
  }
})

test('[ACCESS-3] a page visit is sent to sign in with the way back, an API call gets 401', async (t) => {
  const { open } = await fixture(t)
  const page = await open('/lab/tree/a.ipynb?reset')
  assert.equal(page.status, 302)
  assert.match(page.headers.location ?? '', /^\/outrigger\/sign-in\?next=/)
  const call = await open('/api/contents/a', FETCH)
  assert.equal(call.status, 401)
  assert.equal((JSON.parse(call.body) as { code: string }).code, 'not_signed_in')
})

test('a person signs in with the form, works, and signs out', async (t) => {
  const { open, origin } = await fixture(t, '/user/ada/')
  const form = await open('/user/ada/outrigger/sign-in?next=/user/ada/lab/tree/a.ipynb')
  assert.equal(form.status, 200)
  assert.match(form.body, /<form method="post" action="\/user\/ada\/outrigger\/sign-in">/)
  assert.match(form.body, /name="next" value="\/user\/ada\/lab\/tree\/a.ipynb"/)
  assert.match(form.body, /<label for="token">/)

  const signedIn = await visit(`${origin}/user/ada/outrigger/sign-in`, {
    method: 'POST',
    form: { token: ` ${CANARY}\n`, next: '/user/ada/lab/tree/a.ipynb' },
  })
  assert.equal(signedIn.status, 303)
  assert.equal(signedIn.headers.location, '/user/ada/lab/tree/a.ipynb')
  assert.match(
    signedIn.headers['set-cookie']?.[0] ?? '',
    /; Path=\/user\/ada\/; Max-Age=60; HttpOnly; SameSite=Lax$/,
  )
  const cookie = cookieFrom(signedIn)
  assert.equal((await open('/user/ada/lab', { cookie })).status, 200)

  for (const signOut of [
    await visit(`${origin}/user/ada/outrigger/sign-out`, { method: 'POST', form: {}, headers: { cookie } }),
    await open('/user/ada/logout', { cookie }),
  ]) {
    assert.equal(signOut.status, 303)
    assert.equal(signOut.headers.location, '/user/ada/outrigger/sign-in?notice=signed-out')
    assert.match(
      signOut.headers['set-cookie']?.[0] ?? '',
      /^outrigger-session-\d+=; Path=\/user\/ada\/; Max-Age=0;/,
    )
  }
  assert.match(
    (await open('/user/ada/outrigger/sign-in?notice=signed-out')).body,
    /role="status"[^>]*>You are signed out/,
  )
})

test('a wrong token shows the form again, with the way back, and without the token', async (t) => {
  const { origin } = await fixture(t)
  const answer = await visit(`${origin}/outrigger/sign-in`, {
    method: 'POST',
    form: { token: `wrong-${CANARY}`, next: '/lab?a=1&b="><script>' },
  })
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.match(answer.body, /role="alert"/)
  assert.match(answer.body, /name="next" value="\/lab\?a=1&#38;b=%22%3E%3Cscript%3E"/)
  assert.ok(!answer.body.includes(CANARY))
})

test('a form without fields is answered like a wrong token', async (t) => {
  const { origin } = await fixture(t)
  assert.equal((await visit(`${origin}/outrigger/sign-in`, { method: 'POST', form: {} })).status, 401)
  const headers = { origin }
  assert.equal((await visit(`${origin}/outrigger/sign-in`, { method: 'POST', headers })).status, 401)
})

test('[ACCESS-13] after ten wrong tokens the form says to wait, also to a right one', async (t) => {
  const { origin } = await fixture(t)
  const send = async (token: string): Promise<Answer> =>
    await visit(`${origin}/outrigger/sign-in`, { method: 'POST', form: { token } })
  for (let attempt = 0; attempt < 10; attempt += 1) assert.equal((await send('guess')).status, 401)
  const waiting = await send(CANARY)
  assert.equal(waiting.status, 429)
  assert.ok(Number(waiting.headers['retry-after']) > 0)
  assert.match(waiting.body, /Wait a minute/)
  assert.match((await visit(`${origin}/lab?token=${CANARY}`)).headers.location ?? '', /notice=too-fast$/)
})

test('[ACCESS-34] a form of a foreign page neither signs in nor out', async (t) => {
  const { origin } = await fixture(t)
  for (const path of ['sign-in', 'sign-out']) {
    for (const foreign of ['https://evil.example', 'null', '']) {
      const headers: Record<string, string> = { origin: foreign, accept: '*/*', 'sec-fetch-mode': 'cors' }
      const form = { token: CANARY }
      const answer = await visit(`${origin}/outrigger/${path}`, { method: 'POST', form, headers })
      assert.equal(answer.status, 403, `${path} from ${JSON.stringify(foreign)}`)
      assert.equal(answer.headers['set-cookie'], undefined)
    }
  }
})

test('[ACCESS-33] the cookie is Secure when a proxy says that the browser came by https', async (t) => {
  const { open } = await fixture(t)
  const answer = await open(`/lab?token=${CANARY}`, { 'x-forwarded-proto': 'https', host: 'lab.example.org' })
  assert.match(answer.headers['set-cookie']?.[0] ?? '', /^outrigger-session=.*; Secure$/)
})

test('the sign-in page loads nothing, runs nothing and cannot be framed', async (t) => {
  const { open } = await fixture(t)
  const { headers, body } = await open('/outrigger/sign-in')
  const policy = headers['content-security-policy'] ?? ''
  assert.match(String(policy), /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/)
  const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? ''
  assert.ok(String(policy).includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`))
  assert.ok(!/<script|https?:\/\/|style="/.test(body))
  // With `no-referrer` a browser would send `Origin: null` with the form, which is refused.
  assert.equal(headers['referrer-policy'], 'same-origin')
})

test('[ACCESS-31] a token is in no log line, no answer and no address, right or wrong', async (t) => {
  const { open, origin, log } = await fixture(t)
  const wrong = `wrong-${CANARY}`
  const answers = [
    await open(`/lab?token=${CANARY}`),
    await open(`/lab?token=${wrong}`),
    await open(`/lab?next=/x&token=${wrong}`, { referer: `${origin}/lab?token=${wrong}` }),
    await open(`/outrigger/sign-in?next=${encodeURIComponent(`/lab?token=${CANARY}`)}`),
    await open(`/outrigger/sign-in?token=${CANARY}&next=/lab`),
    await open('/api/contents/a', { ...FETCH, authorization: `Bearer ${wrong}` }),
    await open('/lab', { ...FETCH, authorization: `token ${wrong}` }),
    await open(`/missing?token=${wrong}`, FETCH),
    await visit(`${origin}/outrigger/sign-in`, {
      method: 'POST',
      form: { token: CANARY, next: `/lab?token=${CANARY}` },
    }),
    await visit(`${origin}/outrigger/sign-in`, { method: 'POST', form: { token: wrong } }),
    await visit(`${origin}/outrigger/sign-in`, {
      method: 'POST',
      form: { token: CANARY },
      headers: { origin: 'https://evil.example' },
    }),
  ]
  const told = answers.map(({ headers, body }) => JSON.stringify(headers) + body).join('\n')
  assert.ok(!told.includes(CANARY), told)
  const lines = log()
  assert.ok(lines.includes('answered') && !lines.includes(CANARY), lines)
})

for (const [next, expected] of [
  ['/user/ada/lab/tree/a%20b.ipynb?reset#x', '/user/ada/lab/tree/a%20b.ipynb?reset#x'],
  ['/user/ada/', '/user/ada/'],
  ['/user/ada/lab?token=secret&x', '/user/ada/lab?x'],
  ['/user/bob/lab', '/user/ada/'],
  ['/user/ada/../bob/lab', '/user/ada/'],
  ['/user/ada', '/user/ada/'],
  ['https://evil.example/user/ada/', '/user/ada/'],
  ['//evil.example/user/ada/', '/user/ada/'],
  ['/\\evil.example/user/ada/', '/user/ada/'],
  ['/\t/evil.example/user/ada/', '/user/ada/'],
  ['javascript:alert(1)', '/user/ada/'],
  ['lab', '/user/ada/'],
  ['/user/ada/outrigger/sign-in?next=x', '/user/ada/'],
  ['/user/ada/logout', '/user/ada/'],
  [`/user/ada/${'x'.repeat(3000)}`, '/user/ada/'],
] as const) {
  test(`[ACCESS-32] after signing in, ${JSON.stringify(next.slice(0, 60))} leads to ${expected}`, () => {
    assert.equal(safeNext(next, '/user/ada/'), expected)
  })
}

test('[ACCESS-32] no next leads away from this server', () => {
  for (const next of [
    '//evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '/%2e//evil.example',
    '/\\/evil.example',
  ]) {
    const place = safeNext(next, '/')
    assert.equal(new URL(place, 'http://us.example').host, 'us.example', `${next} became ${place}`)
  }
})

test('[ACCESS-3] a refusal sends people, and only people who may sign in, to the sign-in page', () => {
  const person = { accept: 'text/html', host: 'localhost' }
  const page = refusal(incoming('/user/ada/lab?token=x', person), 'not_signed_in', '/user/ada/')
  assert.equal(page.status, 302)
  assert.equal(page.location, '/user/ada/outrigger/sign-in?next=%2Fuser%2Fada%2Flab')
  const call = refusal(incoming('/user/ada/api', { host: 'localhost' }), 'not_signed_in', '/user/ada/')
  assert.deepEqual([call.status, call.location, call.body.code], [401, undefined, 'not_signed_in'])
  const hidden = refusal(incoming('/user/ada/lab', person), 'not_found', '/user/ada/')
  assert.deepEqual([hidden.status, hidden.location], [404, undefined])
  assert.equal(signInUrl(incoming('//evil.example', person), '/'), '/outrigger/sign-in?next=%2F')
})

test('[ACCESS-15] in open mode a browser gets its id with the first page or at api/me, and once', async (t) => {
  const { gate, visitors } = openIdentity({
    allowedOrigins: [],
    baseUrl: '/',
    sessionMs: 60_000,
    secret: SECRET,
  })
  const routes: FastifyPluginAsync = async (scope) => {
    scope.addHook('onRequest', visitorCookie(visitors))
    for (const path of ['/lab', '/api/me', '/api/contents']) {
      scope.get(path, async (request) => await gate.admit(request.raw, 'page.open'))
    }
  }
  const { open } = withOpen(await httpFixture(t, { routes: [routes] }))
  assert.equal((await open('/api/contents', FETCH)).headers['set-cookie'], undefined)
  for (const first of [
    await open('/lab'),
    await open('/api/me', FETCH),
    await open('/lab', { cookie: 'a=b' }),
  ]) {
    const cookie = cookieFrom(first)
    assert.match(cookie, /^outrigger-session-\d+=v1\./)
    assert.match(first.body, /"id":"visitor:[0-9a-f]{16}"/)
    for (const again of [await open('/lab', { cookie }), await open('/api/me', { ...FETCH, cookie })]) {
      assert.equal(again.headers['set-cookie'], undefined)
      assert.equal(again.body, first.body)
    }
  }
})

function incoming(url: string, headers: Headers): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.url = url
  Object.assign(request.headers, headers)
  request.rawHeaders = Object.entries(headers).flat()
  return request
}
