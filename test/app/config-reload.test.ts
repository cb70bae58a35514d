import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { stringify } from 'yaml'
import { CliProcess } from '../support/run-cli.ts'
import { SocketClient } from '../support/socket-client.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

type Settings = Readonly<Record<string, unknown>>

const hash = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`
const user = (name: string): Settings => ({ name, tokens: [hash(`${name}-token`)] })
const USERS = ['ada', 'lin', 'rea'].map(user)
const TEAM = {
  users: USERS,
  groups: { lab: ['lin'] },
  resource: { owner: 'user:ada', viewers: [{ group: 'lab' }, { user: 'rea' }] },
}

/** A real server on a real file. */
async function fixture(t: TestContext, settings: Settings = TEAM) {
  const folder = await tempDir(t)
  const file = join(folder, 'outrigger.yaml')
  /** As an editor does: a new file takes the place of the old one. */
  const write = async (changed: Settings | string): Promise<void> => {
    const text = typeof changed === 'string' ? changed : stringify({ ...fixed, ...changed })
    await writeFile(`${file}~`, text)
    await rename(`${file}~`, file)
  }
  const fixed = { server: { port: 0 }, data: { dir: join(folder, 'data') }, log: { format: 'json' } }
  await write(settings)
  // The environment says more than the file: at each reading again.
  const cli = new CliProcess(['serve', '--config', file], {
    environment: { OUTRIGGER_ROOMS_MAX_OPEN: '77' },
  })
  t.after(async () => {
    cli.child.kill('SIGKILL')
    await cli.ended
  })
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1] ?? ''
  const open = (name: string): SocketClient =>
    new SocketClient(t, `${url.replace('http', 'ws')}outrigger/rooms/demo?token=${name}-token`)
  /** The lines of the log that say this. */
  const logged = (text: string): Settings[] =>
    cli.stdout
      .split('\n')
      .filter((line) => line.includes(text))
      .map((line) => JSON.parse(line) as Settings)
  const statusOf = async (name: string): Promise<number> =>
    (await fetch(`${url}api/me`, { headers: { authorization: `token ${name}-token` } })).status
  return { cli, url, file, write, open, logged, statusOf }
}

const REFUSED = 'the configuration has faults'
const APPLIED = 'changes of the configuration are in force'

test('[ACCESS-47] a viewer, a group or a token that leaves the file ends its sockets at once, the others stay', async (t) => {
  const { write, open, statusOf, url } = await fixture(t)
  const [ada, lin, rea] = [open('ada'), open('lin'), open('rea')]
  await until(() => ada.isSynced && lin.isSynced && rea.isSynced)
  await write({ ...TEAM, groups: { lab: [] } })
  await until(() => lin.closedWith !== undefined)
  assert.deepEqual(lin.closedWith, [4403, 'your access was removed'])
  assert.deepEqual([await statusOf('ada'), await statusOf('lin'), await statusOf('rea')], [200, 403, 200])
  await write({ ...TEAM, users: USERS.map((one) => (one['name'] === 'rea' ? { ...one, tokens: [] } : one)) })
  await until(() => rea.closedWith !== undefined)
  assert.deepEqual(rea.closedWith, [4401, 'sign in again'])
  assert.deepEqual([await statusOf('lin'), await statusOf('rea')], [200, 401])
  ada.text.insert(0, 'x')
  await ada.flushed()
  assert.equal(ada.closedWith, undefined)
  const metrics = await fetch(`${url}outrigger/metrics`, {
    headers: { authorization: 'token ada-token' },
  })
  const text = await metrics.text()
  assert.match(text, /outrigger_config_reloads_total\{outcome="applied"\} 2/)
  assert.match(text, /outrigger_access_changes_total\{what="access_revoked"\} 1/)
  assert.match(text, /outrigger_access_changes_total\{what="session_expired"\} 1/)
})

test('[ACCESS-47] who is new in the file comes in, and what a viewer may do changes in place', async (t) => {
  const { write, open, statusOf } = await fixture(t)
  const [ada, lin] = [open('ada'), open('lin')]
  await until(() => ada.isSynced && lin.isSynced)
  await write({ ...TEAM, users: [...USERS, user('eve')], auth: { defaultViewerAccess: 'read' } })
  await until(async () => (await statusOf('eve')) === 404)
  for (let i = 0; lin.closedWith === undefined; i += 1) {
    lin.text.insert(0, 'x')
    await lin.flushed()
    assert.ok(i < 100, 'a reader who types is closed')
  }
  assert.deepEqual(lin.closedWith, [4403, 'read only'])
  assert.equal(ada.text.length, 0)
  assert.equal(await statusOf('lin'), 200)
})

test('[ACCESS-47] a file with faults changes nothing, and all its faults are told', async (t) => {
  const { cli, write, open, logged, file } = await fixture(t)
  const lin = open('lin')
  await until(() => lin.isSynced)
  await write({ users: [], groups: { lab: ['nobody'] }, resource: { viewers: [{ user: 'ghost' }] } })
  await cli.says(REFUSED)
  const [line] = logged(REFUSED)
  const faults = String(line?.['faults'])
  assert.match(faults, /auth\.mode/)
  assert.match(faults, /ghost/)
  assert.match(faults, /nobody/)
  assert.match(faults, new RegExp(`${file}:\\d+`))
  await write('users: [')
  await until(() => logged(REFUSED).length === 2)
  await lin.flushed()
  assert.equal(lin.closedWith, undefined)
  await write({ ...TEAM, groups: {}, resource: { owner: 'user:ada' } })
  await until(() => lin.closedWith !== undefined)
})

test('[ACCESS-47] another owner is refused with everything else that the file says', async (t) => {
  const { cli, write, open, logged, statusOf } = await fixture(t)
  const lin = open('lin')
  await until(() => lin.isSynced)
  await write({ ...TEAM, groups: { lab: [] }, resource: { owner: 'user:rea' } })
  await cli.says('owner_immutable')
  assert.match(String(logged(REFUSED)[0]?.['faults']), /resource\.owner/)
  assert.deepEqual([await statusOf('ada'), await statusOf('lin')], [200, 200])
  assert.equal(lin.closedWith, undefined)
})

function keysOf([line]: readonly Settings[]): string[] {
  return ((line?.['keys'] ?? []) as string[]).toSorted()
}

test('[ACCESS-47] keys that need a restart are named in one line, beside what is taken over', async (t) => {
  const { cli, write, logged, statusOf } = await fixture(t)
  await write({
    ...TEAM,
    groups: {},
    resource: { owner: 'user:ada' },
    rooms: { maxSessions: 5, maxOpen: 5 },
    limits: { pingMs: 9000 },
  })
  await cli.says(APPLIED)
  const lines = logged('need a restart')
  assert.equal(lines.length, 1)
  assert.deepEqual(keysOf(lines), ['limits.pingMs', 'rooms.maxSessions'])
  assert.deepEqual(keysOf(logged(APPLIED)), ['groups', 'resource.viewers'])
  assert.equal(await statusOf('lin'), 404)
})

test('[ACCESS-47] SIGHUP makes it read the file again, with the environment beating it as at the start', async (t) => {
  const { cli, url } = await fixture(t)
  const reloads = async (): Promise<number> => {
    const headers = { authorization: 'token ada-token' }
    const text = await (await fetch(`${url}outrigger/metrics`, { headers })).text()
    return Number(/config_reloads_total\{outcome="unchanged"\} (\d+)/.exec(text)?.[1])
  }
  assert.equal(await reloads(), 0)
  cli.child.kill('SIGHUP')
  await until(async () => (await reloads()) === 1)
  assert.doesNotMatch(cli.stdout, /need a restart/)
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
})
