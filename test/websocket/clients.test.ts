import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket1'
import { WebsocketProvider as Provider2 } from 'y-websocket2'
import * as Y from 'yjs'
import { startRoomServer } from '../support/room-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

type Provider = Pick<Provider3, 'awareness' | 'synced' | 'wsconnected' | 'destroy' | 'connect' | 'disconnect'>
type ProviderClass = new (url: string, room: string, doc: Y.Doc, options: object) => Provider

const VERSIONS: Record<string, ProviderClass> = {
  'y-websocket 1': Provider1 as unknown as ProviderClass,
  'y-websocket 2': Provider2 as unknown as ProviderClass,
  'y-websocket 3': Provider3 as unknown as ProviderClass,
}

function connect(
  t: TestContext,
  Client: ProviderClass,
  url: string,
  as: string,
  more: Record<string, string> = {},
) {
  const doc = new Y.Doc()
  // Same-process clients would otherwise talk to each other and not to the server.
  const provider = new Client(url, 'demo', doc, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    params: { as, ...more },
  })
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  return { provider, doc, text: doc.getText('source') }
}

for (const [version, Client] of Object.entries(VERSIONS)) {
  test(`two clients of ${version} edit together and see each other`, async (t) => {
    const server = await startRoomServer(t)
    const ann = connect(t, Client, server.url, 'ann')
    const bob = connect(t, Client, server.url, 'bob')
    await until(() => ann.provider.synced && bob.provider.synced)
    ann.text.insert(0, 'hello')
    bob.text.insert(0, 'HELLO ')
    await until(() => ann.text.length === 11 && ann.text.toJSON() === bob.text.toJSON())
    ann.provider.awareness.setLocalStateField('user', { name: 'x', color: 'red' })
    const seen = () => bob.provider.awareness.getStates().get(ann.doc.clientID)?.['user'] as unknown
    await until(() => seen() !== undefined)
    assert.deepEqual(seen(), { name: 'ANN', id: 'ann', color: 'red' })
    ann.provider.destroy()
    await until(() => !bob.provider.awareness.getStates().has(ann.doc.clientID))
  })
}

for (const [version, Client] of Object.entries(VERSIONS)) {
  test(`[ROOM-23] somebody with ${version} who was away is seen again at the first move`, async (t) => {
    const server = await startRoomServer(t)
    const ann = connect(t, Client, server.url, 'ann')
    const bob = connect(t, Client, server.url, 'bob')
    const seen = () => bob.provider.awareness.getStates().get(ann.doc.clientID)?.['cursor'] as unknown
    ann.provider.awareness.setLocalStateField('cursor', 1)
    await until(() => seen() === 1)
    ann.provider.disconnect()
    await until(() => !bob.provider.awareness.getStates().has(ann.doc.clientID))
    ann.provider.connect()
    await until(() => ann.provider.wsconnected)
    ann.provider.awareness.setLocalStateField('cursor', 2)
    await until(() => seen() === 2)
  })
}

test('clients of all versions share one room', async (t) => {
  const server = await startRoomServer(t)
  const clients = Object.values(VERSIONS).map((Client, index) => connect(t, Client, server.url, `c${index}`))
  await until(() => clients.every(({ provider }) => provider.synced))
  clients.forEach(({ text }, index) => text.insert(0, `line ${index}\n`))
  const [first] = clients
  await until(
    () => first!.text.length === 21 && clients.every(({ text }) => text.toJSON() === first!.text.toJSON()),
  )
})

test('clients reconnect by themselves after a restart, with what they typed meanwhile', async (t) => {
  const directory = await tempDir(t)
  const first = await startRoomServer(t, { directory })
  const ann = connect(t, VERSIONS['y-websocket 3']!, first.url, 'ann')
  const bob = connect(t, VERSIONS['y-websocket 1']!, first.url, 'bob')
  ann.text.insert(0, 'before ')
  await until(() => bob.text.toJSON() === 'before ')
  await first.close()
  await until(() => !ann.provider.wsconnected && !bob.provider.wsconnected)
  ann.text.insert(7, 'while away')
  await startRoomServer(t, { directory, port: first.port })
  await until(() => bob.text.toJSON() === 'before while away', 15_000)
})

test('a stock client is told for good that it must sign in, and does not try for ever', async (t) => {
  const server = await startRoomServer(t)
  let attempts = 0
  class Browser extends WebSocket {
    constructor(url: string) {
      super(url, { origin: `http://127.0.0.1:${server.port}` })
      attempts += 1
    }
  }
  const doc = new Y.Doc()
  const provider = new Provider3(server.url, 'demo', doc, {
    WebSocketPolyfill: Browser as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    params: { as: 'nobody' },
  })
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  const codes: number[] = []
  provider.on('connection-close', (event) => event !== null && codes.push(event.code))
  await until(() => codes.length > 0 && !provider.shouldConnect)
  assert.deepEqual(codes, [4401])
  assert.equal(attempts, 1)
})
