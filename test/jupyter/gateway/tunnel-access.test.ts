import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import type { Access } from '../../../src/access/model.ts'
import { AccessWatch, type Holder } from '../../../src/identity/access-watch.ts'
import { type GatewayFixtureOptions, ask, gatewayFixture } from '../../support/gateway-fixture.ts'
import { person } from '../../support/room-client.ts'
import { until } from '../../support/until.ts'

const KERNEL = '/api/kernels/k-1/channels?session_id=s'
const TERMINAL = '/terminals/websocket/1'
const EVENTS = '/api/events/subscribe'

const ADMITTED = { ok: true, principal: person('ada'), access: 'edit', source: 'cookie' } as const

type Client = { readonly websocket: WebSocket; readonly messages: string[]; closedWith: number | undefined }

/** Ada, who may do what the test says at the moment. */
async function fixture(t: TestContext, options: GatewayFixtureOptions = {}) {
  let access: Access = 'edit'
  const watch = new AccessWatch({
    judge: { accessOf: () => access },
    renewMs: 60_000,
    onError: (error) => assert.fail(String(error)),
  })
  t.after(() => watch.close())
  const gateway = await gatewayFixture(t, { ...options, deps: { watch } })
  const open = (path: string): Client => {
    const websocket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`)
    const client: Client = { websocket, messages: [], closedWith: undefined }
    websocket.on('error', () => {})
    websocket.on('message', (data: Buffer) => client.messages.push(data.toString()))
    websocket.on('close', (code) => (client.closedWith = code))
    t.after(() => websocket.terminate())
    return client
  }
  const changeAccess = (changed: Access): void => {
    access = changed
    watch.reconsider()
  }
  return { ...gateway, watch, open, changeAccess }
}

async function answered(client: Client, text: string): Promise<void> {
  client.websocket.send(text)
  await until(() => client.messages.includes(text))
}

async function opened(...clients: readonly Client[]): Promise<void> {
  await until(() => clients.every(({ websocket }) => websocket.readyState === WebSocket.OPEN))
}

test('[ACCESS-45] kernels and terminals of somebody who may only read now end, and events stay', async (t) => {
  const { open, changeAccess, gateway, watch } = await fixture(t)
  const [kernel, terminal, events] = [open(KERNEL), open(TERMINAL), open(EVENTS)]
  await opened(kernel, terminal, events)
  for (const client of [kernel, terminal, events]) await answered(client, 'before')
  changeAccess('read')
  await until(() => kernel.closedWith !== undefined && terminal.closedWith !== undefined)
  await answered(events, 'after')
  changeAccess('none')
  await until(() => events.closedWith !== undefined)
  await until(() => gateway.stats().tunnelsOpen === 0)
  assert.equal(watch.size, 0)
})

test('[ACCESS-45] what is sent to a kernel after the removal never arrives there', async (t) => {
  const heard: string[] = []
  const { open, changeAccess, watch } = await fixture(t, {
    onSocket: (websocket) => {
      websocket.on('message', (data: Buffer) => {
        heard.push(data.toString())
        websocket.send(data.toString())
      })
    },
  })
  // Many are closed before it, so that its own close is some turns away.
  let closed = 0
  const other: Holder = {
    action: 'kernels.use',
    accessChanged: () => {},
    ended: () => {},
    close: () => void (closed += 1),
  }
  for (let i = 0; i < 1000; i += 1) watch.hold(ADMITTED, other)
  const kernel = open(KERNEL)
  await opened(kernel)
  await answered(kernel, 'before')
  changeAccess('none')
  for (let i = 0; i < 20; i += 1) kernel.websocket.send('after')
  await until(() => kernel.closedWith !== undefined)
  assert.equal(closed, 1000)
  assert.deepEqual(heard, ['before'])
})

test('[ACCESS-45] whoever is on the way into a tunnel when the access goes does not get in', async (t) => {
  let accept = (): void => {}
  const { open, changeAccess, upstream, gateway } = await fixture(t, {
    onUpgrade: (_request, socket) => {
      accept = () =>
        void socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
        )
    },
  })
  const kernel = open(KERNEL)
  await until(() => upstream.requests.length === 1)
  changeAccess('read')
  accept()
  await until(() => kernel.closedWith !== undefined)
  assert.equal(kernel.websocket.readyState, WebSocket.CLOSED)
  await until(() => gateway.stats().tunnelsOpen === 0)
})

test('[ACCESS-49] whoever was removed is told of a kernel that it is out of reach, not that it died', async (t) => {
  const { port } = await gatewayFixture(t, { gate: { refuseAll: 'access_revoked' } })
  const statuses = async (paths: readonly string[]): Promise<number[]> =>
    await Promise.all(paths.map(async (path) => (await ask({ port, path })).status))
  assert.deepEqual(await statuses(['/api/kernels/k-1', '/api/sessions/s-1']), [424, 424])
  assert.deepEqual(
    await statuses(['/api/kernels', '/api/kernels/k-1/x', '/api/contents', '/lab']),
    [403, 403, 403, 403],
  )
})
