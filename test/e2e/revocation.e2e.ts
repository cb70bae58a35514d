/**
 * Somebody is removed while everybody types, in real JupyterLab: by the owner, in the configuration
 * file. One dialog says why, and nobody else notices.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { parse, stringify } from 'yaml'
import { until } from '../support/until.ts'
import { Lab, startBrowser } from './lab.ts'
import {
  type Jupyter,
  type Person,
  type Server,
  freePort,
  startJupyter,
  startOutrigger,
  teamConfig,
} from './servers.ts'

const FILE = 'shared.ipynb'
const folder = mkdtempSync(join(tmpdir(), 'outrigger-e2e-'))
const files = join(folder, 'files')
let jupyter: Jupyter
let outrigger: Server
let browser: Browser
let url: string
let config: string
let tokens: Record<Person, string>
let ada: Lab
let lin: Lab
let rea: Lab

type Settings = { resource: { viewers: { user: string; access?: string }[] } }

const cell = (id: string, source: string): Record<string, unknown> => ({
  cell_type: 'code',
  execution_count: null,
  id,
  metadata: {},
  outputs: [],
  source,
})
const NOTEBOOK = {
  cells: [cell('ada', '# ada:'), cell('lin', '# lin:'), cell('run', '40 + 2')],
  metadata: { kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' } },
  nbformat: 4,
  nbformat_minor: 5,
}

/** As an editor does. */
function changeViewers(
  change: (viewers: Settings['resource']['viewers']) => Settings['resource']['viewers'],
) {
  const settings = parse(readFileSync(config, 'utf8')) as Settings
  settings.resource.viewers = change(settings.resource.viewers)
  writeFileSync(`${config}~`, stringify(settings))
  renameSync(`${config}~`, config)
}

/** Types until told to stop, whatever happens meanwhile. */
function typist(lab: Lab, text: string): { stop: () => Promise<void> } {
  let isStopped = false
  const work = (async () => {
    while (!isStopped) await lab.page.keyboard.type(text, { delay: 15 })
  })()
  return {
    stop: async () => {
      isStopped = true
      await work
    },
  }
}

function sourceOnDisk(index: number): string {
  try {
    const { cells } = JSON.parse(readFileSync(join(files, FILE), 'utf8')) as {
      cells: { source: string | string[] }[]
    }
    const source = cells[index]?.source ?? ''
    return Array.isArray(source) ? source.join('') : source
  } catch {
    return ''
  }
}

before(async () => {
  mkdirSync(files)
  writeFileSync(join(files, FILE), JSON.stringify(NOTEBOOK, undefined, 1))
  jupyter = await startJupyter({ folder: files })
  const port = await freePort()
  url = `http://127.0.0.1:${port}/`
  ;({ file: config, tokens } = teamConfig(folder, jupyter, port))
  outrigger = await startOutrigger(folder, config, url)
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await outrigger?.stop()
  await jupyter?.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('three people work in one notebook, with a kernel', async () => {
  ada = await Lab.open(browser, 'ada', { url, path: FILE, token: tokens.ada })
  lin = await Lab.open(browser, 'lin', { url, path: FILE, token: tokens.lin })
  rea = await Lab.open(browser, 'rea', { url, path: FILE, token: tokens.rea })
  await lin.run(2)
  await ada.sees('42', async () => (await ada.outputs()).some((text) => text.includes('42')), 60_000)
  await lin.type(1, 'end', ' hello')
  await ada.seesSource(1, 'hello')
  await ada.sees("lin's name", async () => (await ada.remoteNames()).includes('Lin Clark'))
  for (const lab of [ada, lin, rea]) assert.deepEqual(await lab.dialogs(), [], lab.name)
})

test('[ACCESS-41] [ACCESS-43] [ACCESS-44] removed while both type: one dialog that says why, and the owner types on', async () => {
  await lin.type(1, 'end', ' ')
  await ada.type(0, 'end', ' ')
  const typing = [typist(ada, 'a'), typist(lin, 'L')]
  await ada.sees('typing', async () => (await ada.sources())[1]?.includes('LLLLL') === true)
  const removedAt = performance.now()
  changeViewers((viewers) => viewers.filter(({ user }) => user !== 'lin'))
  await lin.sees('the dialog', async () => (await lin.dialogs()).length > 0)
  // For people who look at the run: what is promised is a second.
  console.log(`the dialog was there after ${Math.round(performance.now() - removedAt)} ms`)
  await typing[1]?.stop()
  await lin.screenshot('revoked-lin')
  await ada.sees('no cursor of lin', async () => !(await ada.remoteNames()).includes('Lin Clark'))
  const [, left] = await ada.sources()
  // Lin's client goes on trying all the while, and nothing of it comes through.
  await ada.page.waitForTimeout(5_000)
  await typing[0]?.stop()
  assert.equal((await ada.sources())[1], left)
  const dialogs = await lin.dialogs()
  assert.equal(dialogs.length, 1, JSON.stringify(dialogs))
  assert.match(dialogs[0] ?? '', /Your access was removed\./)
  assert.match((await ada.sources())[0] ?? '', /^# ada: a+$/)
  await until(async () => sourceOnDisk(0) === (await ada.sources())[0], 15_000, 'the save of the owner')
  assert.equal(sourceOnDisk(1), left)
  for (const lab of [ada, rea]) assert.deepEqual(await lab.dialogs(), [], lab.name)
})

test('[ACCESS-44] [ACCESS-49] once it is answered nothing else is asked, and a reload says what happened', async () => {
  await lin.page.locator('.jp-Dialog').getByRole('button', { name: 'Ok' }).click()
  // Longer than it takes JupyterLab to look for files, kernels and terminals again.
  const deadline = performance.now() + 25_000
  while (performance.now() < deadline) {
    assert.deepEqual(await lin.dialogs(), [])
    await lin.page.waitForTimeout(500)
  }
  await lin.page.reload()
  await lin.screenshot('revoked-lin-reloaded')
  assert.match(await lin.page.locator('body').innerText(), /Your access to this server was removed/)
})

test('[ACCESS-42] a reader who may edit from now on types without a reload, and as a reader again is told', async () => {
  const access = (level: string): void =>
    changeViewers((viewers) => viewers.map((one) => (one.user === 'rea' ? { ...one, access: level } : one)))
  access('edit')
  await until(
    () => readFileSync(join(folder, 'outrigger.log'), 'utf8').split('are in force').length === 3,
    10_000,
    'the change',
  )
  await rea.insert(1, ' rea types')
  await ada.seesSource(1, 'rea types')
  access('read')
  await until(
    () => readFileSync(join(folder, 'outrigger.log'), 'utf8').split('are in force').length === 4,
    10_000,
    'the change',
  )
  await rea.insert(1, ' not this')
  await rea.sees('a dialog', async () => (await rea.dialogs()).some((text) => /conflict/i.test(text)))
  await ada.type(0, 'end', ' done')
  await rea.seesSource(0, 'done')
  assert.doesNotMatch((await ada.sources())[1] ?? '', /not this/)
})
