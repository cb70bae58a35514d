import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { MessageType, Server } from '@hocuspocus/server'
import * as encoding from 'lib0/encoding'
import { WebSocket } from 'ws'
import { writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { createDialect } from '../../../bench/wire/create-dialect.ts'
import { until } from '../../support/until.ts'
import { LightMember } from './light-member.ts'

async function startHocuspocus(t: TestContext): Promise<string> {
  const server = new Server({
    address: '127.0.0.1',
    port: 0,
    quiet: true,
    stopOnSignals: false,
    async onAuthenticate({ token }) {
      // Without a text: the server would print it.
      if (token !== 'good') throw new Error()
    },
  })
  t.after(async () => await server.destroy())
  await server.listen()
  return `ws://127.0.0.1:${server.address.port}`
}

function provide(t: TestContext, url: string, name: string) {
  const document = new Y.Doc()
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
  const provider = new HocuspocusProvider({ websocketProvider, name, document, token: 'good' })
  provider.attach()
  t.after(() => {
    provider.destroy()
    websocketProvider.destroy()
    document.destroy()
  })
  return { provider, document, text: document.getText('source') }
}

test('a light client and the provider of Hocuspocus write into one document and see each other', async (t) => {
  const url = await startHocuspocus(t)
  const name = 'folder/döc 1'
  const { provider, document, text } = provide(t, url, name)
  text.insert(0, 'before')
  await until(() => provider.isSynced && !provider.hasUnsyncedChanges)

  const dialect = createDialect('hocuspocus', { url, token: 'good' })
  const light = await (await LightMember.join(t, dialect, name)).synced()
  assert.equal(light.text.toJSON(), 'before')
  text.insert(6, ' and during')
  await until(() => light.text.toJSON() === 'before and during')
  light.text.insert(0, 'light: ')
  await until(() => text.toJSON() === 'light: before and during')

  provider.setAwarenessField('user', { name: 'Ann' })
  await until(() => light.others.getStates().get(document.clientID)?.['user'] !== undefined)
  light.announce({ user: { name: 'Bob' } })
  const seen = () => provider.awareness?.getStates().get(light.doc.clientID)
  await until(() => seen() !== undefined)
  assert.deepEqual(seen(), { user: { name: 'Bob' } })
  assert.deepEqual(light.closes, [])
  assert.equal(light.denied, undefined)
  // This server passes on no state of null: who leaves closes the connection.
  light.leave()
  await until(() => seen() === undefined)
})

test('what a light client wrote before it joined reaches the document', async (t) => {
  const url = await startHocuspocus(t)
  const dialect = createDialect('hocuspocus', { url, token: 'good' })
  const light = await LightMember.join(t, dialect, 'demo')
  light.text.insert(0, 'written early')
  await light.synced()
  const { text } = provide(t, url, 'demo')
  await until(() => text.toJSON() === 'written early')
})

test('a refused token, and none, is told as denied and shows nothing', async (t) => {
  const url = await startHocuspocus(t)
  provide(t, url, 'demo').text.insert(0, 'secret')
  for (const token of ['bad', undefined]) {
    const light = await LightMember.join(t, createDialect('hocuspocus', { url, token }), 'demo')
    await until(() => light.denied !== undefined)
    assert.equal(light.denied, 'permission-denied')
    assert.ok(!light.isSynced)
    assert.equal(light.text.length, 0)
  }
})

test('a ping of the connection, which names no document, needs no answer', () => {
  const dialect = createDialect('hocuspocus', { url: 'ws://h' })
  assert.deepEqual(dialect.decode(Uint8Array.from([9])), { kind: 'other' })
})

test('a sync reply is read as a sync message is, and a close of the document as a refusal', () => {
  const dialect = createDialect('hocuspocus', { url: 'ws://h' })
  const about = (number: number, write: (encoder: encoding.Encoder) => void): Uint8Array => {
    const encoder = encoding.createEncoder()
    encoding.writeVarString(encoder, 'döc')
    encoding.writeVarUint(encoder, number)
    write(encoder)
    return encoding.toUint8Array(encoder)
  }
  const update = Y.encodeStateAsUpdate(new Y.Doc())
  for (const number of [MessageType.Sync, MessageType.SyncReply])
    assert.deepEqual(dialect.decode(about(number, (encoder) => writeUpdate(encoder, update))), {
      kind: 'update',
      update,
    })
  const close = about(MessageType.CLOSE, (encoder) => encoding.writeVarString(encoder, 'gone'))
  assert.deepEqual(dialect.decode(close), { kind: 'denied', reason: 'gone' })
})
