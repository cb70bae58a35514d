import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as encoding from 'lib0/encoding'
import { writePermissionDenied } from 'y-protocols/auth'
import { WebSocket } from 'ws'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket1'
import { WebsocketProvider as Provider2 } from 'y-websocket2'
import * as Y from 'yjs'
import { createDialect } from '../../../bench/wire/create-dialect.ts'
import { startRoomServer } from '../../support/room-server.ts'
import { until } from '../../support/until.ts'
import { LightMember } from './light-member.ts'

type Provider = Pick<Provider3, 'awareness' | 'synced' | 'destroy'>
type ProviderClass = new (url: string, room: string, doc: Y.Doc, options: object) => Provider

const VERSIONS: Record<string, ProviderClass> = {
  'y-websocket 1': Provider1 as unknown as ProviderClass,
  'y-websocket 2': Provider2 as unknown as ProviderClass,
  'y-websocket 3': Provider3 as unknown as ProviderClass,
}

for (const [version, Client] of Object.entries(VERSIONS)) {
  test(`a light client and ${version} write into one room and see each other`, async (t) => {
    const server = await startRoomServer(t)
    const doc = new Y.Doc()
    const provider = new Client(server.url, 'demo', doc, {
      WebSocketPolyfill: WebSocket,
      disableBc: true,
      params: { as: 'ann' },
    })
    t.after(() => {
      provider.destroy()
      doc.destroy()
    })
    const text = doc.getText('source')
    text.insert(0, 'before')
    await until(() => provider.synced)

    const dialect = createDialect('y-websocket', { url: `${server.url}/{room}?as=bob` })
    const light = await (await LightMember.join(t, dialect, 'demo')).synced()
    assert.equal(light.text.toJSON(), 'before')
    assert.ok(light.isAsked)
    text.insert(6, ' and during')
    await until(() => light.text.toJSON() === 'before and during')
    light.text.insert(0, 'light: ')
    await until(() => text.toJSON() === 'light: before and during')

    provider.awareness.setLocalStateField('cursor', { at: 3 })
    await until(() => light.others.getStates().get(doc.clientID)?.['cursor'] !== undefined)
    light.announce({ user: { name: 'x', color: 'red' } })
    const seen = () => provider.awareness.getStates().get(light.doc.clientID)?.['user'] as unknown
    await until(() => seen() !== undefined)
    assert.deepEqual(seen(), { name: 'BOB', id: 'bob', color: 'red' })
    light.announce(null)
    await until(() => seen() === undefined)
    assert.deepEqual(light.closes, [])
    assert.deepEqual(server.errors, [])
  })
}

test('what a light client wrote before it joined reaches the server by the answer to its question', async (t) => {
  const server = await startRoomServer(t)
  const dialect = createDialect('y-websocket', { url: server.url })
  const first = await LightMember.join(t, dialect, 'demo')
  // Not open yet: dropped, as the network is not there.
  first.text.insert(0, 'written early')
  await first.synced()
  const second = await LightMember.join(t, dialect, 'demo')
  await until(() => second.text.toJSON() === 'written early')
})

test('the room and the token find their place in any address', async () => {
  const cases: [url: string, token: string | undefined, expected: string][] = [
    ['ws://h:1', undefined, 'ws://h:1/a%20b%2Fc'],
    ['ws://h:1/', undefined, 'ws://h:1/a%20b%2Fc'],
    ['ws://h:1/{room}', 't&1', 'ws://h:1/a%20b%2Fc?token=t%261'],
    ['wss://h/x/{room}/y?z=1', 't', 'wss://h/x/a%20b%2Fc/y?z=1&token=t'],
    ['ws://h/x?doc={room}', undefined, 'ws://h/x?doc=a%20b%2Fc'],
  ]
  for (const [url, token, expected] of cases) {
    const endpoint = await createDialect('y-websocket', { url, token }).locate('a b/c')
    assert.deepEqual(endpoint, { url: expected, headers: {}, room: 'a b/c' })
  }
  const { headers } = await createDialect('y-websocket', {
    url: 'ws://h',
    cookie: 'a=b',
    origin: 'http://o',
  }).locate('r')
  assert.deepEqual(headers, { cookie: 'a=b', origin: 'http://o' })
})

test('a refusal of y-protocols is told with its reason; in Jupyter its number means something else', () => {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 2)
  writePermissionDenied(encoder, 'not yours')
  const bytes = encoding.toUint8Array(encoder)
  const decode = (protocol: 'y-websocket' | 'jupyter') =>
    createDialect(protocol, { url: 'ws://h' }).decode(bytes)
  assert.deepEqual(decode('y-websocket'), { kind: 'denied', reason: 'not yours' })
  assert.deepEqual(decode('jupyter'), { kind: 'other' })
})
