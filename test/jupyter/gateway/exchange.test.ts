import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { SyncError } from '../../../src/protocol/errors.ts'
import type { ContentsEvent } from '../../../src/jupyter/contents-event.ts'
import { UPSTREAM_TOKEN, ask, gatewayFixture } from '../../support/gateway-fixture.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { until } from '../../support/until.ts'
import type { Echo } from '../../support/upstream-server.ts'

test('[GATEWAY-1] every method, path and query arrives as it was sent', async (t) => {
  for (const [basePath, base] of [
    ['/', '/'],
    ['/user/a b/', '/user/a%20b/'],
  ] as const) {
    const { port } = await gatewayFixture(t, { basePath })
    for (const [method, path] of [
      ['GET', `${base}api/contents/a%2Fb%20%c3%bc;x?content=0&&1700000000000&q=a+b%2B`],
      ['GET', `${base}files/(1)!*'~@:$,=&.txt?`],
      ['GET', base],
      ['POST', `${base}api/kernels/1/restart`],
      ['PUT', `${base}api/contents/x`],
      ['PATCH', `${base}api/contents/x`],
      ['DELETE', `${base}api/contents/x`],
      ['OPTIONS', `${base}api/contents/x`],
    ] as const) {
      const { text } = await ask({ port, path, method })
      const seen = JSON.parse(text) as Echo
      assert.deepEqual([seen.method, seen.url], [method, path])
    }
  }
})

test('[GATEWAY-1] nothing reaches Jupyter for a caller that the gate refuses', async (t) => {
  for (const [code, status] of [
    ['not_signed_in', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['bad_origin', 403],
  ] as const) {
    const { port, upstream, gateway } = await gatewayFixture(t, { gate: { refuseAll: code } })
    const got = await ask({ port, path: '/api/contents/a', method: 'PUT', body: 'x' })
    assert.equal(got.status, status)
    assert.equal(upstream.requests.length, 0)
    assert.equal(gateway.stats().refused, 1)
  }
})

test('[GATEWAY-1] the gate is asked about the decoded path below the base URL', async (t) => {
  const { port, gate } = await gatewayFixture(t, { basePath: '/user/a b/' })
  await ask({ port, path: '/user/a%20b/api/%6bernels/x', method: 'POST' })
  await ask({ port, path: '/user/a%20b/api/contents/a%2Fb', method: 'PUT' })
  await ask({ port, path: '/user/a%20b/lab/%2e%2e/api/kernels' })
  assert.deepEqual(
    gate.asked.map(({ action }) => action),
    ['kernels.use', 'files.write', 'request.malformed'],
  )
})

test('an absolute address in the request line is refused', async (t) => {
  const { port, upstream } = await gatewayFixture(t)
  const first = 'GET http://evil.example/lab HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'
  assert.match((await rawRequest({ port, first })).text, /^HTTP\/1\.1 40[04] /)
  assert.equal(upstream.requests.length, 0)
})

test('[GATEWAY-6] a body passes with its length, in chunks, with trailers, or not at all', async (t) => {
  const { port } = await gatewayFixture(t)
  const put = { port, path: '/api/contents/x', method: 'PUT' }
  const seen = async (asked: Parameters<typeof ask>[0]) => JSON.parse((await ask(asked)).text) as Echo
  assert.equal((await seen({ ...put, body: 'hello' })).body, 'hello')
  assert.equal(
    (await seen({ ...put, body: 'hello', headers: { 'transfer-encoding': 'chunked' } })).body,
    'hello',
  )
  assert.equal((await seen(put)).body, '')
  assert.equal(
    (
      await seen({
        port,
        path: '/api/contents/x',
        method: 'DELETE',
        body: 'why',
        headers: { 'content-length': 3 },
      })
    ).body,
    'why',
  )
  // JupyterLab says JSON and sends nothing.
  assert.equal((await seen({ ...put, headers: { 'content-type': 'application/json' } })).body, '')
  const { text } = await rawRequest({
    port,
    first:
      'POST /api/contents/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n' +
      'Trailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 42\r\n\r\n',
  })
  assert.match(text, /"x-sum":"42"/)
})

test('trailers of an answer pass', async (t) => {
  const { port } = await gatewayFixture(t, {
    onRequest: (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Sum' })
      response.write('hi')
      response.addTrailers({ 'X-Sum': '42' })
      response.end()
    },
  })
  const got = await ask({ port, path: '/lab' })
  assert.equal(got.text, 'hi')
  assert.deepEqual(got.rawTrailers, ['X-Sum', '42'])
})

test('HEAD, 304 and a part of a file pass without a body or with just that part', async (t) => {
  const { port } = await gatewayFixture(t, {
    onRequest: (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'Content-Length': '1234' }).end()
      else if (request.headers['if-none-match'] !== undefined) response.writeHead(304, { Etag: '"t"' }).end()
      else {
        const headers = { 'Content-Type': 'text/html', 'Content-Range': 'bytes 2-3/9', 'Content-Length': '2' }
        response.writeHead(206, headers).end('ab')
      }
    },
  })
  const head = await ask({ port, path: '/files/a.txt', method: 'HEAD' })
  assert.equal(head.body.length, 0)
  const unchanged = await ask({ port, path: '/files/a.txt', headers: { 'if-none-match': '"t"' } })
  assert.deepEqual([unchanged.status, unchanged.headers.etag, unchanged.text], [304, '"t"', ''])
  const part = await ask({ port, path: '/files/a.html', headers: { range: 'bytes=2-3' } })
  assert.deepEqual([part.status, part.headers['content-length'], part.text], [206, '2', 'ab'])
})

test('[GATEWAY-6] an answer reaches the client while Jupyter is still writing it', async (t) => {
  let finish = (): void => {}
  const { port } = await gatewayFixture(t, {
    onRequest: (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('first')
      finish = () => response.end('last')
    },
  })
  const got = await new Promise<string>((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path: '/lab', agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        if (text === '') finish()
        text += part
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(got, 'firstlast')
})

test('[GATEWAY-6] Jupyter is told at once when the client goes away, before and during the answer', async (t) => {
  let closed = 0
  const { port, gateway, upstream, errors } = await gatewayFixture(t, {
    onRequest: (request, response) => {
      response.once('close', () => (closed += 1))
      if (request.url === '/files/slow') return
      response.writeHead(200, { 'Content-Type': 'text/plain' }).write('x')
    },
  })
  for (const path of ['/files/slow', '/files/endless']) {
    const socket = connect(port, '127.0.0.1')
    const before = upstream.requests.length
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until(() => upstream.requests.length > before)
    if (path === '/files/endless') await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await until(() => closed > before, 5000, `${path} to be cut`)
  }
  await until(() => gateway.stats().requestsInFlight === 0)
  const { clientAborts, upstreamFailures } = gateway.stats()
  assert.deepEqual(
    { clientAborts, upstreamFailures, errors },
    { clientAborts: 2, upstreamFailures: 0, errors: [] },
  )
})

test('[GATEWAY-6] an upload that breaks off breaks off at Jupyter too', async (t) => {
  let isCut = false
  const { port, upstream } = await gatewayFixture(t, {
    onRequest: (request) => {
      request.on('error', () => (isCut = true))
      request.resume()
    },
  })
  const socket = connect(port, '127.0.0.1')
  socket.write('PUT /api/contents/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc')
  await until(() => upstream.requests.length === 1)
  socket.destroy()
  await until(() => isCut)
})

test('[GATEWAY-6] an answer that breaks off is not mistaken for a whole one', async (t) => {
  const { port, gateway, errors } = await gatewayFixture(t, {
    onRequest: (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).write('half')
      setImmediate(() => response.socket?.resetAndDestroy())
    },
  })
  await assert.rejects(ask({ port, path: '/lab' }))
  await until(() => gateway.stats().requestsInFlight === 0)
  assert.equal(gateway.stats().upstreamFailures, 1)
  assert.equal(errors.length, 1)
})

test('[GATEWAY-6] an answer before the end of the upload reaches the client, and the connection lives on', async (t) => {
  const { port } = await gatewayFixture(t, {
    onRequest: (request, response) => {
      if (request.method === 'GET') response.writeHead(200, { 'Content-Type': 'text/plain' }).end('second')
      else response.writeHead(413, { 'Content-Type': 'text/plain' }).end('too much')
    },
  })
  const body = 'x'.repeat(3_000_000)
  const { text } = await rawRequest({
    port,
    first:
      `PUT /api/contents/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
      'GET /lab HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  })
  assert.match(text, /^HTTP\/1\.1 413 /)
  assert.match(text, /too much[^]*HTTP\/1\.1 200 [^]*second/)
})

test('[GATEWAY-7] a Jupyter that is not there is a 502, and the reason is reported', async (t) => {
  const gone = await gatewayFixture(t)
  const { port, errors, gateway } = await gatewayFixture(t, { upstreamPort: await freePort() })
  assert.notEqual(gone.port, port)
  const got = await ask({ port, path: '/api/contents' })
  assert.equal(got.status, 502)
  assert.equal((JSON.parse(got.text) as { code: string }).code, 'jupyter_unreachable')
  const [error] = errors
  assert.ok(error instanceof SyncError && error.cause instanceof Error)
  assert.equal(gateway.stats().upstreamFailures, 1)
})

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('[GATEWAY-7] silence before the answer is limited, silence within it is not', async (t) => {
  const { port, upstream } = await gatewayFixture(t, {
    deps: { limits: { answerTimeoutMs: 150 } },
    onRequest: (request, response) => {
      if (request.url === '/files/silent') return
      response.writeHead(200, { 'Content-Type': 'text/plain' }).write('a')
      setTimeout(() => response.end('b'), 450)
    },
  })
  const silent = ask({ port, path: '/files/silent' })
  assert.equal((await ask({ port, path: '/files/slow' })).text, 'ab')
  assert.equal((await silent).status, 502)
  assert.equal(upstream.requests.length, 2)
})

test('[GATEWAY-7] more requests at once than the limit are told to wait', async (t) => {
  let release = (): void => {}
  const { port, gateway } = await gatewayFixture(t, {
    deps: { limits: { maxRequestsInFlight: 1 } },
    onRequest: (_request, response) => (release = () => response.writeHead(200).end()),
  })
  const first = ask({ port, path: '/files/a' })
  await until(() => gateway.stats().requestsInFlight === 1)
  assert.equal((await ask({ port, path: '/files/b' })).status, 429)
  release()
  assert.equal((await first).status, 200)
  await until(() => gateway.stats().requestsInFlight === 0)
})

test('[GATEWAY-11] a reset while the gate is still thinking does no harm', async (t) => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const { port, gate, upstream, gateway } = await gatewayFixture(t, { gate: { held } })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /lab HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => gate.asked.length === 1)
  socket.resetAndDestroy()
  await until(() => socket.destroyed)
  await until(async () => (await ask({ port, path: 'http://nowhere/' })).status >= 400)
  release()
  await until(() => gateway.stats().clientAborts === 1)
  assert.equal(upstream.requests.length, 0)
  gate.options = {}
  assert.equal((await ask({ port, path: '/lab' })).status, 200)
})

test('an answer that is no HTTP is a 502', async (t) => {
  const { port, upstream } = await gatewayFixture(t)
  upstream.server.removeAllListeners('connection')
  upstream.server.on('connection', (socket) => socket.resume().end('SSH-2.0-hello\r\n'))
  assert.equal((await ask({ port, path: '/lab' })).status, 502)
})

test('[GATEWAY-12] a reader sees that nothing is writable, and its browser keeps no older answer', async (t) => {
  const model = { name: 'a', path: 'a', type: 'file', writable: true, content: null }
  const { port, gate, upstream } = await gatewayFixture(t, {
    gate: { access: 'read' },
    onRequest: (_request, response) => {
      const body = JSON.stringify(model)
      const headers = {
        'Content-Type': 'application/json',
        Etag: '"t"',
        'Content-Length': String(body.length),
      }
      response.writeHead(200, headers).end(body)
    },
  })
  const headers = { 'if-none-match': '"t"', 'accept-encoding': 'gzip' }
  const reader = await ask({ port, path: '/api/contents/a', headers })
  assert.deepEqual(JSON.parse(reader.text), { ...model, writable: false })
  assert.equal(reader.headers.etag, undefined)
  assert.equal(upstream.requests.at(-1)?.headers['if-none-match'], undefined)
  assert.equal(upstream.requests.at(-1)?.headers['accept-encoding'], 'identity')
  gate.options = { access: 'edit' }
  const editor = await ask({ port, path: '/api/contents/a', headers })
  assert.deepEqual(JSON.parse(editor.text), model)
  assert.equal(editor.headers.etag, '"t"')
})

test('[GATEWAY-13] a change is announced before the client hears of it, and only a change', async (t) => {
  const events: ContentsEvent[] = []
  const { port } = await gatewayFixture(t, {
    deps: { contentsChanged: (event) => events.push(event) },
    onRequest: (request, response) => {
      request.resume()
      request.on('end', () =>
        response.writeHead(request.headers['x-fail'] === undefined ? 200 : 409).end('{}'),
      )
    },
  })
  const change = async (method: string, path: string, body?: string, headers = {}) => {
    events.length = 0
    await ask({ port, method, path: `/api/contents/${path}`, body, headers })
    return [...events]
  }
  assert.deepEqual(await change('PATCH', 'a%20b', '{"path":"c/d"}'), [
    { kind: 'renamed', from: 'a b', to: 'c/d' },
  ])
  assert.deepEqual(await change('DELETE', 'x'), [{ kind: 'deleted', path: 'x' }])
  assert.deepEqual(await change('PUT', 'x', 'y'.repeat(200_000)), [{ kind: 'written', path: 'x' }])
  assert.deepEqual(await change('POST', 'x/checkpoints/c'), [{ kind: 'written', path: 'x' }])
  assert.deepEqual(await change('POST', 'x/checkpoints'), [])
  assert.deepEqual(await change('GET', 'x'), [])
  assert.deepEqual(await change('DELETE', 'x', undefined, { 'x-fail': '1' }), [])
  assert.deepEqual(await change('PATCH', 'x', `{"path":"${'y'.repeat(70_000)}"}`), [])
})

test('[GATEWAY-13] a listener that throws does not spoil the answer', async (t) => {
  const { port, errors } = await gatewayFixture(t, {
    deps: {
      contentsChanged: () => {
        throw new Error('no')
      },
    },
  })
  assert.equal((await ask({ port, method: 'DELETE', path: '/api/contents/x' })).status, 200)
  assert.equal(errors.length, 1)
})

test('[GATEWAY-13] a question for the hash waits for the save of that file', async (t) => {
  const waiting: string[] = []
  let saved = (): void => {}
  const { port, upstream } = await gatewayFixture(t, {
    deps: {
      limits: { settleMs: 30_000 },
      settled: (path) => {
        waiting.push(path)
        return new Promise((resolve) => (saved = resolve))
      },
    },
  })
  const answer = ask({ port, path: '/api/contents/d/a%20b?content=0&hash=1&1700000000000' })
  await until(() => waiting.length === 1)
  await ask({ port, path: '/api/contents/d/a%20b?content=0' })
  assert.deepEqual(waiting, ['d/a b'])
  assert.equal(upstream.requests.length, 1)
  saved()
  assert.equal((await answer).status, 200)
  assert.equal(upstream.requests.length, 2)
})

test('[GATEWAY-13] a save that never ends, or fails, does not hold the question', async (t) => {
  for (const settled of [() => new Promise<void>(() => {}), () => Promise.reject(new Error('no'))]) {
    const { port } = await gatewayFixture(t, { deps: { limits: { settleMs: 50 }, settled } })
    assert.equal((await ask({ port, path: '/api/contents/a?content=0&hash=1' })).status, 200)
  }
})

test('[GATEWAY-6] closing the gateway cuts what is under way and refuses what comes', async (t) => {
  const { port, gateway, upstream, log } = await gatewayFixture(t, { onRequest: () => {} })
  const pending = ask({ port, path: '/files/a' })
  await until(() => upstream.requests.length === 1)
  gateway.close()
  gateway.close()
  assert.equal((await pending).status, 502)
  assert.equal((await ask({ port, path: '/files/a' })).status, 503)
  assert.ok(!log().includes(UPSTREAM_TOKEN))
})
