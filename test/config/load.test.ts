import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { variableOf } from '../../src/config/environment.ts'
import { type Origin, formatOrigin } from '../../src/config/fault.ts'
import { grantLines, resourceOf } from '../../src/config/grants.ts'
import { gatherConfig, loadConfig, settleConfig, suppliedLayer } from '../../src/config/load.ts'
import { KEYS } from '../../src/config/schema.ts'
import { tempDir } from '../support/temp-dir.ts'

const HASH = `sha256:${'a'.repeat(64)}`
const OPEN = { auth: 'open' }

test('a flag beats the environment, which beats the file, which beats the command, which beats the default', async (t) => {
  const file = await write(
    t,
    'auth: {mode: open}\nserver: {port: 1}\nlog: {level: error}\ndata: {dir: ./file}\n',
  )
  const said = await gatherConfig({
    file,
    environment: { OUTRIGGER_PORT: '2', OUTRIGGER_LOG_LEVEL: 'warn' },
    flags: { port: '3' },
  })
  const supplied = suppliedLayer('outrigger up', { 'data.dir': './up', 'server.host': 'localhost' })
  const { config, origins } = settleConfig(said, [supplied])
  const found = (['server.port', 'log.level', 'data.dir', 'server.host', 'data.fsync'] as const).map((key) =>
    formatOrigin(origins.get(key) ?? ({ kind: 'default' } satisfies Origin)),
  )
  assert.deepEqual(found, ['--port', 'OUTRIGGER_LOG_LEVEL', `${file}:4`, 'outrigger up', 'default'])
  assert.equal(config.server.port, 3)
  assert.equal(config.log.level, 'warn')
  assert.equal(config.data.dir, './file')
  assert.equal(config.server.host, 'localhost')
  assert.equal(config.data.fsync, 'always')
})

test('every key that one text can hold has a variable of its own', async () => {
  const environment: Record<string, string> = { OUTRIGGER_JUPYTER_URL: 'http://h/' }
  const values: [string, string | number | boolean][] = []
  for (const [key, schema] of KEYS) {
    const { default: value } = schema
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    environment[variableOf(key)] = key === 'auth.mode' ? 'open' : String(value)
    values.push([key, key === 'auth.mode' ? 'open' : value])
  }
  assert.ok(values.length > 30)
  const { config, origins } = await loadConfig({ environment })
  for (const [key, value] of values) {
    const [section = '', name = ''] = key.split('.')
    const group = (config as unknown as Record<string, Record<string, unknown>>)[section]
    assert.equal(group?.[name], value, key)
    assert.equal(origins.get(key as never)?.kind, 'environment', key)
  }
})

test('the short variable of a flag beats the long one', async () => {
  const environment = { OUTRIGGER_SERVER_PORT: '1', OUTRIGGER_PORT: '2' }
  assert.equal((await loadConfig({ environment, flags: OPEN })).config.server.port, 2)
})

test('an empty variable counts as not set', async () => {
  const { config } = await loadConfig({ environment: { OUTRIGGER_PORT: '', OUTRIGGER_X: '' }, flags: OPEN })
  assert.equal(config.server.port, 8890)
})

test('variables that Kubernetes makes for a service called outrigger are not ours', async () => {
  const environment = {
    OUTRIGGER_PORT: 'tcp://10.0.0.1:8890',
    OUTRIGGER_PORT_8890_TCP: 'tcp://10.0.0.1:8890',
    OUTRIGGER_PORT_8890_TCP_ADDR: '10.0.0.1',
    OUTRIGGER_SERVICE_HOST: '10.0.0.1',
    OUTRIGGER_SERVICE_PORT: '8890',
    OUTRIGGER_SERVICE_PORT_HTTP: '8890',
  }
  assert.equal((await loadConfig({ environment, flags: OPEN })).config.server.port, 8890)
})

test('the variable OUTRIGGER_CONFIG names the file, and --config beats it', async (t) => {
  const file = await write(t, 'auth: {mode: open}\nserver: {port: 7}\n')
  const environment = { OUTRIGGER_CONFIG: file }
  assert.equal((await loadConfig({ environment })).config.server.port, 7)
  const other = await write(t, 'auth: {mode: open}\nserver: {port: 8}\n')
  assert.equal((await loadConfig({ environment, file: other })).config.server.port, 8)
})

test('a list of origins in the environment is separated by commas', async () => {
  const environment = { OUTRIGGER_SERVER_ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080' }
  const { config } = await loadConfig({ environment, flags: OPEN })
  assert.deepEqual(config.server.allowedOrigins, ['https://a.example', 'http://b.example:8080'])
})

test('an empty file and an empty section are fine', async (t) => {
  for (const text of ['', '# nothing\n', 'server:\nlog: {}\n']) {
    assert.equal(
      (await loadConfig({ environment: {}, file: await write(t, text), flags: OPEN })).config.server.port,
      8890,
    )
  }
})

test('the Jupyter address always ends in a slash', async () => {
  for (const url of [
    'http://h:8888',
    'http://h:8888/',
    'http://h:8888/user/ada',
    'http://h:8888/user/ada/',
  ]) {
    const { config } = await loadConfig({ environment: {}, flags: { ...OPEN, jupyter: url } })
    assert.ok(config.jupyter.url?.endsWith('/') && !config.jupyter.url.endsWith('//'), config.jupyter.url)
  }
})

test('the Jupyter token comes from its file without the line end, or from the environment', async (t) => {
  const file = await write(t, 'token-of-the-file\n')
  const flags = { ...OPEN, jupyter: 'http://h:8888', 'jupyter-token-file': file }
  const fromFile = await loadConfig({ environment: {}, flags })
  assert.equal(fromFile.config.jupyter.token, 'token-of-the-file')
  assert.deepEqual(fromFile.origins.get('jupyter.token'), { kind: 'file', file })
  const fromEnvironment = await loadConfig({ environment: { OUTRIGGER_JUPYTER_TOKEN: 'other' }, flags })
  assert.equal(fromEnvironment.config.jupyter.token, 'other')
})

test('open mode is accepted on every loopback address, and on the network when it is allowed', async () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) {
    assert.equal((await loadConfig({ environment: {}, flags: { ...OPEN, host } })).config.server.host, host)
  }
  const environment = { OUTRIGGER_SERVER_ALLOW_OPEN_ON_NETWORK: 'true' }
  const { config } = await loadConfig({ environment, flags: { ...OPEN, host: '0.0.0.0' } })
  assert.equal(config.server.allowOpenOnNetwork, true)
})

test('the configuration is frozen to its leaves', async (t) => {
  const file = await write(
    t,
    `users: [{name: ada, tokens: ["${HASH}"]}]\ngroups: {lab: [ada]}\nresource: {owner: group:lab}\n`,
  )
  const { config } = await loadConfig({ environment: {}, file })
  for (const value of [
    config,
    config.server,
    config.users,
    config.users[0],
    config.users[0]?.tokens,
    config.groups['lab'],
  ]) {
    assert.ok(Object.isFrozen(value))
  }
})

test('a viewer without access gets auth.defaultViewerAccess, and the banner says what it means', async (t) => {
  const file = await write(
    t,
    `users: [{name: ada, tokens: ["${HASH}"]}, {name: bob, tokens: []}, {name: cy, tokens: []}]
groups: {class: [cy]}
auth: {defaultViewerAccess: read}
resource: {name: course, owner: "user:ada", viewers: [{group: class}, {user: bob, access: edit, expires: "2027-01-31"}, {user: cy, access: none}]}
`,
  )
  const { config } = await loadConfig({ environment: {}, file })
  assert.deepEqual(resourceOf(config), {
    name: 'course',
    owner: 'user:ada',
    viewers: [
      { subject: 'group:class', access: 'read' },
      { subject: 'user:bob', access: 'edit', expiresAt: Date.UTC(2027, 0, 31) },
      { subject: 'user:cy', access: 'none' },
    ],
  })
  assert.deepEqual(grantLines(config), [
    'user:ada: owner, may do everything',
    'group:class: viewer, may only read',
    'user:bob: viewer, may edit and run, until 2027-01-31T00:00:00.000Z',
    'user:cy: kept out',
  ])
})

test('open mode has no resource, and the banner says so', async () => {
  const { config } = await loadConfig({ environment: {}, flags: OPEN })
  assert.equal(resourceOf(config), undefined)
  assert.match(grantLines(config).join(), /everybody/)
})

async function write(t: TestContext, text: string): Promise<string> {
  const file = join(await tempDir(t), 'config.yaml')
  await writeFile(file, text)
  return file
}
