/** What is granted while the server runs, in the whole server: on disk, and on sockets that are open. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import * as decoding from 'lib0/decoding'
import type { WebSocket } from 'ws'
import * as Y from 'yjs'
import { encodeUpdate } from '../../src/protocol/encode.ts'
import { type ManagedApp, type Name, managedApp } from '../support/managed-app.ts'
import { until } from '../support/until.ts'

const VIEWERS = 'resources/lab-server/viewers'

async function grant(app: ManagedApp, body: Record<string, unknown>): Promise<string> {
  const { json } = await app.ask('ada', 'POST', VIEWERS, body)
  return String(json?.['id'])
}

async function access(app: ManagedApp, name: Name): Promise<string> {
  const { status, json } = await app.ask(name, 'GET', 'resources/lab-server')
  return status === 200 ? String(json?.['access']) : String(status)
}

/** Somebody in the room, who has heard from it. */
async function inside(app: ManagedApp, name: Name): Promise<WebSocket> {
  const socket = app.join(name)
  await once(socket, 'message')
  return socket
}

async function closeOf(socket: WebSocket): Promise<string> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return `${code} ${reason.toString()}`
}

test('[ACCESS-50] grants outlive a restart', async (t) => {
  const first = await managedApp(t)
  const id = await grant(first, { subject: 'user:sam', access: 'edit' })
  await grant(first, { subject: 'user:eve', access: 'none' })
  const removed = await grant(first, { subject: 'group:lab', access: 'read' })
  assert.equal((await first.ask('ada', 'DELETE', `${VIEWERS}/${removed}`)).status, 204)
  const before = (await first.ask('ada', 'GET', VIEWERS)).json
  await first.close()
  const again = await managedApp(t, { directory: first.directory })
  assert.deepEqual((await again.ask('ada', 'GET', VIEWERS)).json, before)
  assert.equal(await access(again, 'sam'), 'edit')
  assert.equal(await access(again, 'eve'), '404')
  assert.equal((await again.ask('ada', 'DELETE', `${VIEWERS}/${id}`)).status, 204)
  assert.equal(await access(again, 'sam'), '403')
  await again.close()
})

test('[ACCESS-51] who is removed is out at once; nothing is applied after that', async (t) => {
  const app = await managedApp(t)
  const id = await grant(app, { subject: 'user:sam', access: 'edit' })
  const [ada, sam] = [await inside(app, 'ada'), await inside(app, 'sam')]
  const seen = new Y.Doc()
  ada.on('message', (frame: Buffer) => {
    if (frame[0] !== 0 || frame[1] !== 2) return
    Y.applyUpdate(seen, decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(2))))
  })
  const typed = new Y.Doc()
  typed.on('update', (update: Uint8Array) => sam.send(encodeUpdate(update)))
  typed.getText('t').insert(0, 'before')
  await until(() => seen.getText('t').toJSON() === 'before')
  const closed = closeOf(sam)
  assert.equal((await app.ask('ada', 'DELETE', `${VIEWERS}/${id}`)).status, 204)
  typed.getText('t').insert(6, ' and after')
  assert.match(await closed, /^4403 /)
  await assert.rejects(once(app.join('sam'), 'open'), /403/)
  assert.equal(seen.getText('t').toJSON(), 'before')
})

test('[ACCESS-51] a grant that is over ends what it had opened', async (t) => {
  const app = await managedApp(t)
  await grant(app, { subject: 'user:sam', access: 'edit', expires: '1s' })
  const sam = await inside(app, 'sam')
  assert.match(await closeOf(sam), /^4403 /)
  assert.equal(await access(app, 'sam'), '403')
  const { viewers } = (await app.ask('ada', 'GET', VIEWERS)).json as { viewers: { expired: boolean }[] }
  assert.equal(viewers.at(-1)?.expired, true)
})

test('[ACCESS-51] a lower grant changes a socket that is open, and a higher one, too', async (t) => {
  const app = await managedApp(t)
  const id = await grant(app, { subject: 'user:sam', access: 'read' })
  const [ada, sam] = [await inside(app, 'ada'), await inside(app, 'sam')]
  const frames: Buffer[] = []
  ada.on('message', (frame: Buffer) => frames.push(frame))
  const edit = (text: string): void => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, text)
    sam.send(encodeUpdate(Y.encodeStateAsUpdate(doc)))
  }
  const isSeen = (text: string): boolean => frames.some((frame) => frame.includes(text))
  assert.equal((await app.ask('ada', 'PATCH', `${VIEWERS}/${id}`, { access: 'edit' })).status, 200)
  edit('as an editor')
  await until(() => isSeen('as an editor'))
  await app.ask('ada', 'PATCH', `${VIEWERS}/${id}`, { access: 'read' })
  edit('as a reader')
  sam.ping()
  await once(sam, 'pong')
  await app.ask('ada', 'PATCH', `${VIEWERS}/${id}`, { access: 'edit' })
  edit('as an editor again')
  await until(() => isSeen('as an editor again'))
  assert.ok(!isSeen('as a reader'))
  assert.equal(sam.readyState, sam.OPEN)
})

test('[ACCESS-53] a server does not start with another owner than at first, and says what to do', async (t) => {
  const first = await managedApp(t)
  const { directory } = first
  await first.close()
  await assert.rejects(managedApp(t, { directory, owner: 'group:lab' }), (error: Error) => {
    assert.match(
      error.message,
      /^resource\.owner \(.*team\.yaml:\d+\): is group:lab, but "lab-server" belongs to/,
    )
    assert.match(error.message, /Set it back to user:ada\. For another server choose another resource\.name/)
    return true
  })
  // Nothing was left open or changed.
  const app = await managedApp(t, { directory })
  assert.equal(await access(app, 'ada'), 'manage')
  await app.close()
})
