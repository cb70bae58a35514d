/** Limits as clients meet them: stock providers and plain sockets on a real server. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket1'
import * as Y from 'yjs'
import { CLOSE_REASONS } from '../../src/protocol/close-reason.ts'
import { ERRORS } from '../../src/protocol/errors.ts'
import { startRoomServer } from '../support/room-server.ts'
import { until } from '../support/until.ts'

/** Opens a socket as that person; the HTTP status when it is refused. */
async function open(t: TestContext, url: string, as: string): Promise<WebSocket | number> {
  const socket = new WebSocket(`${url}?as=${as}`)
  t.after(() => socket.terminate())
  socket.on('error', () => {})
  const opened = once(socket, 'open').then(() => socket)
  const refused = once(socket, 'unexpected-response').then(([, response]) => {
    const { statusCode } = response as IncomingMessage
    ;(response as IncomingMessage).resume()
    return statusCode ?? 0
  })
  return await Promise.race([opened, refused])
}

test('one person may have as many connections as the limit says, and no more until one ends', async (t) => {
  const server = await startRoomServer(t, { maxConnectionsPerPerson: 2 })
  const [first, second] = [await open(t, `${server.url}/a`, 'ann'), await open(t, `${server.url}/b`, 'ann')]
  assert.ok(first instanceof WebSocket && second instanceof WebSocket)
  await until(() => server.joins.length === 2)
  assert.equal(await open(t, `${server.url}/c`, 'ann'), 429)
  const refused = server.joins.filter(({ outcome }) => outcome !== 'joined')
  const visit = { room: 'c', user: 'ann', document: 'plain/c', address: '127.0.0.1' }
  assert.deepEqual(refused, [{ ...visit, outcome: 'too_many_open' }])
  assert.deepEqual(server.rooms.stats().rooms, { loading: 0, open: 2, idle: 0, closing: 0 })
  assert.ok((await open(t, `${server.url}/c`, 'bob')) instanceof WebSocket)
  first.close()
  await until(() => server.connections.size === 2)
  assert.ok((await open(t, `${server.url}/c`, 'ann')) instanceof WebSocket)
})

test('[ROOM-68] a person at the limit of rooms is refused before the room is loaded', async (t) => {
  const server = await startRoomServer(t, { policy: { maxRoomsPerPerson: 1 } })
  assert.ok((await open(t, `${server.url}/a`, 'ann')) instanceof WebSocket)
  await until(() => server.joins.length === 1)
  assert.equal(await open(t, `${server.url}/b`, 'ann'), 429)
  assert.ok((await open(t, `${server.url}/a`, 'ann')) instanceof WebSocket)
})

test('[ROOM-61] a server without space for a room says so before it accepts the websocket', async (t) => {
  const server = await startRoomServer(t, { policy: { maxMemoryBytes: 1000 } })
  assert.equal(await open(t, `${server.url}/a`, 'ann'), 503)
  assert.equal(server.joins.at(-1)?.outcome, 'server_full')
})

/** A server whose one document is full, and what is in it. */
async function fullServer(t: TestContext) {
  const server = await startRoomServer(t, { policy: { maxDocumentBytes: 2000 } })
  const doc = new Y.Doc()
  const provider = new Provider3(server.url, 'demo', doc, options('owner'))
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  await until(() => provider.synced)
  doc.getText('source').insert(0, 'x'.repeat(1950))
  return { ...server, text: doc.getText('source') }
}

function options(as: string) {
  // Clients in one process would otherwise talk to each other and not to the server.
  return { WebSocketPolyfill: WebSocket as never, disableBc: true, params: { as } }
}

test('[ROOM-63] y-websocket 3 is closed for good, with a sentence that says why and what to do', async (t) => {
  const server = await fullServer(t)
  const doc = new Y.Doc()
  const provider = new Provider3(server.url, 'demo', doc, options('ann'))
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  const closed: { code: number; reason: string }[] = []
  provider.on('closed', (event) => closed.push(event))
  await until(() => doc.getText('source').length === 1950)
  doc.getText('source').insert(0, 'y'.repeat(200))
  await until(() => closed.length === 1)
  assert.deepEqual(closed, [{ code: CLOSE_REASONS.edit_refused.code, reason: ERRORS.document_full.message }])
  assert.equal(provider.shouldConnect, false)
  assert.equal(server.text.length, 1950)
})

test('[ROOM-64] y-websocket 1, which always reconnects, does so once and then reads and deletes', async (t) => {
  const server = await fullServer(t)
  const doc = new Y.Doc()
  const provider = new Provider1(server.url, 'demo', doc, options('bob'))
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  let closes = 0
  provider.on('connection-close', () => (closes += 1))
  const text = doc.getText('source')
  await until(() => text.length === 1950)
  text.insert(0, 'y'.repeat(200))
  await until(() => closes === 1)
  await until(() => provider.synced)
  text.insert(0, 'z')
  text.delete(text.length - 100, 100)
  await until(() => server.text.length === 1850)
  // What others do arrives, so this is the connection of before.
  server.text.insert(0, 'news')
  await until(() => text.toJSON().includes('news'))
  assert.equal(closes, 1)
})
