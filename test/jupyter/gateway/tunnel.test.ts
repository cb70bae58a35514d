import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { type GatewayFixture, UPSTREAM_TOKEN, ask, gatewayFixture } from '../../support/gateway-fixture.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { until } from '../../support/until.ts'
import { headerIn } from '../../support/upstream-server.ts'

const CHANNELS = 'api/kernels/k-1/channels?session_id=s'
const KERNEL_PROTOCOL = 'v1.kernel.websocket.jupyter.org'

type Client = {
  readonly websocket: WebSocket
  readonly messages: { readonly text: string; readonly isBinary: boolean }[]
  /** The close code and reason, once it is closed. */
  readonly closed: Promise<string>
}

async function open(
  t: TestContext,
  { port }: GatewayFixture,
  path = `/${CHANNELS}`,
  protocols: string[] = [],
) {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { origin: 'http://ours' })
  const messages: { text: string; isBinary: boolean }[] = []
  websocket.on('message', (data: Buffer, isBinary) =>
    messages.push({ text: data.toString('latin1'), isBinary }),
  )
  const closed = new Promise<string>((resolve) =>
    websocket.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`)),
  )
  t.after(() => websocket.terminate())
  await new Promise((resolve, reject) => {
    websocket.once('open', resolve)
    websocket.once('error', reject)
  })
  websocket.on('error', () => {})
  return { websocket, messages, closed } satisfies Client
}

/** The answer to a handshake, as text. */
async function handshake(
  port: number,
  path = `/${CHANNELS}`,
  lines: readonly string[] = [],
): Promise<string> {
  const headers = ['Host: ours', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const first = [`GET ${path} HTTP/1.1`, ...headers, key, ...lines, '', ''].join('\r\n')
  return (await rawRequest({ port, first })).text
}

/** Speaks the handshake and leaves the socket in our hands. */
async function rawClient(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  socket.write(
    `GET /${CHANNELS} HTTP/1.1\r\nHost: ours\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  return socket
}

test('[GATEWAY-8] text and binary messages pass both ways, with the sub-protocol, below any base URL', async (t) => {
  for (const [basePath, base] of [
    ['/', '/'],
    ['/user/a b/', '/user/a%20b/'],
  ] as const) {
    const fixture = await gatewayFixture(t, { basePath })
    const { websocket, messages } = await open(t, fixture, base + CHANNELS, [KERNEL_PROTOCOL])
    assert.equal(websocket.protocol, KERNEL_PROTOCOL)
    websocket.send('hi')
    websocket.send(Buffer.from([0, 255, 1]))
    websocket.send('x'.repeat(300_000))
    await until(() => messages.length === 3)
    assert.deepEqual(messages.slice(0, 2), [
      { text: 'hi', isBinary: false },
      { text: '\u0000\u00ff\u0001', isBinary: true },
    ])
    assert.equal(messages[2]?.text.length, 300_000)
    assert.equal(fixture.upstream.requests[0]?.url, base + CHANNELS)
  }
})

test('[GATEWAY-8] fragments, pings and compression are left to the ends', async (t) => {
  let pings = 0
  const fixture = await gatewayFixture(t, {
    onSocket: (websocket) => {
      websocket.on('ping', () => (pings += 1))
      websocket.on('message', (data: Buffer) => websocket.send(data.toString(), { compress: true }))
      websocket.ping()
    },
  })
  const { websocket, messages } = await open(t, fixture)
  let pongs = 0
  websocket.on('ping', () => (pongs += 1))
  assert.match(websocket.extensions, /permessage-deflate/)
  websocket.ping()
  websocket.send('one ', { fin: false })
  websocket.send('two', { fin: true })
  await until(() => messages.length === 1 && pings === 1)
  assert.equal(messages[0]?.text, 'one two')
  assert.ok(pongs <= 1)
})

test('[GATEWAY-8] close codes and reasons pass both ways', async (t) => {
  const seen: string[] = []
  const fixture = await gatewayFixture(t, {
    onSocket: (websocket, request) => {
      const code = new URL(request.url ?? '', 'http://x').searchParams.get('close')
      if (code !== null) websocket.close(Number(code), 'für dich')
      websocket.on('close', (closeCode, reason) => seen.push(`${closeCode} ${reason.toString()}`))
    },
  })
  for (const code of [1000, 1001, 1011, 4001, 4404]) {
    const { closed } = await open(t, fixture, `/${CHANNELS}&close=${code}`)
    assert.equal(await closed, `${code} für dich`)
  }
  seen.length = 0
  const { websocket } = await open(t, fixture)
  websocket.close(4321, 'bye')
  await until(() => seen.length === 1)
  assert.deepEqual(seen, ['4321 bye'])
  await until(() => fixture.gateway.stats().tunnelsOpen === 0)
  assert.equal(fixture.gateway.stats().tunnels, 6)
})

test('[GATEWAY-8] what was sent together with the handshake is not lost', async (t) => {
  const fixture = await gatewayFixture(t, {
    onUpgrade: (_request, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst',
      )
      socket.pipe(socket)
    },
  })
  const socket = await rawClient(t, fixture.port)
  socket.write('second')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  await until(() => text.endsWith('firstsecond'), 5000, 'both')
})

test('[GATEWAY-2] the handshake carries our token and none of the credentials of the client', async (t) => {
  const fixture = await gatewayFixture(t)
  const websocket = new WebSocket(`ws://127.0.0.1:${fixture.port}/${CHANNELS}&token=ours`, {
    headers: {
      authorization: 'token ours',
      cookie: 'outrigger-session=ours; _xsrf=x',
      'x-forwarded-user': 'root',
    },
    origin: 'http://page',
  })
  t.after(() => websocket.terminate())
  await new Promise((resolve) => websocket.once('open', resolve))
  const [request] = fixture.upstream.requests
  assert.ok(request !== undefined)
  const upstreamHost = `127.0.0.1:${fixture.upstream.port}`
  const header = (name: string) => headerIn(request.rawHeaders, name)
  assert.equal(request.url, `/${CHANNELS}`)
  assert.equal(header('authorization'), `token ${UPSTREAM_TOKEN}`)
  assert.equal(header('cookie'), '_xsrf=x')
  assert.equal(header('host'), upstreamHost)
  assert.equal(header('origin'), `http://${upstreamHost}`)
  assert.equal(header('x-forwarded-user'), undefined)
})

test('[GATEWAY-10] whoever may not enter gets a plain answer before the handshake', async (t) => {
  const fixture = await gatewayFixture(t)
  for (const [code, status] of [
    ['not_signed_in', 401],
    ['forbidden', 403],
    ['bad_origin', 403],
    ['not_found', 404],
  ] as const) {
    fixture.gate.options = { refuseAll: code }
    const text = await handshake(fixture.port, `/${CHANNELS}`, ['Origin: http://ours'])
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.match(text, new RegExp(`"code":"${code}"`))
  }
  assert.equal(fixture.upstream.requests.length, 0)
  assert.equal(fixture.gateway.stats().refused, 4)
})

test('[GATEWAY-10] a reader may listen to events and not enter a kernel or a terminal', async (t) => {
  const fixture = await gatewayFixture(t, {
    gate: { access: 'read', refused: { 'kernels.use': 'forbidden' } },
  })
  for (const path of [`/${CHANNELS}`, '/terminals/websocket/1', '/api/%6bernels/k/channels']) {
    assert.match(await handshake(fixture.port, path, ['Origin: http://ours']), /^HTTP\/1\.1 403 /)
  }
  const { websocket } = await open(t, fixture, '/api/events/subscribe')
  assert.equal(websocket.readyState, WebSocket.OPEN)
})

test('[GATEWAY-10] an upgrade to something else, with a body, or to an odd address is refused', async (t) => {
  const fixture = await gatewayFixture(t)
  const attempts = [
    ['GET /x HTTP/1.1', 'Host: ours', 'Connection: Upgrade', 'Upgrade: h2c', '', ''],
    ['POST /x HTTP/1.1', 'Host: ours', 'Connection: Upgrade', 'Upgrade: websocket', '', ''],
    [
      'GET /x HTTP/1.1',
      'Host: ours',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Content-Length: 2',
      '',
      'hi',
    ],
    ['GET http://evil/x HTTP/1.1', 'Host: evil', 'Connection: Upgrade', 'Upgrade: websocket', '', ''],
    ['GET /%zz HTTP/1.1', 'Host: ours', 'Connection: Upgrade', 'Upgrade: websocket', '', ''],
  ]
  for (const lines of attempts) {
    const { text } = await rawRequest({ port: fixture.port, first: lines.join('\r\n') })
    assert.match(text, /^HTTP\/1\.1 400 /, lines[0])
  }
  assert.equal(fixture.upstream.requests.length, 0)
})

test("Jupyter's own refusal goes through, without its token", async (t) => {
  const body = `<p>no ${UPSTREAM_TOKEN}</p>`
  const fixture = await gatewayFixture(t, {
    onUpgrade: (_request, socket) =>
      socket.end(
        `HTTP/1.1 410 Gone Fishing\r\nContent-Type: text/html\r\nX-Why: because\r\n` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      ),
  })
  const text = await handshake(fixture.port)
  assert.match(text, /^HTTP\/1\.1 410 Gone Fishing\r\n[^]*X-Why: because\r\n[^]*\r\n\r\n<p>no <\/p>$/)
  assert.match(text, /Connection: close/)
  assert.equal(fixture.gateway.stats().tunnelsOpen, 0)
})

test('[GATEWAY-7] a Jupyter that is gone, silent, or resets the handshake is a 502', async (t) => {
  const reset = await gatewayFixture(t, {
    onUpgrade: (_request, socket) => (socket as Socket).resetAndDestroy(),
  })
  assert.match(await handshake(reset.port), /^HTTP\/1\.1 502 /)
  const silent = await gatewayFixture(t, { deps: { limits: { answerTimeoutMs: 100 } }, onUpgrade: () => {} })
  assert.match(await handshake(silent.port), /^HTTP\/1\.1 502 /)
  const gone = await gatewayFixture(t)
  for (const socket of gone.upstream.sockets) socket.destroy()
  await new Promise((resolve) => gone.upstream.server.close(resolve))
  assert.match(await handshake(gone.port), /^HTTP\/1\.1 502 /)
  for (const { errors, gateway } of [reset, silent, gone]) {
    assert.equal(errors.length, 1)
    assert.equal(gateway.stats().upstreamFailures, 1)
  }
})

test('an open tunnel stays open longer than Jupyter may take to answer', async (t) => {
  const fixture = await gatewayFixture(t, { deps: { limits: { answerTimeoutMs: 80 } } })
  const { websocket, messages } = await open(t, fixture)
  const openedAt = performance.now()
  await until(() => performance.now() - openedAt > 300)
  websocket.send('still here')
  await until(() => messages.length === 1)
})

test('[GATEWAY-11] a reset before, while and after the gate answers harms nobody else', async (t) => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const fixture = await gatewayFixture(t, { gate: { held } })
  const { port, gate, gateway, upstream, errors } = fixture
  const early = await rawClient(t, port)
  await until(() => gate.asked.length === 1)
  early.resetAndDestroy()
  const later = await rawClient(t, port)
  await until(() => gate.asked.length === 2)
  release()
  await until(() => gateway.stats().tunnelsOpen === 1 && gateway.stats().clientAborts === 1)
  await new Promise((resolve) => later.once('data', resolve))
  later.resetAndDestroy()
  await until(() => gateway.stats().tunnelsOpen === 0)
  assert.equal(upstream.requests.length, 1)
  assert.deepEqual(errors, [])
  assert.equal((await ask({ port, path: '/lab' })).status, 200)
})

test('[GATEWAY-11] when the client leaves during the handshake, Jupyter is told', async (t) => {
  let isCut = false
  const fixture = await gatewayFixture(t, {
    onUpgrade: (_request, socket) => socket.resume().once('end', () => (isCut = true)),
  })
  const socket = await rawClient(t, fixture.port)
  await until(() => fixture.upstream.requests.length === 1)
  socket.resetAndDestroy()
  await until(() => isCut)
  await until(() => fixture.gateway.stats().clientAborts === 1)
})

test('[GATEWAY-11] when one side of a tunnel breaks, the other one is closed', async (t) => {
  const fixture = await gatewayFixture(t)
  const fromJupyter = await open(t, fixture)
  for (const socket of fixture.upstream.sockets) socket.resetAndDestroy()
  assert.equal(await fromJupyter.closed, '1006 ')
  const fromClient = await open(t, fixture)
  fromClient.websocket.terminate()
  await until(() => fixture.upstream.sockets.size === 0)
  await until(() => fixture.gateway.stats().tunnelsOpen === 0)
})

test('[GATEWAY-8] what Jupyter sent before it closed reaches a client that reads late', async (t) => {
  const bytes = 3_000_000
  const fixture = await gatewayFixture(t, {
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.resume()
      socket.end(Buffer.alloc(bytes, 'x'))
    },
  })
  const socket = await rawClient(t, fixture.port)
  socket.pause()
  await until(() => fixture.gateway.stats().tunnels === 1)
  let received = 0
  socket.on('data', (chunk: Buffer) => (received += chunk.length))
  const ended = new Promise((resolve) => socket.once('end', resolve))
  socket.resume()
  await ended
  assert.ok(received > bytes, String(received))
})

test('[GATEWAY-8] a side that does not end after the other one did is cut after the time to linger', async (t) => {
  for (const isEarly of [false, true]) {
    let answer = (): void => {}
    const fixture = await gatewayFixture(t, {
      deps: { limits: { lingerMs: 60 } },
      onUpgrade: (_request, socket) => {
        answer = () =>
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
          )
      },
    })
    const socket = await rawClient(t, fixture.port)
    await until(() => fixture.upstream.requests.length === 1)
    if (isEarly) await new Promise<void>((resolve) => socket.end(resolve))
    // Another exchange, so that the server has seen the end of the first one.
    await ask({ port: fixture.port, path: '/lab' })
    answer()
    await until(() => fixture.gateway.stats().tunnels === 1)
    socket.resume()
    if (!isEarly) socket.end()
    await until(() => fixture.gateway.stats().tunnelsOpen === 0)
    await until(() => socket.destroyed)
  }
})

test('[GATEWAY-9] tunnels are closed by what is known about their caller', async (t) => {
  const fixture = await gatewayFixture(t)
  const kernel = await open(t, fixture)
  const events = await open(t, fixture, '/api/events/subscribe')
  const closed = fixture.gateway.closeWhere(({ action, admission, path }) => {
    assert.equal(admission.principal.id, 'ada')
    assert.ok(!path.startsWith('/') && !path.includes('?'))
    return action === 'kernels.use'
  })
  assert.equal(closed, 1)
  assert.equal(await kernel.closed, '1006 ')
  await until(() => fixture.gateway.stats().tunnelsOpen === 1)
  events.websocket.send('still here')
  await until(() => events.messages.length === 1)
  fixture.gateway.closeAll()
  assert.equal(await events.closed, '1006 ')
  await until(() => fixture.gateway.stats().tunnelsOpen === 0 && fixture.upstream.sockets.size === 0)
})

test('[GATEWAY-9] a revocation during the handshake is not missed', async (t) => {
  let answer = (): void => {}
  const fixture = await gatewayFixture(t, {
    onUpgrade: (_request, socket) => {
      answer = () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    },
  })
  const socket = await rawClient(t, fixture.port)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  await until(() => fixture.upstream.requests.length === 1)
  assert.equal(
    fixture.gateway.closeWhere(() => true),
    1,
  )
  answer()
  await until(() => socket.destroyed || socket.readableEnded)
  assert.equal(text, '')
  assert.equal(fixture.gateway.stats().tunnelsOpen, 0)
})

test('[GATEWAY-9] above their limit no further tunnel opens, and one that closes makes room', async (t) => {
  const fixture = await gatewayFixture(t, { deps: { limits: { maxTunnels: 2 } } })
  const first = await open(t, fixture)
  await open(t, fixture)
  assert.match(await handshake(fixture.port), /^HTTP\/1\.1 429 /)
  first.websocket.close()
  await until(() => fixture.gateway.stats().tunnelsOpen === 1)
  await open(t, fixture)
})

test('closing the gateway cuts its tunnels, also the one whose client does not react', async (t) => {
  const fixture = await gatewayFixture(t)
  const socket = await rawClient(t, fixture.port)
  await until(() => fixture.gateway.stats().tunnels === 1)
  socket.pause()
  fixture.gateway.close()
  await until(() => fixture.gateway.stats().tunnelsOpen === 0)
  await until(() => fixture.upstream.sockets.size === 0)
})

test('the bytes of a tunnel are counted when it ends', async (t) => {
  const fixture = await gatewayFixture(t)
  const { websocket, messages } = await open(t, fixture)
  websocket.send('x'.repeat(1000), { compress: false })
  await until(() => messages.length === 1)
  websocket.close()
  await until(() => fixture.gateway.stats().tunnelsOpen === 0)
  const { tunnelBytesToJupyter, tunnelBytesToClients } = fixture.gateway.stats()
  assert.ok(tunnelBytesToJupyter > 1000)
  assert.ok(tunnelBytesToClients > 0)
})
