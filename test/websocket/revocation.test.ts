import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import type { Grant } from '../../src/access/model.ts'
import { AccessWatch } from '../../src/identity/access-watch.ts'
import { usersIdentity } from '../../src/identity/identity.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { SECRET, USERS, usersOptions } from '../identity/gate-fixture.ts'
import { createSessions } from '../../src/identity/session-cookie.ts'
import { jupyterSpec, startRoomServer } from '../support/room-server.ts'
import { SocketClient } from '../support/socket-client.ts'
import { testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

const NOBODY = { name: 'jupyter', owner: 'user:ada', viewers: [] } as const
const EDITOR: Grant = { subject: 'user:lin', access: 'edit' }
const READER: Grant = { subject: 'user:lin', access: 'read' }
const DIALOG = '{"reason":"access_revoked","reloadable":false,"errorReason":"Your access was removed."}'
const SIGN_IN_DIALOG = '{"reason":"access_revoked","reloadable":true,"errorReason":"Sign in again."}'

/** Ada owns, Lin may edit; real identities, real sockets, real grants that change. */
async function fixture(t: TestContext) {
  const resource = new LiveResource({ resource: NOBODY, groups: {} })
  resource.setAdded([EDITOR])
  const { gate, directory } = usersIdentity(usersOptions({ resource }))
  const errors: unknown[] = []
  const watch = new AccessWatch({ judge: gate, renewMs: 60_000, onError: (error) => errors.push(error) })
  t.after(() => watch.close())
  resource.onChange(() => watch.reconsider())
  const server = await startRoomServer(t, { gate, watch, hasJupyterRooms: true })
  const plain = (name: string): SocketClient => new SocketClient(t, `${server.url}/demo?token=${name}-token`)
  const { lineage } = await server.rooms.open(jupyterSpec('notebook'))
  const address = `ws://127.0.0.1:${server.port}/api/collaboration/room/notebook?sessionId=${lineage}`
  const browser = { origin: `http://127.0.0.1:${server.port}` }
  const lab = (name: string): SocketClient => new SocketClient(t, `${address}&token=${name}-token`, browser)
  /** Everything that a server which starts now would find. */
  const stored = async (document = testDocument()): Promise<string> => {
    const found = await server.store.load(document)
    const doc = new Y.Doc()
    if (found?.snapshot !== undefined) Y.applyUpdate(doc, found.snapshot)
    for (const { bytes } of found?.tail ?? []) Y.applyUpdate(doc, bytes)
    return doc.getText('source').toJSON()
  }
  return { resource, directory, watch, server, plain, lab, stored, address, browser }
}

async function synced(...clients: readonly SocketClient[]): Promise<void> {
  await until(() => clients.every(({ isSynced }) => isSynced))
}

test('[ACCESS-41] [ACCESS-43] access removed while typing: nothing that comes later is shown or stored', async (t) => {
  const { resource, watch, plain, stored } = await fixture(t)
  const [ada, lin] = [plain('ada'), plain('lin')]
  await synced(ada, lin)
  lin.appear()
  await until(() => ada.sees(lin))
  for (let i = 0; i < 200; i += 1) lin.text.insert(lin.text.length, 'a')
  await until(() => ada.text.length > 50)
  resource.setAdded([])
  for (let i = 0; i < 200; i += 1) lin.text.insert(lin.text.length, 'Z')
  await until(() => lin.closedWith !== undefined)
  assert.deepEqual(lin.closedWith, [4403, 'your access was removed'])
  await until(() => !ada.sees(lin))
  ada.text.insert(0, '.')
  await until(async () => (await stored()).startsWith('.'))
  assert.match(ada.text.toJSON(), /^\.a+$/)
  assert.equal(await stored(), ada.text.toJSON())
  assert.equal(watch.size, 1)
})

test('[ACCESS-40] a grant that ends by itself closes what it had opened', async (t) => {
  const { resource, plain } = await fixture(t)
  const lin = plain('lin')
  await synced(lin)
  resource.setAdded([{ ...EDITOR, expiresAt: Date.now() + 50 }])
  await until(() => lin.closedWith !== undefined)
  assert.deepEqual(lin.closedWith, [4403, 'your access was removed'])
})

test('[ACCESS-42] from edit to read and back on one socket, and nothing typed between is shown before', async (t) => {
  const { resource, lab, stored } = await fixture(t)
  const [ada, lin] = [lab('ada'), lab('lin')]
  await synced(ada, lin)
  lin.text.insert(0, 'one ')
  await until(() => ada.text.toJSON() === 'one ')
  resource.setAdded([READER])
  lin.text.insert(4, 'two ')
  await until(() => lin.rawMessages.length === 1)
  assert.deepEqual(lin.rawMessages, [{ type: 'conflict' }])
  ada.text.insert(0, 'zero ')
  await until(() => lin.text.toJSON().startsWith('zero '))
  assert.equal(await stored(jupyterSpec('notebook').document), 'zero one ')
  resource.setAdded([EDITOR])
  await until(() => ada.text.toJSON() === 'zero one two ')
  lin.text.insert(lin.text.length, 'three')
  await until(() => ada.text.toJSON() === 'zero one two three')
  assert.equal(lin.closedWith, undefined)
})

test('[ACCESS-43] [ACCESS-44] JupyterLab is told once, comes back to plain refusals, and is let in again', async (t) => {
  const { resource, lab, server } = await fixture(t)
  const lin = lab('lin')
  await synced(lin)
  resource.setAdded([])
  await until(() => lin.closedWith !== undefined)
  assert.deepEqual(lin.closedWith, [1003, DIALOG])
  for (let i = 0; i < 3; i += 1) {
    const back = lab('lin')
    await until(() => back.status !== undefined || back.closedWith !== undefined)
    assert.equal(back.status, 403)
  }
  resource.setAdded([EDITOR])
  const again = lab('lin')
  await synced(again)
  // A second removal is a second dialog.
  resource.setAdded([])
  await until(() => again.closedWith !== undefined)
  assert.deepEqual(again.closedWith, [1003, DIALOG])
  assert.deepEqual(server.errors, [])
})

test('[ACCESS-44] one that lost its access while it was away is told in words that its client shows, once', async (t) => {
  const { resource, lab, address, browser } = await fixture(t)
  resource.setAdded([])
  const lin = lab('lin')
  await until(() => lin.closedWith !== undefined)
  assert.equal(lin.closedWith?.[0], 1003)
  assert.match(lin.closedWith?.[1] ?? '', /"access_revoked"/)
  const back = lab('lin')
  await until(() => back.status !== undefined)
  assert.equal(back.status, 404)
  // Somebody else, with another proof of who it is, is told as well.
  const sam = lab('sam')
  await until(() => sam.closedWith !== undefined)
  assert.equal(sam.closedWith?.[0], 1003)
  const nobody = new SocketClient(t, address, browser)
  await until(() => nobody.closedWith !== undefined)
  assert.deepEqual(nobody.closedWith, [1003, SIGN_IN_DIALOG])
})

test('[ACCESS-40] a token that is no longer configured ends what it had opened, the other token of that user not', async (t) => {
  const { directory, watch, lab, plain } = await fixture(t)
  const [ada, lin] = [plain('ada'), lab('lin')]
  await synced(ada, lin)
  directory.replace(
    USERS.map((user) => (user.name === 'lin' ? { ...user, tokens: [`sha256:${'0'.repeat(64)}`] } : user)),
    {},
  )
  watch.reconsider()
  await until(() => lin.closedWith !== undefined)
  assert.deepEqual(lin.closedWith, [1003, SIGN_IN_DIALOG])
  const back = lab('lin')
  await until(() => back.status !== undefined)
  assert.equal(back.status, 401)
  ada.text.insert(0, 'still here')
  await ada.flushed()
  assert.equal(ada.closedWith, undefined)
})

test('[ACCESS-40] a cookie that is over ends what it had opened', async (t) => {
  const { server, address, browser } = await fixture(t)
  const [, digest = ''] = USERS.find(({ name }) => name === 'lin')?.tokens[0]?.split(':') ?? []
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 700, now: Date.now })
  const holder = { kind: 'user', user: 'lin', tokenPrefix: digest.slice(0, 16) } as const
  const facts = { host: `127.0.0.1:${server.port}`, isSecure: false, cookies: [] }
  const cookie = sessions.issue(facts, holder).split(';')[0] ?? ''
  const lin = new SocketClient(t, address, { ...browser, cookie })
  await synced(lin)
  await until(() => lin.closedWith !== undefined)
  assert.deepEqual(lin.closedWith, [1003, SIGN_IN_DIALOG])
})

test('[ACCESS-43] everybody who is removed at once is closed, with the others typing on', async (t) => {
  const { resource, plain, stored } = await fixture(t)
  const ada = plain('ada')
  const lins = Array.from({ length: 30 }, () => plain('lin'))
  await synced(ada, ...lins)
  resource.setAdded([])
  ada.text.insert(0, 'on I go')
  await until(() => lins.every(({ closedWith }) => closedWith?.[0] === 4403))
  await until(async () => (await stored()) === 'on I go')
  assert.ok(lins.every(({ text }) => text.length === 0))
})
