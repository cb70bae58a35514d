import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { type TestContext, after, test } from 'node:test'
import { CliProcess, type CliOptions, bundle } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'

const folder = await mkdtemp(join(tmpdir(), 'outrigger-test-'))
after(() => rm(folder, { recursive: true, force: true }))
const stubbed = await bundle('test/support/cli-with-stub-app.ts', folder)

function start(t: TestContext, args: readonly string[], options: CliOptions = {}): CliProcess {
  const cli = new CliProcess(args, { bundle: stubbed, ...options })
  t.after(() => cli.child.kill('SIGKILL'))
  return cli
}

const SERVE = ['serve', '--auth', 'open', '--port', '0']

test('SIGTERM closes the application and ends with 0', async (t) => {
  const cli = start(t, SERVE)
  await cli.says('"msg":"ready"')
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
  assert.match(cli.stderr, /stub closing\nstub closed\n$/)
})

test('SIGHUP makes serve read its configuration again, and it goes on', async (t) => {
  const cli = start(t, SERVE)
  await cli.says('"msg":"ready"')
  cli.child.kill('SIGHUP')
  await cli.says('stub reloading')
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
})

test('SIGHUP ends up, whose terminal is gone', async (t) => {
  const data = join(await tempDir(t), 'data')
  const cli = start(t, ['up', '--no-jupyter', '--port', '0', '--data', data])
  await cli.says('stub jupyter')
  await cli.says('http://127.0.0.1')
  cli.child.kill('SIGHUP')
  assert.equal(await cli.ended, 0)
  assert.match(cli.stderr, /stub closed/)
})

test('closing longer than server.drainMs is cut short and ends with 1', async (t) => {
  const cli = start(t, SERVE, { environment: { STUB_APP: 'hang', OUTRIGGER_SERVER_DRAIN_MS: '200' } })
  await cli.says('"msg":"ready"')
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr, /server\.drainMs \(200 ms\)/)
})

test('a second signal ends the process at once', async (t) => {
  const cli = start(t, SERVE, { environment: { STUB_APP: 'hang' } })
  await cli.says('"msg":"ready"')
  cli.child.kill('SIGTERM')
  await cli.says('stub closing')
  const asked = performance.now()
  cli.child.kill('SIGINT')
  assert.equal(await cli.ended, 130)
  assert.ok(performance.now() - asked < 5_000)
})

for (const [behavior, text] of [
  ['crash', 'stub crash'],
  ['reject', 'stub rejection'],
] as const) {
  test(`a fault that nobody caught (${behavior}) is reported and ends with 70`, async (t) => {
    const cli = start(t, SERVE, { environment: { STUB_APP: behavior } })
    assert.equal(await cli.ended, 70)
    assert.match(cli.stderr, new RegExp(`Fatal: Error: ${text}\n\\s+at `))
  })
}

test('a taken port ends with 1, names server.port and the fix', async (t) => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  t.after(() => holder.close())
  const { port } = holder.address() as { port: number }
  const cli = start(t, ['serve', '--auth', 'open', '--port', String(port)])
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr, new RegExp(`^outrigger: server.port: port ${port} on 127.0.0.1 is taken.*--port`))
})

test('an address of another machine ends with 1 and names server.host', async (t) => {
  const environment = { OUTRIGGER_SERVER_ALLOW_OPEN_ON_NETWORK: 'true' }
  for (const host of ['192.0.2.1', 'no-such-host.invalid']) {
    const cli = start(t, ['serve', '--auth', 'open', '--port', '0', '--host', host], { environment })
    assert.equal(await cli.ended, 1)
    assert.match(cli.stderr, /^outrigger: server\.host: .* is not an address of this machine/)
  }
})

test('a data folder that another process holds ends with 1 and names data.dir', async (t) => {
  const cli = start(t, SERVE, { environment: { STUB_APP: 'locked' } })
  assert.equal(await cli.ended, 1)
  assert.equal(cli.stderr, 'outrigger: data.dir: The data folder is in use.\n')
})

test('a data folder that cannot be made ends with 1 and names data.dir', async (t) => {
  const cli = start(t, ['up', '--no-jupyter', '--port', '0', '--data', '/dev/null/data'])
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr, /^outrigger: data\.dir: .*cannot be written \(ENOTDIR\).*--data FOLDER/)
})

test('serve announces itself as one JSON line where logs are JSON, and in words on a terminal', async (t) => {
  const machine = start(t, SERVE)
  await machine.says('"msg":"ready"')
  const line = JSON.parse(machine.stdout) as { url: string; grants: string[] }
  assert.match(line.url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  assert.match(line.grants.join(), /everybody/)
  const person = start(t, SERVE, { environment: { STUB_TERMINAL: 'yes' } })
  await person.says(/Outrigger 0\.0\.0 is ready at http:/)
  assert.match(person.stdout, /everybody/)
})

test('up without JupyterLab prints two addresses whose tokens survive a restart', async (t) => {
  const data = join(await tempDir(t), 'data')
  const printed: string[][] = []
  for (let round = 0; round < 2; round += 1) {
    const cli = start(t, ['up', '--no-jupyter', '--port', '0', '--data', data])
    await cli.says('Stop    Ctrl+C')
    const tokens = [...cli.stdout.matchAll(/\/outrigger\/try\?token=(ort_[\w-]{43})/g)].map(
      ([, token]) => token ?? '',
    )
    printed.push(tokens)
    assert.match(cli.stdout, /user:\S+: owner, may do everything\n/)
    assert.match(cli.stdout, /user:guest: viewer, may edit and run\n/)
    assert.match(cli.stdout, /changed at http:\/\/127\.0\.0\.1:\d+\/outrigger\/access\n/)
    assert.match(cli.stderr, /stub jupyter none/)
    cli.child.kill('SIGINT')
    assert.equal(await cli.ended, 0)
  }
  assert.equal(new Set(printed.flat()).size, 2)
  assert.deepEqual(printed[0], printed[1])
})

test('up without python3 and JupyterLab says so in one sentence and serves plain rooms', async (t) => {
  const folder = await tempDir(t)
  const cli = start(t, ['up', '--port', '0', '--data', join(folder, 'data')], {
    environment: { PATH: folder },
  })
  await cli.says('Stop    Ctrl+C')
  assert.match(
    cli.stderr,
    /^JupyterLab is not available: python3 is not on PATH\. Serving plain rooms only\.\n/,
  )
  assert.match(cli.stdout, /outrigger\/try\?token=/)
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
})

test('up with --auth open prints one address without a token', async (t) => {
  const data = join(await tempDir(t), 'data')
  const cli = start(t, ['up', '--no-jupyter', '--port', '0', '--auth', 'open', '--data', data])
  await cli.says('Stop    Ctrl+C')
  assert.match(cli.stdout, / Open {4}http:\/\/127\.0\.0\.1:\d+\/outrigger\/try\n/)
  assert.ok(!cli.stdout.includes('token='))
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
})
