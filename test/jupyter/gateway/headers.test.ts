import assert from 'node:assert/strict'
import type { OutgoingHttpHeaders } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync, brotliCompressSync } from 'node:zlib'
import { UPSTREAM_TOKEN, ask, gatewayFixture } from '../../support/gateway-fixture.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { type Echo, headerIn } from '../../support/upstream-server.ts'

/** What Jupyter sees of a request with these headers. */
async function seenBy(t: TestContext, headers: OutgoingHttpHeaders, path = '/lab') {
  const fixture = await gatewayFixture(t)
  const { text, status } = await ask({ port: fixture.port, path, headers })
  assert.equal(status, 200, text)
  const { rawHeaders } = JSON.parse(text) as Echo
  return { fixture, rawHeaders, header: (name: string) => headerIn(rawHeaders, name) }
}

/** What the client gets of an answer with these headers and this body. */
async function gotOf(t: TestContext, headers: readonly string[], body: string | Buffer = '', basePath = '/') {
  const { port, upstream } = await gatewayFixture(t, {
    basePath,
    onRequest: (_request, response) => {
      const own = headers.map((part) => part.replaceAll('UPSTREAM', `127.0.0.1:${upstream.port}`))
      response.writeHead(own[0] === undefined ? 200 : Number(own[0]), own.slice(1)).end(body)
    },
  })
  return await ask({ port, path: basePath.replace(' ', '%20') })
}

test("[GATEWAY-3] our credentials stay here and Jupyter's token goes instead", async (t) => {
  const { header, rawHeaders } = await seenBy(
    t,
    {
      authorization: 'Bearer ours',
      cookie: 'a=1; outrigger-session=ours; _xsrf=2|x; username-127-0-0-1-8888=theirs; username=y; b="q"',
    },
    '/lab?token=ours',
  )
  assert.equal(header('authorization'), `token ${UPSTREAM_TOKEN}`)
  assert.equal(header('cookie'), 'a=1; _xsrf=2|x; b="q"')
  assert.ok(!JSON.stringify(rawHeaders).includes('ours'))
})

test('[GATEWAY-3] a Jupyter without a token gets no Authorization, not even that of the client', async (t) => {
  const { port } = await gatewayFixture(t, { token: '' })
  const { text } = await ask({ port, path: '/lab', headers: { authorization: 'token ours' } })
  assert.equal(headerIn((JSON.parse(text) as Echo).rawHeaders, 'authorization'), undefined)
})

test('[GATEWAY-4] claims about the caller are replaced by what we know', async (t) => {
  const claims = {
    forwarded: 'for=6.6.6.6',
    'x-forwarded-for': '6.6.6.6',
    'X-Forwarded-User': 'root',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-prefix': '/evil',
    'x-real-ip': '6.6.6.6',
    'x-remote-user': 'root',
    'remote-user': 'root',
    'x-auth-request-user': 'root',
    'x-original-url': '/api/shutdown',
    'x-scheme': 'https',
    'x-user': 'root',
    'x-user-id': 'root',
  }
  const { header, rawHeaders, fixture } = await seenBy(t, claims)
  assert.equal(header('x-forwarded-for'), '127.0.0.1')
  assert.equal(header('x-forwarded-proto'), 'http')
  assert.equal(header('x-forwarded-host'), `127.0.0.1:${fixture.port}`)
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  assert.deepEqual(names.filter((name) => /forwarded|user|real|auth|original|scheme/.test(name)).toSorted(), [
    'authorization',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
  ])
})

test('[GATEWAY-4] naming our headers in Connection does not take them away', async (t) => {
  const { header } = await seenBy(t, {
    connection: 'close, authorization, host, x-forwarded-for, x-mine',
    'x-mine': 'gone',
    'keep-alive': 'timeout=9',
    'proxy-authorization': 'Basic x',
    te: 'trailers',
  })
  assert.equal(header('authorization'), `token ${UPSTREAM_TOKEN}`)
  assert.equal(header('x-forwarded-for'), '127.0.0.1')
  assert.match(header('host') ?? '', /^127\.0\.0\.1:/)
  for (const name of ['x-mine', 'keep-alive', 'proxy-authorization', 'te'])
    assert.equal(header(name), undefined)
})

test('[GATEWAY-4] a body keeps its framing when Connection names it, so no second request hides in it', async (t) => {
  const { port, upstream } = await gatewayFixture(t)
  const hidden = 'GET /api/shutdown HTTP/1.1\r\nHost: x\r\n\r\n'
  const { text } = await rawRequest({
    port,
    first:
      `GET /lab HTTP/1.1\r\nHost: x\r\nConnection: close, content-length, transfer-encoding\r\n` +
      `Content-Length: ${hidden.length}\r\n\r\n${hidden}`,
  })
  assert.match(text, /^HTTP\/1\.1 200 /)
  assert.equal((JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Echo).body, hidden)
  assert.deepEqual(
    upstream.requests.map(({ url }) => url),
    ['/lab'],
  )
})

test('Jupyter sees its own address as host, origin and referer', async (t) => {
  const { port, upstream } = await gatewayFixture(t)
  const site = `http://127.0.0.1:${port}`
  const seen = async (referer: string) => {
    const { text } = await ask({ port, path: '/lab', headers: { origin: site, referer } })
    return (JSON.parse(text) as Echo).rawHeaders
  }
  const own = await seen(`${site}/lab/tree/a%20b?token=ours&x=1`)
  assert.equal(headerIn(own, 'host'), `127.0.0.1:${upstream.port}`)
  assert.equal(headerIn(own, 'origin'), `http://127.0.0.1:${upstream.port}`)
  assert.equal(headerIn(own, 'referer'), `http://127.0.0.1:${upstream.port}/lab/tree/a%20b?x=1`)
  assert.equal(headerIn(await seen('https://other.example/page'), 'referer'), undefined)
})

test('all other request headers pass, repeated and oddly named ones too', async (t) => {
  const { header, rawHeaders } = await seenBy(t, {
    'x-twice': ['1', '2'],
    'content-type': 'text/plain;charset=UTF-8',
    'x-xsrftoken': '2|x',
    range: 'bytes=0-9',
    'if-none-match': '"tag"',
    'accept-encoding': 'gzip, br',
    'sec-fetch-site': 'same-origin',
  })
  assert.equal(rawHeaders.filter((part) => part.toLowerCase() === 'x-twice').length, 2)
  assert.equal(header('content-type'), 'text/plain;charset=UTF-8')
  assert.equal(header('x-xsrftoken'), '2|x')
  assert.equal(header('range'), 'bytes=0-9')
  assert.equal(header('if-none-match'), '"tag"')
  assert.equal(header('accept-encoding'), 'gzip, br')
  assert.equal(header('sec-fetch-site'), 'same-origin')
})

test('a header may be named like anything', async (t) => {
  const { port } = await gatewayFixture(t)
  const first = 'GET /lab HTTP/1.1\r\nHost: x\r\nConnection: close\r\nconstructor: a\r\n__proto__: b\r\n\r\n'
  const { text } = await rawRequest({ port, first })
  assert.match(text, /"constructor","a"/)
  assert.match(text, /"__proto__","b"/)
})

test('status, reason, repeated and unusual headers of an answer pass', async (t) => {
  const { port } = await gatewayFixture(t, {
    onRequest: (_request, response) => {
      response.writeHead(299, 'Fine By Me', [
        'X-A',
        '1',
        'X-A',
        '2',
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
      ])
      response.end('x')
    },
  })
  const got = await ask({ port, path: '/lab' })
  assert.equal(`${got.status} ${got.reason}`, '299 Fine By Me')
  assert.equal(headerIn(got.rawHeaders, 'x-a'), '1, 2')
  assert.deepEqual(got.headers['set-cookie'], ['a=1', 'b=2'])
})

test("[GATEWAY-3] Jupyter's login cookie does not reach a browser, its other cookies do", async (t) => {
  const got = await gotOf(t, [
    '200',
    'Set-Cookie',
    '_xsrf=2|x; Path=/',
    'Set-Cookie',
    'username-127-0-0-1-8888="2|1:0"; HttpOnly',
    'Set-Cookie',
    'outrigger-session=; Max-Age=0',
    'Set-Cookie',
    'mine=1',
  ])
  assert.deepEqual(got.headers['set-cookie'], ['_xsrf=2|x; Path=/', 'mine=1'])
})

test('a redirect to Jupyter itself stays on this site, and one to elsewhere is kept', async (t) => {
  const locationOf = async (location: string) =>
    (await gotOf(t, ['302', 'Location', location])).headers.location
  assert.equal(await locationOf('http://UPSTREAM/lab?a=1#b'), '/lab?a=1#b')
  assert.equal(await locationOf('//UPSTREAM/lab'), '/lab')
  assert.equal(await locationOf('http://UPSTREAM//evil.example/x'), '/evil.example/x')
  assert.equal(await locationOf('/lab?'), '/lab?')
  assert.equal(await locationOf('tree'), 'tree')
  assert.equal(await locationOf('https://hub.example/hub/login'), 'https://hub.example/hub/login')
})

test('[GATEWAY-2] the token is in no header of an answer', async (t) => {
  const got = await gotOf(t, [
    '302',
    'Location',
    `/lab?token=${UPSTREAM_TOKEN}&a=1`,
    'X-Echo',
    `t:${UPSTREAM_TOKEN}`,
  ])
  assert.equal(got.headers.location, '/lab?token=&a=1')
  assert.equal(got.headers['x-echo'], 't:')
})

const PAGE = `<html>${'x'.repeat(70_000)}{"token": "${UPSTREAM_TOKEN}"}</html>`
const CLEAN_PAGE = `<html>${'x'.repeat(70_000)}{"token": ""}</html>`

test('[GATEWAY-2] a page comes without the token and with the right length', async (t) => {
  for (const basePath of ['/', '/user/a b/']) {
    const type = ['Content-Type', 'text/html; charset=UTF-8', 'Content-Length', String(PAGE.length)]
    const got = await gotOf(t, ['200', ...type, 'Etag', '"x"'], PAGE, basePath)
    assert.equal(got.text, CLEAN_PAGE)
    assert.equal(got.headers['content-length'], undefined)
    assert.equal(got.headers.etag, '"x"')
  }
})

test('[GATEWAY-2] an encoded page is opened first, and one that cannot be opened is refused', async (t) => {
  const encoded = (encoding: string, body: Buffer) =>
    gotOf(t, ['200', 'Content-Type', 'text/html', 'Content-Encoding', encoding], body)
  for (const got of [await encoded('gzip', gzipSync(PAGE)), await encoded('br', brotliCompressSync(PAGE))]) {
    assert.equal(got.text, CLEAN_PAGE)
    assert.equal(got.headers['content-encoding'], undefined)
  }
  assert.equal((await encoded('zstd', Buffer.from(PAGE))).status, 502)
})

test('[GATEWAY-2] an answer without a type, which a browser may take for a page, is cleaned as well', async (t) => {
  assert.equal((await gotOf(t, ['404'], PAGE)).text, CLEAN_PAGE)
})

test('a page is asked for without encoding, everything else as the client wants it', async (t) => {
  const html = await seenBy(t, { accept: 'text/html,*/*;q=0.8', 'accept-encoding': 'gzip' })
  assert.equal(html.header('accept-encoding'), 'identity')
  const script = await seenBy(t, { accept: '*/*', 'accept-encoding': 'gzip' })
  assert.equal(script.header('accept-encoding'), 'gzip')
})

test('an encoded file passes as it is', async (t) => {
  const packed = gzipSync('var a = 1')
  const type = ['Content-Type', 'text/javascript', 'Content-Encoding', 'gzip']
  const got = await gotOf(t, ['200', ...type, 'Content-Length', String(packed.length)], packed)
  assert.deepEqual(got.body, packed)
  assert.equal(got.headers['content-encoding'], 'gzip')
  assert.equal(got.headers['content-length'], String(packed.length))
})
