import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket1'
import { WebsocketProvider as Provider2 } from 'y-websocket2'
import * as Y from 'yjs'
import { encodeSyncStep1, encodeSyncStep2, encodeUpdate } from '../../src/protocol/encode.ts'
import { type Outbound, byteLength, outbound, outboundStep2 } from '../../src/protocol/outbound.ts'
import { Connection, LOOKS_PER_PING } from '../../src/websocket/connection.ts'
import { SendPump } from '../../src/websocket/send-pump.ts'
import { startRoomServer } from '../support/room-server.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
/** More than the buffers of the kernel take. */
const LARGE: Outbound = outboundStep2(new Uint8Array(24 * MIB).fill(7))
const LARGE_MESSAGE = encodeSyncStep2(new Uint8Array(24 * MIB).fill(7))

/** One connection with nothing behind it, and its client. */
async function connectionFixture(t: TestContext) {
  const server = createServer()
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const pump = new SendPump()
  const connected = new Promise<{ connection: Connection; socket: Socket }>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      websockets.handleUpgrade(request, socket, head, (websocket) => {
        const options = {
          dialect: 'y-websocket' as const,
          maxEarlyFrames: 10,
          maxEarlyBytes: 1000,
          pump,
          onClosed: () => {},
        }
        resolve({ connection: new Connection(websocket, socket, options), socket: socket as Socket })
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    client.terminate()
    server.close()
    server.closeAllConnections()
  })
  const events: (string | Uint8Array)[] = []
  client.on('message', (data: Buffer) => events.push(new Uint8Array(data)))
  client.on('ping', () => events.push('ping'))
  client.on('close', (code) => events.push(`closed ${code}`))
  client.on('error', (error) => events.push(error.message))
  const { connection, socket } = await connected
  await once(client, 'open')
  let drained = 0
  connection.attach({
    receive: () => {},
    drained: () => (drained += 1),
    leave: () => {},
    isSynced: true,
  })
  return { client, connection, socket, events, drains: () => drained }
}

test('a client that reads nothing is sent what its socket takes, and one slice more', async (t) => {
  const { client, connection, socket, events } = await connectionFixture(t)
  client.pause()
  connection.send(LARGE)
  assert.equal(connection.bufferedBytes, byteLength(LARGE))
  await until(() => socket.writableLength > 0)
  assert.ok(socket.writableLength <= 2 * LARGE[0]!.length)
  assert.ok(connection.bufferedBytes > MIB)
  client.resume()
  await until(() => events.length === 1)
  assert.equal(connection.bufferedBytes, 0)
})

test('a ping lies between the slices of a message, other messages wait for its end', async (t) => {
  const { client, connection, socket, events, drains } = await connectionFixture(t)
  connection.send(outbound(Uint8Array.of(1)))
  await until(() => events.length === 1)
  client.pause()
  connection.send(LARGE)
  connection.send(outbound(Uint8Array.of(2)))
  await until(() => socket.writableLength > 0)
  for (let look = 0; look <= LOOKS_PER_PING; look += 1) connection.checkAlive()
  assert.equal(drains(), 0, 'not told that it may send more')
  client.resume()
  await until(() => events.length === 4, 10_000)
  assert.deepEqual(
    events.map((event) => (typeof event === 'string' ? event : event.length)),
    [1, 'ping', LARGE_MESSAGE.length, 1],
  )
  assert.ok(Buffer.from(events[2] as Uint8Array).equals(LARGE_MESSAGE))
  await until(() => drains() > 0)
  connection.send(outbound(Uint8Array.of(3)))
  await until(() => events.length === 5)
  for (let look = 0; look <= LOOKS_PER_PING; look += 1) connection.checkAlive()
  assert.ok(connection.isOpen, 'the pong came')
})

test('the last slice may be small: the session is told all the same that everything was taken', async (t) => {
  const { connection, events, drains } = await connectionFixture(t)
  connection.send([...outboundStep2(new Uint8Array(200_000)), ...outbound(Uint8Array.of(1))])
  await until(() => events.length === 2 && drains() > 0)
  assert.equal(connection.bufferedBytes, 0)
})

test('a close in the middle of a large message is a proper close', async (t) => {
  const { client, connection, socket, events } = await connectionFixture(t)
  client.pause()
  connection.send(LARGE)
  await until(() => socket.writableLength > 0)
  connection.close('restarting')
  connection.send(outbound(Uint8Array.of(1)))
  client.resume()
  await until(() => events.length > 0)
  assert.deepEqual(events, ['closed 1012'])
})

test('a client that vanishes in the middle of a large message leaves nothing behind', async (t) => {
  const { client, connection, socket } = await connectionFixture(t)
  client.pause()
  connection.send(LARGE)
  await until(() => socket.writableLength > 0)
  client.terminate()
  await until(() => socket.destroyed && !connection.isOpen)
  assert.equal(connection.bufferedBytes, socket.writableLength)
})

for (const [version, Client] of Object.entries({ 1: Provider1, 2: Provider2, 3: Provider3 })) {
  test(`[ROOM-33] y-websocket ${version} reads a document in slices, and what is typed meanwhile`, async (t) => {
    const policy = { maxPendingBytes: 32 * MIB }
    const server = await startRoomServer(t, { maxFrameBytes: 16 * MIB, policy })
    const writer = new WebSocket(`${server.url}/demo?as=ann`)
    await once(writer, 'open')
    const doc = new Y.Doc()
    doc.on('update', (update: Uint8Array) => writer.send(encodeUpdate(update)))
    doc.getText('source').insert(0, 'x'.repeat(5 * MIB))
    // The answer to a step 1 says that the server has it.
    let isStored = false
    writer.on('message', (message: Buffer) => (isStored ||= message[0] === 0 && message[1] === 1))
    writer.send(encodeSyncStep1(Y.encodeStateVector(doc)))
    await until(() => isStored)
    const readers = Array.from({ length: 3 }, (_, index) => {
      const copy = new Y.Doc()
      const Provider = Client as unknown as typeof Provider3
      const provider = new Provider(server.url, 'demo', copy, {
        WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
        disableBc: true,
        params: { as: `reader${index}` },
      })
      t.after(() => {
        provider.destroy()
        copy.destroy()
      })
      let lengthWhenSynced = -1
      provider.on('sync', () => (lengthWhenSynced = copy.getText('source').length))
      return { copy, provider, lengthWhenSynced: () => lengthWhenSynced }
    })
    for (let i = 0; i < 50; i += 1) {
      doc.getText('source').insert(0, `line ${i}\n`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const text = doc.getText('source').toJSON()
    await until(
      () =>
        readers.every(({ provider, copy }) => provider.synced && copy.getText('source').toJSON() === text),
      15_000,
    )
    for (const reader of readers) assert.ok(reader.lengthWhenSynced() >= 5 * MIB)
    writer.terminate()
    doc.destroy()
  })
}
