import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyPluginAsync } from 'fastify'
import { ERRORS, type ErrorCode, SyncError } from '../../src/protocol/errors.ts'
import { NAVIGATION, httpGet } from '../support/http-get.ts'
import { httpFixture } from '../support/http-fixture.ts'
import { rawRequest } from '../support/raw-request.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]
const DETAIL = 'a-detail-of-the-throw'

const failing: FastifyPluginAsync = async (scope) => {
  for (const code of CODES) {
    scope.get(`/fail/${code}`, async () => {
      throw new SyncError(code, undefined, { cause: new Error('the-cause') })
    })
    scope.all(`/detail/${code}`, async () => {
      throw new SyncError(code, DETAIL)
    })
  }
  scope.get('/broken', async () => {
    throw new TypeError('a-secret-of-the-inside')
  })
  const body = { type: 'object', required: ['path'], properties: { path: { type: 'string' } } }
  scope.post('/validated', { schema: { body } }, async () => 'ok')
}

for (const code of CODES) {
  test(`${code} is answered with its status, sentence and code`, async (t) => {
    const { url, log } = await httpFixture(t, { routes: [failing] })
    const response = await fetch(`${url}fail/${code}`)
    assert.equal(response.status, ERRORS[code].status)
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
    const { status, message } = ERRORS[code]
    assert.deepEqual(await response.json(), { title: message, status, detail: message, code, message })
    const line = log()
      .split('\n')
      .find((one) => one.includes(`"code":"${code}"`))
    assert.ok(line !== undefined)
    assert.equal(JSON.parse(line).level, ERRORS[code].level)
  })
}

test('every row is shown to a person as a page with its sentence', async (t) => {
  const { port } = await httpFixture(t, { routes: [failing] })
  for (const code of CODES.filter((one) => one !== 'not_signed_in')) {
    const answer = await httpGet({ port, path: `/fail/${code}` }, NAVIGATION)
    assert.equal(answer.status, ERRORS[code].status)
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
    assert.ok(answer.body.includes(ERRORS[code].message.replaceAll("'", '&#39;')), code)
  }
})

test('a detail is shown when the fault is in the request, and never else', async (t) => {
  const { url } = await httpFixture(t, { routes: [failing] })
  const shown = []
  for (const code of CODES) {
    const text = await (await fetch(`${url}detail/${code}`)).text()
    if (text.includes(DETAIL)) shown.push(ERRORS[code].status)
  }
  assert.deepEqual(
    [...new Set(shown)].toSorted((a, b) => a - b),
    [400, 409, 410, 413],
  )
})

test('an unknown failure is `internal`, and only the log says what it was', async (t) => {
  const { port, log } = await httpFixture(t, { routes: [failing] })
  for (const headers of [{}, NAVIGATION]) {
    const { status, body } = await httpGet({ port, path: '/broken' }, headers)
    assert.equal(status, 500)
    assert.ok(body.includes(ERRORS.internal.message))
    assert.ok(!/secret|TypeError|at /.test(body), body)
  }
  assert.match(log(), /"level":"error".*a-secret-of-the-inside/)
})

test('what is missing and what is hidden get the same answer', async (t) => {
  const { port } = await httpFixture(t, { routes: [failing] })
  for (const headers of [{}, NAVIGATION]) {
    const answers = await Promise.all(
      ['/nowhere', '/outrigger/nowhere', '/fail/not_found', '/detail/not_found'].map(async (path) => {
        const answer = await httpGet({ port, path }, headers)
        return { ...answer, headers: { ...answer.headers, date: undefined } }
      }),
    )
    assert.equal(answers[0]?.status, 404)
    for (const answer of answers) assert.deepEqual(answer, answers[0])
  }
})

test('a person who is not signed in is sent to the sign-in page, with the way back', async (t) => {
  const { port } = await httpFixture(t, { baseUrl: '/user/ada/', routes: [failing] })
  const path = '/user/ada/fail/not_signed_in?x=1'
  const back = encodeURIComponent(path)
  const seen = await httpGet({ port, path }, NAVIGATION)
  assert.equal(seen.status, 302)
  assert.equal(seen.headers.location, `/user/ada/outrigger/sign-in?next=${back}`)
})

test('a program that is not signed in gets 401 and no redirect, also from a page by fetch', async (t) => {
  const { port } = await httpFixture(t, { routes: [failing] })
  for (const headers of [{}, { ...NAVIGATION, 'sec-fetch-mode': 'cors' }]) {
    const answer = await httpGet({ port, path: '/fail/not_signed_in' }, headers)
    assert.equal(answer.status, 401)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  }
})

test('a submitted form is not repeated after signing in', async (t) => {
  const { port } = await httpFixture(t, { routes: [failing] })
  const target = { port, path: '/detail/not_signed_in', method: 'POST' }
  const { status, headers } = await httpGet(target, NAVIGATION)
  assert.equal(status, 401)
  assert.match(headers['content-type'] ?? '', /^text\/html/)
})

test('an answer that passes says when to try again', async (t) => {
  const { url } = await httpFixture(t, { routes: [failing] })
  for (const code of ['too_fast', 'draining', 'store_unavailable', 'room_full']) {
    const response = await fetch(`${url}fail/${code}`)
    assert.ok(Number(response.headers.get('retry-after')) > 0, code)
  }
})

test('a body that does not fit its schema is a bad request that says why', async (t) => {
  const { url } = await httpFixture(t, { routes: [failing] })
  const response = await fetch(`${url}validated`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  assert.equal(response.status, 400)
  const { code, detail } = (await response.json()) as { code: string; detail: string }
  assert.deepEqual([code, detail], ['bad_request', 'path: is missing. It should be a text.'])
})

test('an address that cannot be decoded is a bad request', async (t) => {
  const { port } = await httpFixture(t, { routes: [failing] })
  const { text } = await rawRequest({
    port,
    first: 'GET /%E0%A4%A HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  })
  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.match(text, /"code":"bad_request"/)
})

test('a sentence is escaped on a page', async (t) => {
  const hostile: FastifyPluginAsync = async (scope) => {
    scope.get('/hostile', async () => {
      throw new SyncError('bad_request', '<script>alert(1)</script>')
    })
  }
  const { port } = await httpFixture(t, { routes: [hostile] })
  const { body } = await httpGet({ port, path: '/hostile' }, NAVIGATION)
  assert.ok(!body.includes('<script'))
  assert.ok(body.includes('&#60;script&#62;'))
})
