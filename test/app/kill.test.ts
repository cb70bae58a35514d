/** The promise of the whole, from outside: what anybody has seen survives a `kill -9`. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { CliProcess } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CYCLES = 4

function client(url: string) {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}outrigger/rooms`, 'kept', doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  })
  return {
    provider,
    text: doc.getText('text'),
    close() {
      provider.destroy()
      doc.destroy()
    },
  }
}

async function serve(t: TestContext, data: string) {
  const cli = new CliProcess(['serve', '--auth', 'open', '--port', '0', '--data', data])
  t.after(() => cli.child.kill('SIGKILL'))
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1]
  assert.ok(url !== undefined)
  return { cli, url }
}

test('what a peer has seen is there after kill -9, even when every client is gone', async (t) => {
  const data = join(await tempDir(t), 'data')
  let kept = ''
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    const { cli, url } = await serve(t, data)
    const ann = client(url)
    const bob = client(url)
    await until(() => ann.provider.synced && bob.provider.synced)
    assert.ok(ann.text.toJSON().startsWith(kept), `cycle ${cycle} lost something that bob had seen`)
    const before = ann.text.length
    const typing = setInterval(() => ann.text.insert(ann.text.length, `${ann.text.length}.`), 1)
    // In the midst of it: while some edits are on their way and others are being written.
    await until(() => bob.text.length > before + 200)
    cli.child.kill('SIGKILL')
    await cli.ended
    clearInterval(typing)
    await until(() => !bob.provider.wsconnected)
    kept = bob.text.toJSON()
    ann.close()
    bob.close()
  }
  const { cli, url } = await serve(t, data)
  const carol = client(url)
  await until(() => carol.provider.synced)
  assert.ok(carol.text.toJSON().startsWith(kept))
  carol.close()
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0, cli.stderr)
})
