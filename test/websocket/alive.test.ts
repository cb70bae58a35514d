import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { ConnectionRegistry } from '../../src/websocket/connection-registry.ts'
import { Connection, LOOKS_PER_PING } from '../../src/websocket/connection.ts'
import { SendPump } from '../../src/websocket/send-pump.ts'
import { until } from '../support/until.ts'

const PING_MS = 48_000

/** A connection of ours and its client, which answers pings or does not. */
async function connectionFixture(t: TestContext, autoPong: boolean) {
  const server = createServer()
  const websockets = new WebSocketServer({ noServer: true })
  const accepted = new Promise<Connection>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      websockets.handleUpgrade(request, socket, head, (websocket) => {
        const limits = { maxEarlyFrames: 10, maxEarlyBytes: 1000 }
        const rest = { dialect: 'y-websocket' as const, pump: new SendPump(), onClosed: () => {} }
        resolve(new Connection(websocket, socket, { ...limits, ...rest }))
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { autoPong })
  t.after(() => {
    client.terminate()
    server.close()
    server.closeAllConnections()
  })
  let pings = 0
  client.on('ping', () => (pings += 1))
  const connection = await accepted
  let received = 0
  connection.attach({ receive: () => (received += 1), drained: () => {}, leave: () => {}, isSynced: true })
  await once(client, 'open')
  const look = (times: number): void => {
    for (let time = 0; time < times; time += 1) connection.checkAlive()
  }
  return { client, connection, look, pings: () => pings, received: () => received }
}

test('whoever is silent and does not answer a ping is cut off', async (t) => {
  const { client, connection, look, pings } = await connectionFixture(t, false)
  look(LOOKS_PER_PING)
  assert.equal(pings(), 0)
  look(1)
  await until(() => pings() === 1)
  look(LOOKS_PER_PING - 1)
  assert.ok(connection.isOpen)
  look(1)
  assert.ok(!connection.isOpen)
  await until(() => client.readyState === client.CLOSED)
  assert.equal(pings(), 1)
})

test('whoever says something from time to time is never pinged', async (t) => {
  const { client, connection, look, pings, received } = await connectionFixture(t, true)
  for (let time = 1; time <= 5; time += 1) {
    look(LOOKS_PER_PING)
    client.send(Uint8Array.of(1))
    await until(() => received() === time)
  }
  assert.ok(connection.isOpen)
  assert.equal(pings(), 0)
})

test('a connection that is not read from is not judged', async (t) => {
  const { connection, look } = await connectionFixture(t, false)
  connection.pause()
  look(10 * LOOKS_PER_PING)
  assert.ok(connection.isOpen)
})

/** Stands for a connection; counts how often it is looked at. */
function counted(): { readonly connection: Connection; readonly looks: () => number } {
  let looks = 0
  const connection = { checkAlive: () => (looks += 1) } as unknown as Connection
  return { connection, looks: () => looks }
}

test('each connection is looked at once in a round, few of them at a time', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const registry = new ConnectionRegistry({
    maxConnections: 1e6,
    maxConnectionsPerPerson: 1e6,
    pingMs: PING_MS,
  })
  const all = Array.from({ length: 1000 }, counted)
  for (const { connection } of all) registry.add(connection, { personId: 'ann' })
  const total = (): number => all.reduce((sum, { looks }) => sum + looks(), 0)
  const roundMs = PING_MS / LOOKS_PER_PING
  let most = 0
  for (let ms = 0; ms < roundMs; ms += 100) {
    const before = total()
    t.mock.timers.tick(100)
    most = Math.max(most, total() - before)
  }
  assert.ok(all.every(({ looks }) => looks() === 1))
  assert.ok(most <= 100, `${most} at a time`)
})

test('those who stay are looked at once in a round, whoever comes and goes', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const registry = new ConnectionRegistry({
    maxConnections: 1e6,
    maxConnectionsPerPerson: 1e6,
    pingMs: PING_MS,
  })
  const staying = Array.from({ length: 7 }, counted)
  for (const { connection } of staying) registry.add(connection, { personId: 'ann' })
  const rounds = 20
  let guests: Connection[] = []
  for (let tick = 0; tick < rounds * LOOKS_PER_PING; tick += 1) {
    for (const guest of guests) registry.delete(guest)
    guests = Array.from({ length: (tick * 7) % 23 }, () => counted().connection)
    for (const guest of guests) registry.add(guest, { personId: 'bob' })
    t.mock.timers.tick(PING_MS / LOOKS_PER_PING / LOOKS_PER_PING)
  }
  for (const { looks } of staying) assert.ok(Math.abs(looks() - rounds) <= 1, `${looks()} looks`)
})

test('nothing is left to do when the last one has gone', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const registry = new ConnectionRegistry({
    maxConnections: 10,
    maxConnectionsPerPerson: 10,
    pingMs: PING_MS,
  })
  const [one, other] = [counted(), counted()]
  registry.add(one.connection, { personId: 'ann' })
  t.mock.timers.tick(PING_MS)
  registry.delete(one.connection)
  t.mock.timers.tick(PING_MS)
  registry.add(other.connection, { personId: 'ann' })
  t.mock.timers.tick(PING_MS)
  assert.deepEqual([one.looks(), other.looks()], [LOOKS_PER_PING, LOOKS_PER_PING])
})
