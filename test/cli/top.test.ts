/** The commands that look at a running server, against a real one. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { Command } from '../../src/cli/context.ts'
import { explain } from '../../src/cli/explain.ts'
import { profile } from '../../src/cli/profile.ts'
import type { TopFigures } from '../../src/cli/top/figures.ts'
import { top } from '../../src/cli/top.ts'
import { CliProcess, runCli } from '../support/run-cli.ts'
import { until } from '../support/until.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0

let server: CliProcess
let url = ''
let data = ''
let ownerToken = ''
let guestToken = ''
const cleanUps: (() => unknown)[] = []

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-test-'))
  cleanUps.push(() => rm(folder, { recursive: true, force: true }))
  data = join(folder, 'data')
  server = new CliProcess(['up', '--no-jupyter', '--port', '0', '--data', data])
  cleanUps.unshift(async () => {
    server.child.kill('SIGKILL')
    await server.ended
  })
  await server.says('Stop    Ctrl+C')
  const [owner, guest] = ['Owner', 'Viewer'].map(
    (who) => new URL(new RegExp(`${who} +(http\\S+)`).exec(server.stdout)?.[1] ?? ''),
  ) as [URL, URL]
  url = new URL('/', owner).href
  ownerToken = owner.searchParams.get('token') ?? ''
  guestToken = guest.searchParams.get('token') ?? ''
  await startTyping()
})

after(async () => {
  for (const task of cleanUps) await task()
})

/** Somebody types in the room `lobby`, 20 times a second. */
async function startTyping(): Promise<void> {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}outrigger/rooms`, 'lobby', doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
    params: { token: ownerToken },
  })
  const typing = setInterval(() => doc.getText('t').insert(0, 'x'), 50)
  cleanUps.unshift(() => {
    clearInterval(typing)
    provider.destroy()
    doc.destroy()
  })
  await until(() => provider.synced, 10_000, 'the room')
}

type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A command as `main.ts` runs it, in a pipe, in this process: starting one takes a second. */
async function run(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const said = { stdout: '', stderr: '' }
  const never = (): never => assert.fail('not to be called')
  const context = {
    args,
    environment,
    version: '0.0.0',
    print: (text: string) => (said.stdout += text),
    note: (text: string) => (said.stderr += `${text}\n`),
    isTerminal: false,
    exit: never,
    startApp: never,
    findLab: never,
    describeDocument: never,
  }
  try {
    return { code: await command(context), ...said }
  } catch (error) {
    const { exitCode, text } = explain(error, false)
    return { code: exitCode, stdout: said.stdout, stderr: `${said.stderr}outrigger: ${text}\n` }
  }
}

test('top prints one picture into a pipe, with rates, and ends', async () => {
  const { code, stdout, stderr } = await runCli(['top', '--url', url, '--data', data])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^Outrigger .* ready$/m)
  assert.match(stdout, /^People 1 in 1 tabs {3}1 connections/m)
  const edits = Number(/^lobby +1 +([\d.]+)/m.exec(stdout)?.[1])
  assert.ok(edits > 1, stdout)
  assert.ok(!stdout.includes('\u001b'))
})

test('top --json prints what it would draw', async () => {
  const environment = { OUTRIGGER_TOKEN: ownerToken }
  const { code, stdout } = await run(top, ['--json', '--url', url], environment)
  assert.equal(code, 0)
  const figures = JSON.parse(stdout) as TopFigures
  assert.ok((figures.perSecond.edits ?? 0) > 1 && (figures.times.commit.p50Ms ?? 0) > 0)
  assert.deepEqual(
    figures.rooms.map(({ name, people }) => [name, people]),
    [['lobby', 1]],
  )
})

test('without a token, and with that of a viewer, a local program sees rooms without names', async () => {
  for (const args of [[], ['--token', guestToken]]) {
    const { code, stdout } = await run(top, ['--once', '--url', url, ...args])
    assert.equal(code, 0)
    assert.ok(!stdout.includes('lobby'))
    assert.match(stdout, /^\([\w-]{8}\) +1 /m)
    assert.match(stdout, /Names of rooms are shown to those who manage/)
  }
})

test('the address of a page, as `up` prints it, will do', async () => {
  const address = `${url}outrigger/try?token=${ownerToken}`
  const { code, stdout } = await run(top, ['--once', '--url', address])
  assert.equal(code, 0)
  assert.match(stdout, /^lobby/m)
  assert.ok(!stdout.includes(ownerToken))
})

/** The command in a pseudo terminal of 100 by 30. */
function inTerminal(t: TestContext, args: readonly string[], environment: Record<string, string> = {}) {
  const command = [
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    join(ROOT, 'src/main.ts'),
    ...args,
  ]
  const line = `stty cols 100 rows 30; exec ${command.map((part) => `'${part}'`).join(' ')}`
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TERM: 'xterm',
      SHELL: '/bin/sh',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const terminal = { child, output: '' }
  child.stdout.on('data', (chunk: Buffer) => (terminal.output += chunk.toString()))
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  })
  return terminal
}

const ENTERED = '\u001b[?1049h'
const LEFT = '\u001b[?25h\u001b[?1049l'

test('in a terminal top draws each second, takes keys, and gives the terminal back', async (t) => {
  if (!HAS_SCRIPT) return t.skip('there is no `script` here to make a terminal')
  const terminal = inTerminal(t, ['top', '--url', url, '--token', ownerToken])
  await until(() => terminal.output.includes('lobby'), 20_000, 'the first picture')
  assert.ok(terminal.output.startsWith(ENTERED))
  // Rates need a second look.
  await until(() => /lobby +1 +[1-9]/.test(stripVTControlCharacters(terminal.output)), 20_000, 'rates')
  terminal.child.stdin.write('m')
  await until(() => terminal.output.includes('SIZE*'), 10_000, 'another order')
  for (const picture of terminal.output.split('\u001b[H').slice(1, -1))
    for (const line of picture.split(/\r+\n/)) assert.ok(stripVTControlCharacters(line).length <= 100, line)
  assert.ok(!terminal.output.includes(LEFT))
  terminal.child.stdin.write('q')
  const [code] = (await once(terminal.child, 'close')) as [number]
  assert.equal(code, 0)
  assert.ok(terminal.output.trimEnd().endsWith(LEFT), JSON.stringify(terminal.output.slice(-80)))
})

test('Ctrl+C ends it as well, and NO_COLOR leaves out colors', async (t) => {
  if (!HAS_SCRIPT) return t.skip('there is no `script` here to make a terminal')
  const terminal = inTerminal(t, ['top', '--url', url, '--token', ownerToken], { NO_COLOR: '1' })
  await until(() => terminal.output.includes('lobby'), 20_000, 'the first picture')
  // The picture has bold and inverse lines otherwise.
  for (const style of ['\u001b[1m', '\u001b[7m', '\u001b[0m']) assert.ok(!terminal.output.includes(style))
  terminal.child.stdin.write('\u0003')
  assert.deepEqual(await once(terminal.child, 'close'), [0, null])
  assert.ok(terminal.output.trimEnd().endsWith(LEFT))
})

test('profile writes a profile of the server, for its owner only', async () => {
  const args = ['--seconds', '1', '--url', url]
  const { code, stdout, stderr } = await runCli(['profile', ...args, '--data', data])
  assert.equal(code, 0, stderr)
  const { nodes } = JSON.parse(stdout) as { nodes: { callFrame: { url: string } }[] }
  assert.ok(nodes.some(({ callFrame }) => callFrame.url.includes('/src/')))
  for (const others of [[], ['--token', guestToken]]) {
    const refused = await run(profile, [...args, ...others])
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^outrigger: --token: .* Give the owner's token/m)
  }
})

test('what cannot be asked is one line with the fix, and a server that is away or another is told', async (t) => {
  const other = createServer((_request, response) => response.end('{"hello":"world"}'))
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const port = (other.address() as AddressInfo).port
  for (const [command, args, code, message] of [
    [top, ['--url', 'nonsense'], 2, /^outrigger: --url: nonsense is not the address of a server\. .*\n$/],
    [
      top,
      ['--url', 'http://127.0.0.1:1/'],
      1,
      /^outrigger: --url: no server answers at http.*outrigger up.*\n$/,
    ],
    [
      top,
      ['--url', `http://127.0.0.1:${port}/`],
      1,
      /^outrigger: --url: what answers .* is not Outrigger.*\n$/,
    ],
    [top, ['--url', `${url}no/such/base/`], 1, /^outrigger: --url: there is no Outrigger .* base URL.*\n$/],
    [top, ['--data', '/nonexistent'], 1, /^outrigger: --data: there is no up\.json in \/nonexistent.*\n$/],
    [profile, ['--seconds', '61'], 2, /^outrigger: --seconds: 61 is not .*\n$/],
  ] as const) {
    const result = await run(command, args)
    assert.equal(result.code, code, result.stderr)
    assert.match(result.stderr, message)
    assert.equal(result.stdout, '')
  }
})

test('OUTRIGGER_TOKEN does not keep a server from starting', async () => {
  const { code, stderr } = await runCli(['config', '--auth', 'open'], {
    environment: { OUTRIGGER_TOKEN: 'x' },
  })
  assert.equal(code, 0, stderr)
})

test('a server that goes away is waited for, with its last picture on the screen', async (t) => {
  if (!HAS_SCRIPT) return t.skip('there is no `script` here to make a terminal')
  const terminal = inTerminal(t, ['top', '--url', url, '--token', ownerToken])
  await until(() => terminal.output.includes('lobby'), 20_000, 'the first picture')
  server.child.kill('SIGKILL')
  await server.ended
  const isTold = (): boolean =>
    /Trying again: .*no server answers/.test(terminal.output.split('\u001b[H').at(-1) ?? '')
  await until(isTold, 10_000, 'the trouble')
  await until(
    () => (terminal.output.split('\u001b[H').at(-1) ?? '').includes('lobby'),
    5000,
    'the last picture',
  )
  terminal.child.stdin.write('q')
  assert.deepEqual(await once(terminal.child, 'close'), [0, null])
})
