import assert from 'node:assert/strict'
import { appendFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ServerState } from '../../../src/jupyter/drivers/driver.ts'
import { ProcessDriver } from '../../../src/jupyter/drivers/process-driver.ts'
import { isAlive } from '../../../src/jupyter/supervisor/lab-process.ts'
import { type FakeBehavior, fakeStarts, setFakeBehavior } from '../../support/fake-lab.ts'
import { QUICK_LAB, labFolder } from '../../support/lab-folder.ts'
import { until } from '../../support/until.ts'

type Fixture = {
  readonly folder: string
  readonly dataDir: string
  readonly errors: unknown[]
  readonly open: (times?: Partial<typeof QUICK_LAB>) => Promise<ProcessDriver>
}

async function fixture(t: TestContext, behavior: FakeBehavior = ''): Promise<Fixture> {
  const { folder, command, dataDir } = await labFolder(t, behavior)
  const errors: unknown[] = []
  const opened: ProcessDriver[] = []
  t.after(async () => await Promise.all(opened.map((driver) => driver.close())))
  const open = async (times: Partial<typeof QUICK_LAB> = {}): Promise<ProcessDriver> => {
    const driver = await ProcessDriver.open({
      command,
      environment: process.env,
      dataDir,
      rootDir: folder,
      report: () => {},
      onError: (error) => errors.push(error),
      times: { ...QUICK_LAB, ...times },
    })
    opened.push(driver)
    return driver
  }
  return { folder, dataDir, errors, open }
}

async function reaches(driver: ProcessDriver, phase: ServerState['phase']): Promise<void> {
  await until(() => driver.state.phase === phase, 15_000, `${phase}, not ${driver.state.phase}`)
}

function phasesOf(driver: ProcessDriver): string[] {
  const phases: string[] = [driver.state.phase]
  driver.onChange(({ phase }) => {
    if (phases.at(-1) !== phase) phases.push(phase)
  })
  return phases
}

const nothing = { by: 'Ada', prepare: async () => undefined }

test('[STATE-1] a new server is started, and answers at the address that was known before', async (t) => {
  const { folder, open } = await fixture(t)
  const driver = await open()
  const { url, token } = driver
  assert.equal(driver.state.phase, 'starting')
  assert.notEqual(driver.state.progress?.sentence, undefined)
  await reaches(driver, 'running')
  const [started] = await fakeStarts(folder)
  assert.equal(started?.token, token)
  assert.equal(
    (await fetch(`${url}api/status`, { headers: { authorization: `token ${token}` } })).status,
    200,
  )
})

test('[STATE-1] a server that was stopped on purpose stays so when we start anew, and starts when asked', async (t) => {
  const { folder, open } = await fixture(t)
  const first = await open()
  await reaches(first, 'running')
  await first.stop(nothing)
  await reaches(first, 'stopped')
  assert.equal(first.state.detail, 'Ada stopped it.')
  assert.equal(isAlive((await fakeStarts(folder))[0]?.pid ?? 0), false)
  await first.close()
  const second = await open()
  assert.deepEqual({ ...second.state, since: 0 }, { phase: 'stopped', since: 0, detail: 'Ada stopped it.' })
  assert.equal((await fakeStarts(folder)).length, 1)
  await second.start()
  await reaches(second, 'running')
  await second.close()
  const third = await open()
  await reaches(third, 'running')
})

test('[STATE-1] a damaged note of a stop counts as a stop', async (t) => {
  const { folder, dataDir, open } = await fixture(t)
  const first = await open()
  await first.close()
  await writeFile(join(dataDir, 'jupyter-stopped.json'), '{"by"')
  const starts = (await fakeStarts(folder)).length
  const driver = await open()
  assert.equal(driver.state.phase, 'stopped')
  assert.equal((await fakeStarts(folder)).length, starts)
})

test('[STATE-1] a server that runs is taken over with its address; closing for a failed start leaves it alone', async (t) => {
  const { folder, open } = await fixture(t)
  const first = await open()
  await reaches(first, 'running')
  const { url, token } = first
  // As after our own crash: nobody ended it.
  const second = await open()
  assert.equal(second.state.phase, 'running')
  assert.deepEqual([second.url, second.token, second.isAdopted], [url, token, true])
  await second.close({ leavesAdopted: true })
  const [started] = await fakeStarts(folder)
  assert.equal(isAlive(started?.pid ?? 0), true)
  await first.close()
  assert.equal(isAlive(started?.pid ?? 0), false)
})

test('[STATE-1] a stop that our own crash interrupted is finished by the next run', async (t) => {
  const { folder, dataDir, open } = await fixture(t)
  const first = await open()
  await reaches(first, 'running')
  await writeFile(join(dataDir, 'jupyter-stopped.json'), '{"by":"Ada"}')
  const second = await open()
  await reaches(second, 'stopped')
  assert.equal(isAlive((await fakeStarts(folder))[0]?.pid ?? 0), false)
})

test('[STATE-2] a crash is shown, and the server started again at the same address', async (t) => {
  const { folder, open } = await fixture(t)
  const driver = await open({ firstBackoffMs: 300 })
  await reaches(driver, 'running')
  const phases = phasesOf(driver)
  const since = driver.state.since
  await fetch(`${driver.url}die`).catch(() => undefined)
  await reaches(driver, 'crashed')
  assert.equal(driver.state.detail, 'JupyterLab ended by itself.')
  assert.match(driver.state.progress?.sentence ?? '', /started again/)
  await reaches(driver, 'running')
  assert.ok(driver.state.since > since)
  assert.equal(driver.state.detail, undefined)
  assert.deepEqual(phases, ['running', 'crashed', 'running'])
  const [first, second] = await fakeStarts(folder)
  assert.deepEqual([second?.token, second?.args], [first?.token, first?.args])
})

test('[STATE-2] a server that does not come up is shown as crashed, and tried again until it does', async (t) => {
  const { folder, open } = await fixture(t, 'ends')
  const driver = await open()
  await reaches(driver, 'crashed')
  assert.equal(driver.state.detail, 'JupyterLab does not start; its log says why.')
  assert.match((await driver.logTail(5)).join('\n'), /ImportError/)
  await until(async () => (await fakeStarts(folder)).length >= 3)
  await setFakeBehavior(folder, '')
  await reaches(driver, 'running')
})

test('[STATE-3] a start during a stop runs after it', async (t) => {
  const { folder, open } = await fixture(t)
  const driver = await open()
  await reaches(driver, 'running')
  const phases = phasesOf(driver)
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await driver.stop({ by: 'Ada', prepare: () => held.then(() => undefined) })
  await reaches(driver, 'stopping')
  await driver.start()
  assert.equal(driver.state.phase, 'stopping')
  release()
  await until(async () => (await fakeStarts(folder)).length === 2)
  await reaches(driver, 'running')
  assert.deepEqual(phases, ['running', 'stopping', 'stopped', 'starting', 'running'])
})

test('[STATE-3] a stop during a start ends it, also one that is pausing after a crash', async (t) => {
  for (const behavior of ['silent', 'ends'] as const) {
    const { folder, open } = await fixture(t, behavior)
    const driver = await open({ firstBackoffMs: 60_000 })
    await until(async () => (await fakeStarts(folder)).length === 1)
    await driver.stop(nothing)
    await reaches(driver, 'stopped')
    assert.equal(isAlive((await fakeStarts(folder))[0]?.pid ?? 0), false, behavior)
  }
})

test('[STATE-3] repeating a wish changes nothing', async (t) => {
  const { folder, open } = await fixture(t)
  const driver = await open()
  await driver.start()
  await reaches(driver, 'running')
  await driver.start()
  let prepared = 0
  const request = { by: 'Ada', prepare: async () => void (prepared += 1) }
  await Promise.all([driver.stop(request), driver.stop(request)])
  await reaches(driver, 'stopped')
  await driver.stop(request)
  assert.equal(prepared, 1)
  assert.equal((await fakeStarts(folder)).length, 1)
})

test('[STATE-4] what has to be done before the end is done while it still runs, and what it says is kept', async (t) => {
  const { folder, open } = await fixture(t)
  const driver = await open()
  await reaches(driver, 'running')
  const seen: unknown[] = []
  await driver.stop({
    by: 'Ada',
    prepare: async () => {
      seen.push(driver.state.phase, isAlive((await fakeStarts(folder))[0]?.pid ?? 0))
      return '1 file could not be saved.'
    },
  })
  await reaches(driver, 'stopped')
  assert.deepEqual(seen, ['stopping', true])
  assert.equal(driver.state.detail, 'Ada stopped it. 1 file could not be saved.')
})

test('[STATE-4] a failure before the end does not keep the server from being stopped', async (t) => {
  const { errors, open } = await fixture(t)
  const driver = await open()
  await reaches(driver, 'running')
  await driver.stop({ by: 'Ada', prepare: () => Promise.reject(new Error('no')) })
  await reaches(driver, 'stopped')
  assert.match(driver.state.detail ?? '', /Not every document could be saved/)
  assert.equal(errors.length, 1)
})

test('[STATE-3] closing ends the server in whatever it is doing, and refuses what comes after', async (t) => {
  for (const behavior of ['', 'silent', 'ends'] as const) {
    const { folder, open } = await fixture(t, behavior)
    const driver = await open()
    await until(async () => (await fakeStarts(folder)).length >= 1)
    await Promise.all([driver.close(), driver.close()])
    for (const { pid } of await fakeStarts(folder)) assert.equal(isAlive(pid), false, behavior)
    await assert.rejects(driver.start(), { code: 'draining' })
  }
})

test('[STATE-11] the log is told from its end, bounded and without the token', async (t) => {
  const { dataDir, open } = await fixture(t)
  const driver = await open()
  await reaches(driver, 'running')
  const file = join(dataDir, 'jupyter.log')
  await appendFile(file, `${'x'.repeat(300_000)}\nat http://127.0.0.1/?token=${driver.token}\nlast\n`)
  assert.ok((await stat(file)).size > 300_000)
  assert.deepEqual(await driver.logTail(2), ['at http://127.0.0.1/?token=…', 'last'])
  assert.deepEqual(await driver.logTail(1000), ['at http://127.0.0.1/?token=…', 'last'])
})
