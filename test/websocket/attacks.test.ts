import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Socket, connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import type { Gate } from '../../src/identity/gate.ts'
import { RoomClient, person } from '../support/room-client.ts'
import { testDocument } from '../support/room-fixture.ts'
import { startRoomServer } from '../support/room-server.ts'
import { until } from '../support/until.ts'

const HANDSHAKE = (path: string, origin?: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${origin === undefined ? '' : `Origin: ${origin}\r\n`}\r\n`

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  return socket
}

/** The server still serves: a new client joins and is sent the document. */
async function stillServes(url: string): Promise<void> {
  const socket = await open(`${url}/proof`)
  socket.send(new Uint8Array([0, 0, 1, 0]))
  const frames: Uint8Array[] = []
  socket.on('message', (data: Uint8Array) => frames.push(data))
  await until(() => frames.some((frame) => frame[0] === 0 && frame[1] === 1))
  socket.terminate()
}

async function reply(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  await once(socket, 'close')
  return text
}

test('a TCP reset while an upgrade is being decided does not end the process', async (t) => {
  let decide: () => void = () => {}
  const gate: Gate = {
    admit: async () => {
      await new Promise<void>((resolve) => (decide = resolve))
      return { ok: true, principal: person('ann'), access: 'edit', source: 'query' }
    },
  }
  const server = await startRoomServer(t, { gate })
  for (let i = 0; i < 5; i += 1) {
    const asked = decide
    const socket = connectTcp(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(HANDSHAKE('/outrigger/rooms/demo'))
    await until(() => decide !== asked)
    socket.resetAndDestroy()
    await once(socket, 'close')
    decide()
  }
  await until(() => server.rooms.stats().sessions === 0 && server.connections.size === 0)
  const served = stillServes(server.url)
  await until(() => (decide(), true))
  const timer = setInterval(() => decide(), 5)
  t.after(() => clearInterval(timer))
  await served
  assert.deepEqual(server.errors, [])
})

test('an invalid websocket frame closes only its sender', async (t) => {
  const server = await startRoomServer(t)
  for (const bytes of [
    [0xff, 0xff, 0xff, 0xff],
    [0x82, 0x05, 1, 2, 3, 4, 5],
    [0xc2, 0x80, 0, 0, 0, 0],
    [0x83, 0x80, 0, 0, 0, 0],
  ]) {
    const socket = connectTcp(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(HANDSHAKE('/outrigger/rooms/demo'))
    await once(socket, 'data')
    socket.write(new Uint8Array(bytes))
    await once(socket, 'close')
  }
  await stillServes(server.url)
  assert.deepEqual(server.errors, [])
})

test('a text frame and malformed messages close the sender with a code', async (t) => {
  const server = await startRoomServer(t)
  for (const data of ['text', new Uint8Array(0), new Uint8Array([0, 2, 200]), new Uint8Array([77])]) {
    const socket = await open(`${server.url}/demo`)
    socket.send(data)
    const [code] = (await once(socket, 'close')) as [number]
    assert.equal(code, 4400)
  }
  await stillServes(server.url)
})

test('a frame over the limit closes its sender with 1009', async (t) => {
  const server = await startRoomServer(t, { maxFrameBytes: 1024 })
  const socket = await open(`${server.url}/demo`)
  socket.send(new Uint8Array(1024 - 1))
  socket.on('error', () => {})
  const big = await open(`${server.url}/demo`)
  big.on('error', () => {})
  big.send(new Uint8Array(1025))
  const [code] = (await once(big, 'close')) as [number]
  assert.equal(code, 1009)
  await stillServes(server.url)
})

test('an exception in the decision refuses the upgrade and nothing else', async (t) => {
  let isBroken = true
  const gate: Gate = {
    admit: () => {
      if (isBroken) throw new Error('a bug')
      return Promise.resolve({ ok: true, principal: person('ann'), access: 'edit', source: 'query' })
    },
  }
  const server = await startRoomServer(t, { gate })
  const socket = new WebSocket(`${server.url}/demo`)
  await once(socket, 'error')
  assert.match(String(server.errors[0]), /a bug/)
  isBroken = false
  await stillServes(server.url)
})

test('room names outside the grammar are refused before anything is opened', async (t) => {
  const server = await startRoomServer(t)
  for (const path of [
    '/outrigger/rooms/..%2f..%2fetc',
    '/outrigger/rooms/a%00b',
    `/outrigger/rooms/${'x'.repeat(201)}`,
  ]) {
    const socket = connectTcp(server.port, '127.0.0.1')
    socket.write(HANDSHAKE(path))
    assert.match(await reply(socket), /^HTTP\/1\.1 400 [^]*"code":"bad_room_name"/)
  }
  assert.deepEqual(server.rooms.stats().rooms, { loading: 0, open: 0, idle: 0, closing: 0 })
})

test('a client without an Origin gets the status of a refusal, a browser a close code', async (t) => {
  const server = await startRoomServer(t)
  for (const [as, status, code] of [
    ['nobody', 401, 4401],
    ['stranger', 404, 4404],
  ] as const) {
    const socket = connectTcp(server.port, '127.0.0.1')
    socket.write(HANDSHAKE(`/outrigger/rooms/demo?as=${as}`))
    assert.match(await reply(socket), new RegExp(`^HTTP/1\\.1 ${status} `))
    const browser = new WebSocket(`${server.url}/demo?as=${as}`, { origin: 'http://127.0.0.1' })
    assert.deepEqual(((await once(browser, 'close')) as [number])[0], code)
  }
})

test('an unknown address is refused with 404', async (t) => {
  const server = await startRoomServer(t)
  for (const path of [
    '/',
    '/outrigger/',
    '/api/kernels/1/channels',
    '/api/collaboration/room/json:notebook:1',
  ]) {
    const socket = connectTcp(server.port, '127.0.0.1')
    socket.write(HANDSHAKE(path))
    assert.match(await reply(socket), /^HTTP\/1\.1 404 /)
  }
})

test('[ROOM-26] a client that does not read is closed, and nobody else waits for it', async (t) => {
  const server = await startRoomServer(t, { policy: { maxPeerBufferedBytes: 64 * 1024, slowPeerMs: 500 } })
  const stalled = connectTcp(server.port, '127.0.0.1')
  stalled.on('error', () => {})
  stalled.write(HANDSHAKE('/outrigger/rooms/demo'))
  await once(stalled, 'data')
  stalled.pause()
  const writer = new RoomClient('writer')
  t.after(() => writer.dispose())
  const spec = { document: testDocument('demo'), dialect: 'y-websocket', persistence: 'durable' } as const
  writer.start(await server.rooms.join(spec, writer, undefined))
  await until(() => writer.isSynced)
  let isGone = false
  stalled.on('close', () => (isGone = true))
  for (let i = 0; i < 400 && server.rooms.stats().sessions > 1; i += 1) {
    writer.text.insert(0, 'x'.repeat(50_000))
    await until(() => server.rooms.stats().pendingBytes === 0)
  }
  await until(() => server.rooms.stats().sessions === 1, 10_000)
  stalled.resume()
  await until(() => isGone)
})
