import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isAlive } from '../../../src/jupyter/supervisor/lab-process.ts'
import {
  type JupyterSupervisor,
  SUPERVISOR_TIMES,
  type SupervisorStart,
  startJupyter,
} from '../../../src/jupyter/supervisor/supervisor.ts'
import { type FakeBehavior, fakeStarts, installFakeJupyter, setFakeBehavior } from '../../support/fake-lab.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'

const TIMES = {
  ...SUPERVISOR_TIMES,
  readyMs: 10_000,
  pollMs: 20,
  stopMs: 1_000,
  adoptMs: 2_000,
  firstBackoffMs: 10,
  maxBackoffMs: 40,
}

type Lab = {
  readonly folder: string
  readonly data: string
  readonly lines: string[]
  readonly start: (options?: {
    rootDir?: string
    times?: Partial<typeof TIMES>
    signal?: AbortSignal
  }) => Promise<SupervisorStart>
}

async function lab(t: TestContext, behavior: FakeBehavior = ''): Promise<Lab> {
  let folder = ''
  // Before the folder's own hook: it removes the list of what was started.
  t.after(async () => {
    for (const { pid } of await fakeStarts(folder)) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  folder = join(await tempDir(t), 'bin')
  const command = await installFakeJupyter(folder)
  await setFakeBehavior(folder, behavior)
  const data = join(dirname(folder), 'data')
  const lines: string[] = []
  return {
    folder,
    data,
    lines,
    start: async ({ rootDir = folder, times = {}, signal = new AbortController().signal } = {}) => {
      return startJupyter({
        command,
        environment: process.env,
        dataDir: data,
        rootDir,
        signal,
        report: (line) => lines.push(line),
        times: { ...TIMES, ...times },
      })
    },
  }
}

function running(started: SupervisorStart): JupyterSupervisor {
  assert.ok(started.isRunning, started.isRunning ? '' : started.reason)
  return started.supervisor
}

function statusOf(url: string, token: string): Promise<number> {
  return fetch(`${url}api/status`, { headers: { authorization: `token ${token}` } }).then(
    (response) => response.status,
    () => 0,
  )
}

test('[JUPYTER-S1] a started JupyterLab answers on loopback, only to a token that no command line shows', async (t) => {
  const { folder, data, start } = await lab(t)
  const supervisor = running(await start())
  assert.equal(supervisor.isAdopted, false)
  assert.match(supervisor.url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  assert.equal(await statusOf(supervisor.url, supervisor.token), 200)
  assert.equal(await statusOf(supervisor.url, 'another'), 403)
  const [started] = await fakeStarts(folder)
  assert.equal(started?.token, supervisor.token)
  assert.match(supervisor.token, /^[0-9a-f]{64}$/)
  assert.ok(!started?.args.join(' ').includes(supervisor.token))
  assert.equal(started?.cwd, folder)
  for (const arg of ['--no-browser', '--ServerApp.ip=127.0.0.1', '--ServerApp.port_retries=0']) {
    assert.ok(started?.args.includes(arg), arg)
  }
  assert.ok(started?.args.includes('--ServerApp.jpserver_extensions=jupyter_server_ydoc=False'))
  assert.equal((await stat(join(data, 'jupyter.json'))).mode & 0o777, 0o600)
  await supervisor.close()
})

test('[JUPYTER-S2] closing ends JupyterLab and forgets it', async (t) => {
  const { data, start } = await lab(t)
  const supervisor = running(await start())
  const pid = supervisor.pid ?? 0
  await Promise.all([supervisor.close(), supervisor.close()])
  assert.equal(isAlive(pid), false)
  await assert.rejects(stat(join(data, 'jupyter.json')), { code: 'ENOENT' })
})

test('[JUPYTER-S2] a JupyterLab that does not want to end is killed', async (t) => {
  const { start } = await lab(t, 'stubborn')
  const supervisor = running(await start({ times: { stopMs: 200 } }))
  const pid = supervisor.pid ?? 0
  await supervisor.close()
  assert.equal(isAlive(pid), false)
})

test('[JUPYTER-S3] the next run takes over the JupyterLab that a former run left behind', async (t) => {
  const { folder, start } = await lab(t)
  const first = running(await start())
  first.release()
  const second = running(await start())
  assert.equal(second.isAdopted, true)
  assert.deepEqual([second.pid, second.url, second.token], [first.pid, first.url, first.token])
  assert.equal((await fakeStarts(folder)).length, 1)
  const pid = second.pid ?? 0
  await second.close()
  assert.equal(isAlive(pid), false)
})

test('[JUPYTER-S3] a JupyterLab that serves another folder is ended, not taken over', async (t) => {
  const { folder, data, start } = await lab(t)
  const first = running(await start())
  first.release()
  const second = running(await start({ rootDir: data }))
  assert.equal(second.isAdopted, false)
  assert.equal(isAlive(first.pid ?? 0), false)
  assert.equal((await fakeStarts(folder))[1]?.cwd, data)
  await second.close()
})

for (const [what, change] of [
  ['a token that it refuses', { token: 'stolen' }],
  ['a port where nobody answers', { port: 1 }],
  ['a process that is gone', { pid: 2 ** 22 - 1 }],
  ['no sense', { pid: -1 }],
] as const) {
  test(`[JUPYTER-S4] a record with ${what} leads to a new JupyterLab, and the process is left alone`, async (t) => {
    const { data, start } = await lab(t)
    const first = running(await start())
    first.release()
    const file = join(data, 'jupyter.json')
    const record = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    await writeFile(file, JSON.stringify({ ...record, ...change }))
    const second = running(await start({ times: { adoptMs: 100 } }))
    assert.equal(second.isAdopted, false)
    assert.notEqual(second.pid, first.pid)
    assert.equal(isAlive(first.pid ?? 0), true)
    await second.close()
  })
}

test('[JUPYTER-S5] a JupyterLab that dies is started again at the same address with the same token', async (t) => {
  const { folder, lines, start } = await lab(t)
  const supervisor = running(await start())
  const { url, token, pid } = supervisor
  for (let round = 1; round <= 3; round += 1) {
    await fetch(`${url}die`).catch(() => undefined)
    await until(async () => (await fakeStarts(folder)).length === round + 1, 5_000, 'another start')
    await until(async () => (await statusOf(url, token)) === 200, 5_000, 'an answer')
    await until(() => supervisor.pid !== undefined, 5_000, 'the supervisor knowing it')
  }
  assert.notEqual(supervisor.pid, pid)
  assert.ok(lines.some((line) => line.includes('starting it again in 0.01 s')))
  assert.ok(
    lines.some((line) => line.includes('starting it again in 0.04 s')),
    lines.join('\n'),
  )
  assert.equal(lines.filter((line) => line === 'JupyterLab runs again.').length, 3)
  await supervisor.close()
  assert.equal(await statusOf(url, token), 0)
})

test('[JUPYTER-S5] a taken-over JupyterLab that dies is started again, too', async (t) => {
  const { folder, start } = await lab(t)
  running(await start()).release()
  const supervisor = running(await start())
  await fetch(`${supervisor.url}die`).catch(() => undefined)
  await until(async () => (await fakeStarts(folder)).length === 2, 5_000, 'another start')
  await until(() => supervisor.pid !== undefined, 5_000, 'the new process')
  await supervisor.close()
})

test('[JUPYTER-S5] closing while it waits to start JupyterLab again is prompt and starts nothing', async (t) => {
  const { folder, lines, start } = await lab(t)
  const supervisor = running(await start({ times: { firstBackoffMs: 60_000 } }))
  await fetch(`${supervisor.url}die`).catch(() => undefined)
  await until(() => lines.length > 0, 5_000, 'the report')
  await supervisor.close()
  assert.equal((await fakeStarts(folder)).length, 1)
})

for (const [behavior, reason] of [
  ['ends', /ended at once: ImportError: no module named lab \(see .*jupyter\.log\)/],
  ['other-token', /IdentityProvider\.token/],
  ['no-token', /switches the token off/],
  ['silent', /does not answer \(see .*jupyter\.log\)/],
] as const) {
  test(`[JUPYTER-S6] a JupyterLab that cannot be used (${behavior}) is ended and the reason told`, async (t) => {
    const { folder, data, start } = await lab(t, behavior)
    const started = await start({ times: { readyMs: behavior === 'silent' ? 300 : 10_000 } })
    assert.ok(!started.isRunning)
    assert.match(started.reason, reason)
    for (const { pid } of await fakeStarts(folder)) assert.equal(isAlive(pid), false)
    await assert.rejects(stat(join(data, 'jupyter.json')), { code: 'ENOENT' })
  })
}

test('[JUPYTER-S6] a command that does not exist is told, not thrown', async (t) => {
  const data = await tempDir(t)
  const started = await startJupyter({
    command: join(data, 'nothing'),
    environment: {},
    dataDir: data,
    rootDir: data,
    signal: new AbortController().signal,
    report: () => undefined,
    times: TIMES,
  })
  assert.ok(!started.isRunning)
  assert.match(started.reason, /cannot be started.*ENOENT/)
})

test('[JUPYTER-S6] aborting ends a start that is under way', async (t) => {
  const { folder, start } = await lab(t, 'silent')
  const abort = new AbortController()
  const starting = start({ signal: abort.signal })
  await until(async () => (await fakeStarts(folder)).length === 1, 5_000, 'the start')
  abort.abort()
  assert.equal((await starting).isRunning, false)
  assert.equal(isAlive((await fakeStarts(folder))[0]?.pid ?? 0), false)
})
