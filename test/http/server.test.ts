import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { FastifyPluginAsync } from 'fastify'
import { httpFixture } from '../support/http-fixture.ts'
import { rawRequest } from '../support/raw-request.ts'
import { until } from '../support/until.ts'

const echo: FastifyPluginAsync = async (scope) => {
  scope.post('/echo', async (request) => ({ body: request.body ?? null }))
  scope.get('/echo', async () => ({ ok: true }))
}

/** What a proxy's catch-all looks like: bodies stay streams, and are counted here. */
const streaming: FastifyPluginAsync = async (scope) => {
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  scope.post('/stream', async (request) => {
    let bytes = 0
    for await (const chunk of request.raw) bytes += (chunk as Buffer).length
    return { bytes }
  })
}

const POST = 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'

test('a connection that never finishes its headers is answered 408 and closed', async (t) => {
  const { port } = await httpFixture(t, { headersTimeoutMs: 500 })
  const { text, ms } = await rawRequest({ port, first: 'GET / HTTP/1.1\r\nHost: a\r\n', dribble: 'X: y\r\n' })
  assert.match(text, /^HTTP\/1\.1 408 /)
  assert.match(text, /"code":"too_slow"/)
  assert.ok(ms > 400 && ms < 5000, `closed after ${ms} ms`)
})

test('a connection that never says a word is closed', async (t) => {
  const { port } = await httpFixture(t, { headersTimeoutMs: 500 })
  const { ms } = await rawRequest({ port, first: '' })
  assert.ok(ms < 5000, `closed after ${ms} ms`)
})

test('a body that dribbles in is answered 408 at the deadline and closed', async (t) => {
  const { port } = await httpFixture(t, { routes: [echo], requestTimeoutMs: 500 })
  const first = `${POST}Content-Length: 5000\r\n\r\n{`
  const { text, ms } = await rawRequest({ port, first, dribble: ' ', everyMs: 50 })
  assert.match(text, /^HTTP\/1\.1 408 /)
  assert.match(text, /connection: close/i)
  assert.ok(ms > 400 && ms < 5000, `closed after ${ms} ms`)
})

for (const [what, head] of [
  ['an unknown address', 'POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'],
  ['a route that reads no body', 'GET /echo HTTP/1.1\r\nHost: a\r\n'],
] as const) {
  test(`a dribbling body sent to ${what} does not hold the connection open`, async (t) => {
    const { port } = await httpFixture(t, { routes: [echo], requestTimeoutMs: 60_000 })
    const { text, ms } = await rawRequest({
      port,
      first: `${head}Transfer-Encoding: chunked\r\n\r\n`,
      dribble: '1\r\n \r\n',
    })
    assert.match(text, /^HTTP\/1\.1 (404|200) /)
    assert.match(text, /connection: close/i)
    assert.ok(ms < 5000, `closed after ${ms} ms`)
  })
}

test('a long upload beside our own routes is not cut by their deadlines', async (t) => {
  const { port } = await httpFixture(t, { beside: streaming, headersTimeoutMs: 300, requestTimeoutMs: 300 })
  const total = 40
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
  socket.write(`POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`)
  // 2.6 s in all: past two checks of Node's for connections that are over time.
  for (let sent = 0; sent < total; sent += 1) {
    await new Promise((resolve) => setTimeout(resolve, 65))
    socket.write('x')
  }
  await until(() => answer.endsWith(`{"bytes":${total}}`))
  assert.match(answer, /^HTTP\/1\.1 200 /)
})

test('JSON with an empty body is taken as no body', async (t) => {
  const { url } = await httpFixture(t, { routes: [echo] })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}echo`, { method: 'POST', headers })
  assert.deepEqual(await response.json(), { body: null })
})

test('a form is read as its fields', async (t) => {
  const { url } = await httpFixture(t, { routes: [echo] })
  const response = await fetch(`${url}echo`, { method: 'POST', body: new URLSearchParams({ token: 'a b' }) })
  assert.deepEqual(await response.json(), { body: { token: 'a b' } })
})

test('a body is taken at the limit and refused with 413 one byte above it', async (t) => {
  const { url } = await httpFixture(t, { routes: [echo], maxBodyBytes: 100 })
  const post = async (length: number) =>
    await fetch(`${url}echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify('x'.repeat(length - 2)),
    })
  assert.equal((await post(100)).status, 200)
  const refused = await post(101)
  assert.equal(refused.status, 413)
  assert.match(await refused.text(), /"code":"too_large"/)
})

for (const [what, body, type] of [
  ['broken JSON', '{"a":', 'application/json'],
  ['JSON nested 30,000 deep', '['.repeat(30_000) + ']'.repeat(30_000), 'application/json'],
  ['a __proto__ key', '{"__proto__":{"admin":true}}', 'application/json'],
  ['a type nobody reads', 'a,b', 'text/csv'],
] as const) {
  test(`${what} is a bad request`, async (t) => {
    const { url } = await httpFixture(t, { routes: [echo] })
    const response = await fetch(`${url}echo`, { method: 'POST', headers: { 'content-type': type }, body })
    assert.equal(response.status, 400)
    assert.match(await response.text(), /"code":"bad_request"/)
  })
}

test('brackets inside strings are not depth', async (t) => {
  const { url } = await httpFixture(t, { routes: [echo] })
  const body = JSON.stringify({ text: `\\"${'['.repeat(1000)}\\` })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}echo`, { method: 'POST', headers, body })
  assert.deepEqual(await response.json(), { body: JSON.parse(body) })
})

test('a socket above the limit is closed at once, and the others go on', async (t) => {
  const { port } = await httpFixture(t, { routes: [echo], maxSockets: 2 })
  const idle = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  t.after(() => idle.forEach((socket) => socket.destroy()))
  for (const socket of idle) socket.on('error', () => {})
  const first = 'GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  let refused = ''
  await until(async () => {
    refused = (await rawRequest({ port, first })).text
    return refused === ''
  })
  idle[0]?.destroy()
  await until(async () => (await rawRequest({ port, first })).text.startsWith('HTTP/1.1 200'))
})

test('what is no HTTP is answered 400 and closed, and its bytes are not logged', async (t) => {
  const { port, log } = await httpFixture(t)
  const { text } = await rawRequest({ port, first: 'Authorization: token canary5ecret\r\n\r\n' })
  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.match(text, /"code":"bad_request"/)
  assert.ok(!log().includes('canary5ecret'))
})

test('headers above the limit are answered 431', async (t) => {
  const { port } = await httpFixture(t)
  const { text } = await rawRequest({ port, first: `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n` })
  assert.match(text, /^HTTP\/1\.1 431 /)
})

test('a TCP reset in the middle of a request does not end the process', async (t) => {
  const { port, url } = await httpFixture(t, { routes: [echo] })
  for (const first of ['GET /echo HT', `${POST}Content-Length: 100\r\n\r\n{`]) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(first)
    await new Promise<void>((resolve) => setImmediate(resolve))
    socket.resetAndDestroy()
  }
  assert.equal((await fetch(`${url}echo`)).status, 200)
})

test('each answer is reported by route pattern, and logged once without its address', async (t) => {
  const { url, answered, log } = await httpFixture(t, { routes: [echo] })
  await fetch(`${url}echo?token=canary5ecret`)
  await fetch(`${url}private-name?token=canary5ecret`, { headers: { cookie: 'a=canary5ecret' } })
  await until(() => answered.length === 2)
  assert.deepEqual(
    answered.map(({ route, method, status }) => ({ route, method, status })),
    [
      { route: '/echo', method: 'GET', status: 200 },
      { route: 'unmatched', method: 'GET', status: 404 },
    ],
  )
  const written = log()
  assert.ok(!written.includes('canary5ecret'), written)
  assert.equal(written.match(/"msg":"answered"/g)?.length, 2)
})
