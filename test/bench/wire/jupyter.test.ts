import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createDialect } from '../../../bench/wire/create-dialect.ts'
import { hashToken } from '../../../src/cli/token.ts'
import { ContentsServer } from '../../support/contents-server.ts'
import { CliProcess } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { LightMember } from './light-member.ts'

const TOKEN = 'ort_for-the-test'

/** Outrigger with sign-in, in front of a Jupyter whose own token nobody but Outrigger knows. */
async function startOutrigger(t: TestContext) {
  const contents = await ContentsServer.start()
  let cli: CliProcess | undefined
  t.after(async () => {
    cli?.child.kill('SIGKILL')
    await cli?.ended
    await contents.close()
  })
  const directory = await tempDir(t)
  const file = join(directory, 'outrigger.yaml')
  const config = {
    server: { port: 0 },
    data: { dir: join(directory, 'data') },
    log: { format: 'json' },
    users: [{ name: 'ada', tokens: [hashToken(TOKEN)] }],
    resource: { owner: 'user:ada' },
    jupyter: { url: contents.url },
  }
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config))
  cli = new CliProcess(['serve', '--config', file], {
    environment: { OUTRIGGER_JUPYTER_TOKEN: contents.token },
  })
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1] ?? ''
  return { contents, url }
}

test('light clients work on notebooks and files of a Jupyter server', async (t) => {
  const { contents, url } = await startOutrigger(t)
  const dialect = createDialect('jupyter', { url, token: TOKEN })
  const pairIn = async (room: string) => {
    const ann = await (await LightMember.join(t, dialect, room)).synced()
    const bob = await (await LightMember.join(t, dialect, room)).synced()
    return { ann, bob }
  }

  await t.test('a notebook that is not there is made, and opened by all', async () => {
    const { ann, bob } = await pairIn('bench-1')
    assert.deepEqual(contents.notebook('bench-1.ipynb').cells, [])
    assert.equal(ann.doc.getMap('meta').get('nbformat'), 4)
    ann.doc.getMap('meta').set('bench', 'was here')
    await until(() => bob.doc.getMap('meta').get('bench') === 'was here')
    ann.announce({ user: { name: 'somebody else' }, cursors: [] })
    const seen = () =>
      bob.others.getStates().get(ann.doc.clientID)?.['user'] as { username?: string } | undefined
    await until(() => seen() !== undefined)
    assert.equal(seen()?.username, 'ada')
  })

  await t.test('a text file that is not there is made, and its edits are saved', async () => {
    const { ann, bob } = await pairIn('tëxt 1.py')
    assert.equal(contents.text('tëxt 1.py'), '')
    ann.text.insert(0, 'print(1)')
    await until(() => bob.text.toJSON() === 'print(1)')
    await until(() => contents.text('tëxt 1.py') === 'print(1)')
  })

  await t.test('a file that is there is opened as it is', async () => {
    contents.put('there.txt', 'old words')
    const before = contents.counts.write
    const { bob } = await pairIn('there.txt')
    assert.equal(bob.text.toJSON(), 'old words')
    assert.equal(contents.counts.write, before)
  })

  await t.test('the room’s name is the server’s, and the address a websocket’s', async () => {
    const endpoint = await dialect.locate('bench-1')
    assert.match(endpoint.room, /^json:notebook:./)
    assert.ok(endpoint.url.startsWith(`${url.replace('http', 'ws')}api/collaboration/room/`))
    assert.match(endpoint.url, /\?sessionId=./)
  })

  await t.test('a wrong token is a rejection that names the address and writes nothing', async () => {
    const before = contents.counts.write
    const stranger = createDialect('jupyter', { url, token: 'wrong' })
    await assert.rejects(stranger.locate('bench-2'), (error: Error) => {
      assert.ok(error.message.includes(`${url}api/contents/bench-2.ipynb`), error.message)
      assert.match(error.message, /HTTP 40[13]/)
      return true
    })
    assert.equal(contents.counts.write, before)
  })

  await t.test('a server that does not answer is a rejection that names the address', async () => {
    const gone = await ContentsServer.start()
    const { url: address } = gone
    await gone.close()
    await assert.rejects(createDialect('jupyter', { url: address }).locate('a'), (error: Error) => {
      assert.ok(error.message.includes(`GET ${address}api/contents/a.ipynb`), error.message)
      assert.match(error.message, /ECONNREFUSED/)
      return true
    })
  })
})

test('a page to sign in at is not taken for an answer', async (t) => {
  const server = createServer((_request, response) => response.writeHead(302, { location: '/login' }).end())
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/user/ann/`
  await assert.rejects(createDialect('jupyter', { url }).locate('a'), (error: Error) => {
    assert.equal(error.message, `GET ${url}api/contents/a.ipynb: HTTP 302`)
    return true
  })
})
