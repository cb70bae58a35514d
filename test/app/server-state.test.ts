/** The whole server with the process driver: stopped while people type, and started again. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as decoding from 'lib0/decoding'
import { WebSocket } from 'ws'
import { stringify } from 'yaml'
import * as Y from 'yjs'
import type { StateAnswer } from '../../src/http/routes/server-state-schema.ts'
import { encodeUpdate } from '../../src/protocol/encode.ts'
import { hashToken } from '../identity/gate-fixture.ts'
import { NAVIGATION, httpGet } from '../support/http-get.ts'
import { CliProcess } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const DISK_LAB = fileURLToPath(new URL('../support/disk-lab.mjs', import.meta.url))

type Served = {
  readonly cli: CliProcess
  readonly url: string
  readonly files: string
  readonly dataDir: string
  readonly state: (who?: string) => Promise<StateAnswer>
  readonly reaches: (phase: StateAnswer['phase']) => Promise<void>
  readonly ask: (path: string, who: string, options?: RequestInit) => Promise<Response>
  readonly kill: () => Promise<void>
}

/** `ada` owns, `grace` edits, `lin` reads, `sam` has no grant; everybody's token is `NAME-token`. */
async function serve(
  t: TestContext,
  folder: string,
  command: readonly string[] = [process.execPath, DISK_LAB],
): Promise<Served> {
  const files = join(folder, 'files')
  const dataDir = join(folder, 'data')
  const config = join(folder, 'outrigger.yaml')
  await mkdir(files, { recursive: true })
  const people = ['ada', 'grace', 'lin', 'sam']
  const settings = {
    server: { port: 0 },
    data: { dir: dataDir },
    users: people.map((name) => ({ name, tokens: [hashToken(`${name}-token`)] })),
    resource: {
      name: 'lab',
      owner: 'user:ada',
      viewers: [{ user: 'grace' }, { user: 'lin', access: 'read' }],
    },
    jupyter: { driver: 'process', command, root: files },
  }
  await writeFile(config, stringify(settings))
  const cli = new CliProcess(['serve', '--config', config])
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    cli.child.kill(signal)
    await cli.ended
  }
  t.after(() => end('SIGTERM'))
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1] ?? ''
  const ask = async (path: string, who: string, options: RequestInit = {}): Promise<Response> =>
    await fetch(new URL(path, url), { ...options, headers: { authorization: `token ${who}-token` } })
  const state = async (who = 'ada'): Promise<StateAnswer> =>
    (await (await ask('outrigger/api/v1/resources/lab/state', who)).json()) as StateAnswer
  const reaches = async (phase: StateAnswer['phase']): Promise<void> =>
    await until(async () => (await state()).phase === phase, 20_000, phase)
  return { cli, url, files, dataDir, ask, state, reaches, kill: () => end('SIGKILL') }
}

async function tell({ ask }: Served, what: 'start' | 'stop', who = 'ada'): Promise<number> {
  return (await ask(`outrigger/api/v1/resources/lab/${what}`, who, { method: 'POST' })).status
}

type Tab = {
  readonly socket: WebSocket
  readonly text: Y.Text
  readonly closed: Promise<string>
  readonly address: string
}

/** A tab of JupyterLab with `note.txt` open, as a browser of that person. */
async function openTab({ ask, url }: Served, who: string): Promise<Tab> {
  const answer = await ask('api/collaboration/session/note.txt', who, {
    method: 'PUT',
    body: JSON.stringify({ format: 'text', type: 'file' }),
  })
  assert.ok(answer.ok, String(answer.status))
  const { fileId, sessionId } = (await answer.json()) as { fileId: string; sessionId: string }
  const address = `${url.replace('http', 'ws')}api/collaboration/room/text:file:${fileId}?sessionId=${sessionId}`
  const { socket, closed } = connect(address, who)
  const doc = new Y.Doc()
  let isSynced = false
  socket.on('message', (frame: Buffer) => {
    if (frame[0] !== 0 || frame[1] === 0) return
    Y.applyUpdate(doc, decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(2))), 'server')
    isSynced = true
  })
  await once(socket, 'open')
  socket.send(new Uint8Array([0, 0, 1, 0]))
  await until(() => isSynced)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'server') socket.send(encodeUpdate(update))
  })
  return { socket, text: doc.getText('source'), closed, address }
}

function connect(
  address: string,
  who: string,
  origin: string | undefined = new URL(address).origin.replace('ws', 'http'),
) {
  const socket = new WebSocket(address, {
    headers: { authorization: `token ${who}-token` },
    ...(origin === '' ? {} : { origin }),
  })
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => {})
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      response.resume()
      resolve(`HTTP ${response.statusCode}`)
    })
    socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`))
  })
  return { socket, closed }
}

test('[STATE-4] two people type, the owner stops the server, and everything is in the file and after the next start', async (t) => {
  const folder = await tempDir(t)
  const served = await serve(t, folder)
  await served.reaches('running')
  await writeFile(join(served.files, 'note.txt'), 'start')
  const [ada, grace] = [await openTab(served, 'ada'), await openTab(served, 'grace')]
  ada.text.insert(5, ' ada')
  await until(() => grace.text.toJSON() === 'start ada')
  grace.text.insert(9, ' grace')
  await until(() => ada.text.toJSON() === 'start ada grace')
  assert.equal(await tell(served, 'stop', 'grace'), 403)
  assert.equal(await tell(served, 'stop'), 202)
  for (const { closed } of [ada, grace]) {
    const [code, ...reason] = (await closed).split(' ')
    assert.equal(code, '1003')
    const dialog = JSON.parse(reason.join(' ')) as Record<string, unknown>
    assert.deepEqual([dialog['reason'], dialog['reloadable']], ['server_stopped', true])
  }
  await served.reaches('stopped')
  assert.equal((await served.state()).detail, 'ada stopped it.')
  assert.equal(await readFile(join(served.files, 'note.txt'), 'utf8'), 'start ada grace')

  assert.equal(await tell(served, 'start', 'lin'), 403)
  assert.equal(await tell(served, 'start'), 202)
  await served.reaches('running')
  assert.equal((await openTab(served, 'grace')).text.toJSON(), 'start ada grace')
})

test('[STATE-9] [STATE-10] while it is stopped pages say so, programs get 424, browsers a code once, and plain rooms go on', async (t) => {
  const served = await serve(t, await tempDir(t))
  await served.reaches('running')
  await writeFile(join(served.files, 'note.txt'), 'start')
  const { address } = await openTab(served, 'grace')
  await tell(served, 'stop')
  await served.reaches('stopped')

  const port = Number(new URL(served.url).port)
  const visit = (who: string) =>
    httpGet({ port, path: '/lab' }, { ...NAVIGATION, authorization: `token ${who}-token` })
  const page = await visit('lin')
  assert.equal(page.status, 424)
  assert.match(page.body, /The Jupyter server is stopped\./)
  assert.equal((await visit('sam')).status, 404)
  assert.equal((await httpGet({ port, path: '/lab' }, NAVIGATION)).status, 302)

  const session = { method: 'PUT', body: '{"format":"text","type":"file"}' }
  for (const [path, options] of [
    ['api/contents/note.txt', {}],
    ['api/collaboration/session/note.txt', session],
  ] as const) {
    const answer = await served.ask(path, 'grace', options)
    assert.deepEqual(
      [answer.status, ((await answer.json()) as { code: string }).code],
      [424, 'server_stopped'],
    )
    assert.equal((await served.ask(path, 'sam', options)).status, 404)
  }

  assert.match(await connect(address, 'grace').closed, /^4400 /)
  assert.equal(await connect(address, 'grace').closed, 'HTTP 424')
  assert.equal(await connect(address, 'lin', '').closed, 'HTTP 424')
  // Whoever comes with a session was in once, and is told by a dialog.
  assert.match(await connect(address, 'sam').closed, /^1003 .*This document is gone/)
  const plain = connect(`${served.url.replace('http', 'ws')}outrigger/rooms/plain`, 'grace')
  await once(plain.socket, 'open')
  plain.socket.close()
  // None of that started it.
  assert.equal((await served.state()).phase, 'stopped')
})

test('[STATE-1] [STATE-2] a crash of the server is shown and passes; after one of ours it is taken over, and a stop lasts', async (t) => {
  const folder = await tempDir(t)
  const first = await serve(t, folder)
  await first.reaches('running')
  await first.ask('die', 'ada').catch(() => undefined)
  await first.reaches('crashed')
  assert.match((await first.state('lin')).detail ?? '', /ended by itself/)
  await first.reaches('running')
  await first.kill()

  const second = await serve(t, folder)
  assert.equal((await second.state()).phase, 'running')
  const log = (await (await second.ask('outrigger/api/v1/resources/lab/log?lines=5', 'ada')).json()) as {
    lines: string[]
  }
  assert.deepEqual(log.lines.at(-1), 'at http://127.0.0.1/?token=…')
  await tell(second, 'stop')
  await second.reaches('stopped')
  await second.kill()

  const third = await serve(t, folder)
  assert.deepEqual(
    [(await third.state()).phase, (await third.state()).detail],
    ['stopped', 'ada stopped it.'],
  )
})

test('[STATE-6] a Jupyter that is away is shown as such, and gone on to when it comes', async (t) => {
  const folder = await tempDir(t)
  const { ContentsServer } = await import('../support/contents-server.ts')
  const contents = await ContentsServer.start()
  contents.faults.isDown = true
  const args = ['serve', '--auth', 'open', '--port', '0', '--data', join(folder, 'data')]
  const cli = new CliProcess(args, {
    environment: { OUTRIGGER_JUPYTER: contents.url, OUTRIGGER_JUPYTER_TOKEN: contents.token },
  })
  t.after(async () => {
    cli.child.kill('SIGKILL')
    await cli.ended
    await contents.close()
  })
  await cli.says('"msg":"ready"')
  const url = new URL(/"url":"(http[^"]+)"/.exec(cli.stdout)?.[1] ?? '')
  const page = (): Promise<{ status: number; body: string }> =>
    httpGet({ port: Number(url.port), path: '/base/lab' }, NAVIGATION)
  assert.equal((await page()).status, 502)
  assert.match((await page()).body, /The Jupyter server does not answer\./)
  contents.faults.isDown = false
  await until(async () => !/does not answer/.test((await page()).body), 10_000, 'Jupyter')
})

test('a command that does not exist ends with 1, and names the key', async (t) => {
  const folder = await tempDir(t)
  const cli = new CliProcess(['serve', '--auth', 'open', '--port', '0', '--data', join(folder, 'data')], {
    environment: { OUTRIGGER_JUPYTER_DRIVER: 'process', OUTRIGGER_JUPYTER_COMMAND: 'no-such-jupyter' },
  })
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr, /^outrigger: jupyter\.command: there is no no-such-jupyter on PATH/)
})
