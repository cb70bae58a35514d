/** `outrigger backup` and `outrigger export`, as an operator uses them. */
import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { CliProcess, runCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

function client(t: TestContext, url: string, room: string) {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}outrigger/rooms`, room, doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    maxBackoffTime: 200,
  })
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  return { provider, doc, text: doc.getText('text') }
}

async function serve(t: TestContext, data: string, port = '0') {
  const cli = new CliProcess(['serve', '--auth', 'open', '--port', port, '--data', data])
  t.after(() => cli.child.kill('SIGKILL'))
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1]
  assert.ok(url !== undefined)
  return { cli, url, port: new URL(url).port }
}

async function stop(cli: CliProcess): Promise<void> {
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0, cli.stderr)
}

describe('outrigger backup', () => {
  it('copies what a server is using; a client that has more heals the older copy', async (t) => {
    const folder = await tempDir(t)
    const [data, copy] = [join(folder, 'data'), join(folder, 'backups', 'one')]
    const first = await serve(t, data)
    const ann = client(t, first.url, 'kept')
    const bob = client(t, first.url, 'kept')
    await until(() => ann.provider.synced && bob.provider.synced)
    ann.text.insert(0, 'before the backup. ')
    await until(() => bob.text.length > 0)
    const typing = setInterval(() => ann.text.insert(ann.text.length, '.'), 5)
    t.after(() => clearInterval(typing))

    const { code, stdout, stderr } = await runCli(['backup', copy, '--data', data])
    clearInterval(typing)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /Copying the running server/)
    assert.match(stdout, /1 documents .*read back and compared/)
    assert.deepEqual(await readdir(join(folder, 'backups')), ['one'], 'nothing unfinished beside it')
    ann.text.insert(ann.text.length, ' after the backup')
    await until(() => bob.text.toJSON().endsWith('after the backup'))
    bob.provider.destroy()
    await stop(first.cli)
    await until(() => !ann.provider.wsconnected)

    // The data are lost; the same address serves the backup.
    const second = await serve(t, copy, first.port)
    const newcomer = client(t, second.url, 'kept')
    await until(() => newcomer.text.toJSON().endsWith('after the backup'), 20_000, 'healing')
    assert.equal(newcomer.text.toJSON(), ann.text.toJSON())
    ann.provider.destroy()
    newcomer.provider.destroy()
    await stop(second.cli)

    // And what it healed is in the store.
    const third = await serve(t, copy)
    const last = client(t, third.url, 'kept')
    await until(() => last.provider.synced)
    assert.equal(last.text.toJSON(), ann.text.toJSON())
  })

  it('copies a folder that no server uses, and copies the copy', async (t) => {
    const folder = await tempDir(t)
    const data = join(folder, 'data')
    const { cli, url } = await serve(t, data)
    const ann = client(t, url, 'kept')
    await until(() => ann.provider.synced)
    ann.text.insert(0, 'text')
    const bob = client(t, url, 'kept')
    await until(() => bob.text.toJSON() === 'text')
    ann.provider.destroy()
    bob.provider.destroy()
    await stop(cli)
    const once = await runCli(['backup', join(folder, 'once'), '--data', data])
    assert.equal(once.code, 0, once.stderr)
    assert.match(once.stderr, /which no server has open/)
    // By the environment, as in a container.
    const twice = await runCli(['backup', join(folder, 'twice')], {
      environment: { OUTRIGGER_DATA: join(folder, 'once') },
    })
    assert.equal(twice.code, 0, twice.stderr)
    const facts = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(folder, name, 'backup.json'), 'utf8')) as Record<string, unknown>
    const { madeAt, ...first } = await facts('once')
    const { madeAt: later, ...second } = await facts('twice')
    assert.deepEqual(second, first)
    assert.ok(String(later) > String(madeAt))
  })

  it('refuses a folder that is in use, and leaves nothing behind when it fails', async (t) => {
    const folder = await tempDir(t)
    const target = join(folder, 'target')
    await mkdir(target)
    await writeFile(join(target, 'thesis.txt'), 'mine')
    const data = join(folder, 'data')
    const { cli } = await serve(t, data)
    const used = await runCli(['backup', target, '--data', data])
    assert.equal(used.code, 1)
    assert.match(used.stderr, /target is there and not empty/)
    await stop(cli)
    const nothing = await runCli(['backup', join(folder, 'new'), '--data', join(folder, 'nothing')])
    assert.equal(nothing.code, 1)
    assert.match(nothing.stderr, /no data folder at/)
    // A lost database is found out before anything is made.
    await writeFile(join(data, 'leveldb', 'CURRENT'), 'rubbish')
    const broken = await runCli(['backup', join(folder, 'new'), '--data', data])
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /gone or incomplete/)
    assert.deepEqual((await readdir(folder)).toSorted(), ['data', 'target'])
    assert.deepEqual(await readdir(target), ['thesis.txt'])
  })

  it('needs one folder', async () => {
    for (const args of [['backup'], ['backup', 'a', 'b'], ['backup', 'a', '--dta', 'x']]) {
      const { code, stderr } = await runCli(args)
      assert.equal(code, 2, stderr)
    }
  })
})

describe('outrigger export', () => {
  it('writes what people are working on as files', async (t) => {
    const folder = await tempDir(t)
    const [data, target] = [join(folder, 'data'), join(folder, 'files')]
    const { cli, url } = await serve(t, data)
    const ann = client(t, url, 'a:b')
    const bob = client(t, url, 'a:b')
    await until(() => ann.provider.synced && bob.provider.synced)
    ann.text.insert(0, 'text')
    await until(() => bob.text.toJSON() === 'text')
    const { code, stdout, stderr } = await runCli(['export', target, '--data', data])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /1 documents are in /)
    const { documents } = JSON.parse(await readFile(join(target, 'index.json'), 'utf8')) as {
      documents: { document: string; files: string[] }[]
    }
    assert.deepEqual(documents, [
      { document: 'plain/a:b', files: ['rooms/plain/a%3Ab.bin', 'rooms/plain/a%3Ab.json'] },
    ])
    const [bin = '', json = ''] = documents[0]?.files ?? []
    const doc = new Y.Doc()
    Y.applyUpdate(doc, await readFile(join(target, bin)))
    assert.equal(doc.getText('text').toJSON(), 'text')
    assert.deepEqual(JSON.parse(await readFile(join(target, json), 'utf8')), { text: 'text' })
    assert.deepEqual((await readdir(target)).toSorted(), ['index.json', 'rooms'], 'no scratch copy is left')
    await stop(cli)
  })
})
