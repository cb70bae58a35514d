import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { frame } from '../../../bench/wire/frame.ts'
import { until } from '../../support/until.ts'
import { recordedSocket } from './recorded-socket.ts'

async function startServer(t: TestContext, options: Partial<ServerOptions> = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  t.after(async () => {
    for (const client of server.clients) client.terminate()
    await new Promise((resolve) => server.close(resolve))
  })
  await once(server, 'listening')
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/room` }
}

/** Our socket and what ws sees of it. */
async function pair(t: TestContext, options: Partial<ServerOptions> = {}) {
  const { server, url } = await startServer(t, options)
  const connected = once(server, 'connection')
  const client = recordedSocket(t, { url, headers: { cookie: 'a=b', origin: 'http://here' } })
  const [peer, request] = (await connected) as [WebSocket, { headers: Record<string, string> }]
  await until(() => client.isOpened)
  return { client, peer, headers: request.headers }
}

/** What a server does that no websocket library would: it is given the bytes of the request. */
async function rawServer(t: TestContext, answer: (socket: Socket, request: string) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', (bytes) => answer(socket, bytes.toString('latin1')))
  })
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const filled = (bytes: number): Buffer => Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => i % 251))

test('messages of all sizes pass both ways, and the headers arrive', async (t) => {
  const { client, peer, headers } = await pair(t)
  assert.equal(headers['cookie'], 'a=b')
  assert.equal(headers['origin'], 'http://here')
  const received: Buffer[] = []
  peer.on('message', (bytes: Buffer, isBinary: boolean) => {
    assert.ok(isBinary)
    received.push(bytes)
    peer.send(bytes)
  })
  const sent = [0, 1, 125, 126, 127, 65_535, 65_536, 1024 * 1024].map(filled)
  sent.forEach((message, i) =>
    assert.ok(i % 2 === 0 ? client.socket.send(message) : client.socket.sendFramed(frame(message))),
  )
  await until(() => client.messages.length === sent.length)
  assert.deepEqual(received, sent)
  assert.deepEqual(client.messages, sent)
  assert.equal(client.socket.framesReceived, sent.length)
  assert.ok(client.socket.bytesReceived > 1024 * 1024 + 2 * 65_535)
})

test('a fragmented message and a text arrive whole, and a ping between is answered', async (t) => {
  const { client, peer } = await pair(t)
  const pong = once(peer, 'pong')
  peer.send('first ', { fin: false })
  peer.ping('are you there')
  peer.send('second', { fin: true })
  peer.send('Zoë')
  assert.equal(String((await pong)[0]), 'are you there')
  await until(() => client.messages.length === 2)
  assert.deepEqual(client.messages.map(String), ['first second', 'Zoë'])
})

test('what the server says right behind its answer to the upgrade is not lost', async (t) => {
  const { server, url } = await startServer(t)
  server.on('headers', (_headers, request) => request.socket.cork())
  server.on('connection', (peer, request) => {
    peer.send('hello')
    request.socket.uncork()
  })
  const client = recordedSocket(t, { url })
  await until(() => client.messages.length === 1)
  assert.deepEqual(client.messages.map(String), ['hello'])
})

test('a refused upgrade is closed with 1006, the status and what the server said', async (t) => {
  const { url } = await startServer(t, {
    verifyClient: (_info, decide: (isOk: boolean, code: number, text: string) => void) =>
      decide(false, 403, 'not for you'),
  })
  const client = recordedSocket(t, { url })
  assert.deepEqual(await client.closed(), { code: 1006, reason: 'HTTP 403 not for you' })
  assert.ok(!client.isOpened)
  assert.equal(client.socket.send(filled(1)), false)
})

test('the server’s close code and reason arrive, and it gets its answer', async (t) => {
  const { client, peer } = await pair(t)
  const closed = once(peer, 'close')
  peer.send('last words')
  peer.close(4401, 'sign in, Zoë')
  assert.deepEqual(await client.closed(), { code: 4401, reason: 'sign in, Zoë' })
  assert.equal((await closed)[0], 4401)
  assert.deepEqual(client.messages.map(String), ['last words'])
  assert.equal(client.socket.isOpen, false)
})

test('a close without a code is 1005, a cut 1006', async (t) => {
  const first = await pair(t)
  first.peer.close()
  assert.equal((await first.client.closed()).code, 1005)
  const second = await pair(t)
  second.peer.terminate()
  assert.equal((await second.client.closed()).code, 1006)
})

test('our close is a handshake: both sides see its code, once', async (t) => {
  const { client, peer } = await pair(t)
  const closed = once(peer, 'close')
  client.socket.send(filled(70_000))
  const received = once(peer, 'message')
  client.socket.close(4000)
  client.socket.close(4001)
  assert.equal(client.socket.isOpen, false)
  assert.equal(client.socket.send(filled(1)), false)
  assert.equal(((await received)[0] as Buffer).length, 70_000)
  assert.equal((await closed)[0], 4000)
  assert.deepEqual(await client.closed(), { code: 4000, reason: '' })
  client.socket.terminate()
  assert.equal(client.closes.length, 1)
})

test('a paused socket that closes completes its handshake', async (t) => {
  const { client, peer } = await pair(t)
  const closed = once(peer, 'close')
  client.socket.pause()
  client.socket.close(1000)
  assert.equal((await closed)[0], 1000)
  assert.equal((await client.closed()).code, 1000)
})

test('a server that cuts instead of answering our close leaves 1006', async (t) => {
  const { client, peer } = await pair(t)
  // Below ws, which would answer.
  const { _socket: socket } = peer as unknown as { _socket: Socket }
  socket.removeAllListeners('data')
  socket.once('data', () => socket.destroy())
  client.socket.close(1000)
  assert.equal((await client.closed()).code, 1006)
})

test('terminate tells once, at once, and takes no message afterwards', async (t) => {
  const { server, url } = await startServer(t)
  server.on('connection', (peer) => {
    for (let i = 0; i < 100; i += 1) peer.send('x')
  })
  const client = recordedSocket(t, { url, onMessage: (socket) => socket.terminate() })
  assert.equal((await client.closed()).code, 1006)
  await until(() => server.clients.size === 0)
  client.socket.terminate()
  client.socket.close()
  assert.equal(client.messages.length, 1)
  assert.equal(client.closes.length, 1)
})

test('terminate and close before the upgrade tell once, and nothing opens', async (t) => {
  let requests = 0
  const url = await rawServer(t, () => (requests += 1))
  for (const end of ['terminate', 'close'] as const) {
    const client = recordedSocket(t, { url })
    client.socket[end]()
    assert.deepEqual(client.closes, [{ code: 1006, reason: '' }])
    const waiting = recordedSocket(t, { url })
    const before = requests
    await until(() => requests > before)
    waiting.socket[end]()
    assert.equal(client.closes.length + waiting.closes.length, 2)
    assert.ok(!client.isOpened && !waiting.isOpened)
  }
})

test('a paused socket reads nothing, and everything after it is resumed', async (t) => {
  const { server, url } = await startServer(t)
  const peers: WebSocket[] = []
  server.on('connection', (peer) => peers.push(peer))
  const paused = recordedSocket(t, { url, onOpen: (socket) => socket.pause() })
  await until(() => paused.isOpened)
  const other = recordedSocket(t, { url })
  await until(() => peers.length === 2)
  // More than the kernel's buffers hold, so that the server has to wait for us.
  const sent = Array.from({ length: 120 }, (_, i) => Buffer.concat([Buffer.from([i]), filled(100_000)]))
  for (const message of sent) for (const peer of peers) peer.send(message)
  await until(() => other.messages.length === sent.length)
  assert.equal(paused.messages.length, 0)
  assert.ok((peers[0]?.bufferedAmount ?? 0) > 0)
  paused.socket.resume()
  await until(() => paused.messages.length === sent.length)
  assert.ok(Buffer.concat(paused.messages).equals(Buffer.concat(sent)))
})

test('a message above the limit ends the connection with 1009 for both', async (t) => {
  const { server, url } = await startServer(t)
  const connected = once(server, 'connection')
  const client = recordedSocket(t, { url, maxMessageBytes: 1000 })
  const [peer] = (await connected) as [WebSocket]
  const closed = once(peer, 'close')
  peer.send(filled(1001))
  assert.equal((await client.closed()).code, 1009)
  assert.equal((await closed)[0], 1009)
  assert.equal(client.closes.length, 1)
})

test('a refused connection is closed once, with the reason', async (t) => {
  const { server, url } = await startServer(t)
  await new Promise((resolve) => server.close(resolve))
  const client = recordedSocket(t, { url })
  const { code, reason } = await client.closed()
  assert.equal(code, 1006)
  assert.match(reason, /ECONNREFUSED/)
  client.socket.terminate()
  assert.equal(client.closes.length, 1)
})

test('an answer that fits another key, and no answer at all, are told', async (t) => {
  const wrong = await rawServer(t, (socket) =>
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
    ),
  )
  const other = recordedSocket(t, { url: wrong })
  assert.deepEqual(await other.closed(), {
    code: 1006,
    reason: 'the answer to the upgrade does not fit its key',
  })
  const silent = await rawServer(t, () => {})
  const patient = recordedSocket(t, { url: silent, connectTimeoutMs: 50 })
  assert.deepEqual(await patient.closed(), { code: 1006, reason: 'no answer for 50 ms' })
  assert.ok(!other.isOpened && !patient.isOpened)
})

test('no socket and no timer is left, whichever way it ended', async (t) => {
  const { server, url } = await startServer(t)
  const refusing = await startServer(t, { verifyClient: () => false })
  const left = (): string[] =>
    process
      .getActiveResourcesInfo()
      .filter((kind) => /^(TCPSocketWrap|Timeout|TCPConnectWrap)$/.test(kind))
      .toSorted()
  const before = left()
  const ends: Record<string, (peer: WebSocket, own: ReturnType<typeof recordedSocket>) => void> = {
    close: (_, own) => own.socket.close(),
    terminate: (_, own) => own.socket.terminate(),
    'peer closes': (peer) => peer.close(1001),
    'peer cuts': (peer) => peer.terminate(),
  }
  for (const end of Object.values(ends)) {
    const connected = once(server, 'connection')
    const own = recordedSocket(t, { url })
    const [peer] = (await connected) as [WebSocket]
    await until(() => own.isOpened)
    end(peer, own)
    await own.closed()
  }
  const refused = recordedSocket(t, { url: refusing.url })
  await refused.closed()
  // Later than any immediate and tick of the closing, sooner than the shortest of its timers.
  // Not more: sockets of the tests before this one may go meanwhile.
  await until(() => left().length <= before.length, 3000, `back to ${before.join() || 'nothing'}`)
})
