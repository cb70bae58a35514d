import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import * as decoding from 'lib0/decoding'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { encodeUpdate } from '../../src/protocol/encode.ts'
import { ContentsServer } from '../support/contents-server.ts'
import { CliProcess } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

test('SIGTERM saves what was typed a moment ago, tells clients to come back, and ends in time', async (t) => {
  const contents = await ContentsServer.start()
  contents.put('note.txt', 'before')
  const data = join(await tempDir(t), 'data')
  const cli = new CliProcess(['serve', '--auth', 'open', '--port', '0', '--data', data], {
    environment: { OUTRIGGER_JUPYTER: contents.url, OUTRIGGER_JUPYTER_TOKEN: contents.token },
  })
  t.after(async () => {
    cli.child.kill('SIGKILL')
    await contents.close()
  })
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1] ?? ''
  const answer = await fetch(`${url}api/collaboration/session/note.txt`, {
    method: 'PUT',
    headers: { origin: new URL(url).origin },
    body: JSON.stringify({ format: 'text', type: 'file' }),
  })
  const { fileId, sessionId } = (await answer.json()) as { fileId: string; sessionId: string }
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}api/collaboration/room/text:file:${fileId}?sessionId=${sessionId}`,
  )
  const doc = new Y.Doc()
  socket.on('message', (frame: Buffer) => {
    if (frame[0] !== 0 || frame[1] !== 1) return
    Y.applyUpdate(doc, decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(2))))
  })
  await once(socket, 'open')
  socket.send(new Uint8Array([0, 0, 1, 0]))
  const text = doc.getText('source')
  await until(() => text.toJSON() === 'before')
  doc.on('update', (update: Uint8Array) => socket.send(encodeUpdate(update)))
  text.insert(6, ' and after')
  // Nobody waits for the autosave: it would come a second later.
  await new Promise((resolve) => socket.ping(undefined, undefined, resolve))
  await once(socket, 'pong')
  assert.equal(contents.text('note.txt'), 'before')
  const startedAt = performance.now()
  cli.child.kill('SIGTERM')
  const [code] = (await once(socket, 'close')) as [number]
  assert.equal(code, 1012)
  assert.equal(await cli.ended, 0, cli.stderr)
  assert.ok(performance.now() - startedAt < 10_000)
  assert.equal(contents.text('note.txt'), 'before and after')
})
