/**
 * Zero configuration beside a Jupyter that has a sign-in of its own: people sign in at Jupyter's real
 * page, through Outrigger, and work together.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { stringify } from 'yaml'
import { until } from '../support/until.ts'
import { Lab, startBrowser } from './lab.ts'
import { type Jupyter, type Server, freePort, startJupyter, startOutrigger } from './servers.ts'

const BASE_PATH = '/user/team/'
const FILE = 'demo.ipynb'
const folder = mkdtempSync(join(tmpdir(), 'outrigger-e2e-'))
const files = join(folder, 'files')
let jupyter: Jupyter
let outrigger: Server
let browser: Browser
let url: string
let ann: Lab
let bob: Lab

const CELL = { cell_type: 'code', execution_count: null, id: 'first', metadata: {}, outputs: [], source: [] }
const KERNEL = { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' }
const NOTEBOOK = { cells: [CELL], metadata: { kernelspec: KERNEL }, nbformat: 4, nbformat_minor: 5 }

before(async () => {
  mkdirSync(files)
  writeFileSync(join(files, FILE), JSON.stringify(NOTEBOOK))
  jupyter = await startJupyter({ folder: files, basePath: BASE_PATH })
  const port = await freePort()
  url = `http://127.0.0.1:${port}${BASE_PATH}`
  const config = join(folder, 'outrigger.yaml')
  const tokenFile = join(folder, 'jupyter-token')
  writeFileSync(tokenFile, jupyter.token, { mode: 0o600 })
  writeFileSync(
    config,
    stringify({
      server: { port },
      data: { dir: join(folder, 'data') },
      log: { level: 'debug' },
      auth: { sources: ['jupyter'] },
      jupyter: { url: jupyter.url, tokenFile },
    }),
  )
  outrigger = await startOutrigger(folder, config, url)
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await outrigger?.stop()
  await jupyter?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function whoIs(page: Page): Promise<{ username: string; name: string }> {
  const answer = await page.request.get(`${url}api/me`)
  return ((await answer.json()) as { identity: { username: string; name: string } }).identity
}

test("a person signs in at Jupyter's own page and comes back to the notebook", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(`${url}lab/tree/${FILE}`, { waitUntil: 'domcontentloaded' })
  const { pathname } = new URL(page.url())
  assert.equal(pathname, `${BASE_PATH}login`)
  ann = new Lab(page, 'ann')
  await ann.screenshot('jupyter-sign-in')
  await page.fill('#password_input', 'wrong')
  await page.click('#login_submit')
  await page.waitForSelector('.message.error, .alert-danger, #password_input')
  assert.equal(new URL(page.url()).pathname, `${BASE_PATH}login`)
  await page.fill('#password_input', jupyter.token)
  await page.click('#login_submit')
  await page.waitForSelector('.jp-Notebook .jp-Cell .cm-content', { timeout: 60_000 })
  assert.equal(new URL(page.url()).pathname, `${BASE_PATH}lab/tree/${FILE}`)
})

test('another one comes with a link, and they are two people who see each other type', async () => {
  bob = await Lab.open(browser, 'bob', { url, path: FILE, token: jupyter.token })
  assert.equal(new URL(bob.page.url()).searchParams.has('token'), false)
  const [first, second] = [await whoIs(ann.page), await whoIs(bob.page)]
  assert.notEqual(first.username, second.username)
  await ann.type(0, 'end', 'a = 1\n')
  await bob.seesSource(0, 'a = 1')
  await bob.type(0, 'end', 'b = 2\n')
  await ann.seesSource(0, 'b = 2')
  assert.deepEqual([...(await ann.dialogs()), ...(await bob.dialogs())], [])
  await ann.sees('the name of bob', async () => {
    const names = await ann.remoteNames()
    return names.some((name) => second.name.startsWith(name.trim()) || name.includes(second.name))
  })
  await until(() => readFileSync(join(files, FILE), 'utf8').includes('b = 2'), 15_000, 'the save')
})

test('code runs in the name of the caller, through its own sign-in', async () => {
  await ann.insert(0, 'print(a + b)\n')
  await ann.run(0)
  await ann.sees('the output', async () => (await ann.outputs()).some((text) => text.includes('3')), 60_000)
  await bob.sees('the output', async () => (await bob.outputs()).some((text) => text.includes('3')))
})

test('who signs out at Jupyter is out of the room, and the other one is not', async () => {
  await ann.page.goto(`${url}logout`, { waitUntil: 'domcontentloaded' })
  await ann.screenshot('jupyter-signed-out')
  const answer = await ann.page.request.get(`${url}api/me`, { headers: { accept: 'application/json' } })
  assert.equal(answer.status(), 401)
  await bob.type(0, 'end', '# still here\n')
  await until(() => readFileSync(join(files, FILE), 'utf8').includes('still here'), 15_000, 'the save')
  assert.deepEqual(await bob.dialogs(), [])
})

test('a wrong token is refused, and tokens are nowhere in the logs', async () => {
  const wrong = await fetch(`${url}api/contents/${FILE}`, { headers: { authorization: 'token wrong' } })
  assert.equal(wrong.status, 401)
  const right = await fetch(`${url}api/contents/${FILE}?content=0`, {
    headers: { authorization: `token ${jupyter.token}` },
  })
  assert.equal(right.status, 200)
  assert.equal(readFileSync(join(folder, 'outrigger.log'), 'utf8').includes(jupyter.token), false)
})
