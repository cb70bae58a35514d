/**
 * Outrigger runs JupyterLab itself: a page while it starts, the owner stops it while two people type,
 * starts it again from that page, and both go on with everything they had typed.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { SCREENSHOTS } from './environment.ts'
import { Lab, startBrowser } from './lab.ts'
import { type OwnLab, startOwnLab } from './own-lab.ts'
import type { Person } from './servers.ts'

const FILE = 'demo.ipynb'
const NOTEBOOK = {
  cells: [
    { cell_type: 'raw', id: 'first', metadata: {}, source: [] },
    { cell_type: 'raw', id: 'second', metadata: {}, source: [] },
  ],
  metadata: { kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' } },
  nbformat: 4,
  nbformat_minor: 5,
}

let server: OwnLab
let browser: Browser
let url: string
let tokens: OwnLab['tokens']
let ada: Lab
let lin: Lab

async function api(what: 'state' | 'start' | 'stop', who: Person): Promise<{ phase: string }> {
  const response = await fetch(`${url}outrigger/api/v1/resources/jupyter/${what}`, {
    method: what === 'state' ? 'GET' : 'POST',
    headers: { authorization: `token ${tokens[who]}` },
  })
  return (await response.json()) as { phase: string }
}

function diskSources(): string[] {
  const { cells } = JSON.parse(readFileSync(join(server.files, FILE), 'utf8')) as {
    cells: { source: string | string[] }[]
  }
  return cells.map(({ source }) => (Array.isArray(source) ? source.join('') : source))
}

before(async () => {
  server = await startOwnLab({ [FILE]: JSON.stringify(NOTEBOOK, undefined, 1) })
  ;({ url, tokens } = server)
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

test('while JupyterLab starts a page says so, and goes on to the notebook by itself', async () => {
  assert.equal((await api('state', 'lin')).phase, 'starting')
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${url}lab/tree/${FILE}?token=${tokens.lin}`)
  await page.getByRole('heading', { name: 'The Jupyter server is starting.' }).waitFor({ timeout: 3_000 })
  await page.screenshot({ path: join(SCREENSHOTS, 'server-starting.png') })
  await page.waitForSelector('.jp-Notebook .jp-Cell', { timeout: 60_000 })
  await page.context().close()
})

/** Types until it is over, a word at a time; no spaces, which would press the button of a dialog. */
async function typeOn(lab: Lab, word: string, isOver: () => boolean): Promise<void> {
  for (let count = 0; !isOver(); count += 1)
    await lab.page.keyboard.type(`${word}${count}.`, { delay: 15 }).catch(() => {})
}

test('two people type, the owner stops the server, and each is told by one dialog', async () => {
  const address = { url, path: FILE }
  ada = await Lab.open(browser, 'ada', { ...address, token: tokens.ada })
  lin = await Lab.open(browser, 'lin', { ...address, token: tokens.lin })
  await ada.type(0, 'end', 'from ada ')
  await lin.type(1, 'end', 'from lin ')
  await Promise.all([ada.seesSource(1, 'from lin '), lin.seesSource(0, 'from ada ')])
  let isOver = false
  const typing = [typeOn(ada, 'a', () => isOver), typeOn(lin, 'l', () => isOver)]
  await Promise.all([ada.seesSource(1, 'l3.'), lin.seesSource(0, 'a3.')])
  assert.equal((await api('stop', 'ada')).phase, 'stopping')
  try {
    for (const { page } of [ada, lin])
      await page.locator('.jp-Dialog', { hasText: 'The server was stopped' }).waitFor({ timeout: 20_000 })
  } finally {
    isOver = true
    await Promise.all(typing)
  }
  await until(async () => (await api('state', 'lin')).phase === 'stopped', 20_000, 'the end of Jupyter')
  // Clients that were told come back ten times a second, if they are let: nothing may be queued.
  for (const lab of [ada, lin]) {
    await lab.page.waitForTimeout(2_000)
    await lab.screenshot(`server-stopped-${lab.name}`)
    assert.equal((await lab.dialogs()).length, 1, JSON.stringify(await lab.dialogs()))
  }
})

async function reload({ page }: Lab): Promise<Page> {
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Reload' }).click()
  await page.getByRole('heading', { name: 'The Jupyter server is stopped.' }).waitFor({ timeout: 20_000 })
  return page
}

test('a reloaded tab shows who may start the server; the owner does, by keyboard, and both go on', async () => {
  const [own, other] = [await reload(ada), await reload(lin)]
  assert.match(await other.getByTestId('detail').innerText(), /Ada Lovelace stopped it\./)
  assert.match(await other.getByTestId('who-may').innerText(), /Ada Lovelace may start and stop it\./)
  assert.equal(await other.getByRole('button').count(), 0)
  await own.screenshot({ path: join(SCREENSHOTS, 'server-stopped.png') })
  const before = diskSources()
  assert.match(before[0] ?? '', /from ada a0\.a1\.a2\.a3\./)
  assert.match(before[1] ?? '', /from lin l0\.l1\.l2\.l3\./)
  await own.keyboard.press('Tab')
  assert.equal(await own.evaluate<string>('document.activeElement.textContent'), 'Start the server')
  await own.keyboard.press('Enter')
  await own.getByRole('heading', { name: 'The Jupyter server is starting.' }).waitFor()
  assert.equal(await own.evaluate<string>('document.activeElement.id'), 'sentence')
  for (const lab of [ada, lin]) {
    await lab.page.waitForSelector('.jp-Notebook .jp-Cell .cm-content', { timeout: 60_000 })
    await lab.sees('both cells as they were', async () => {
      const sources = await lab.sources()
      return sources[0] === before[0] && sources[1] === before[1]
    })
  }
  await ada.type(0, 'end', ' and on')
  await lin.seesSource(0, ' and on')
  assert.deepEqual([await ada.dialogs(), await lin.dialogs()], [[], []])
})
