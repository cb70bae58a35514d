/**
 * The usual `pip install jupyter-collaboration` brings a Python server half. Through Outrigger it is
 * never reached; Outrigger says at start that it is there, and collaboration works all the same.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
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

const folder = mkdtempSync(join(tmpdir(), 'outrigger-e2e-'))
const files = join(folder, 'files')
let jupyter: Jupyter
let outrigger: Server
let browser: Browser
let url: string
let tokens: Record<Person, string>

const NOTEBOOK = {
  cells: [{ cell_type: 'markdown', id: 'only', metadata: {}, source: [] }],
  metadata: { kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' } },
  nbformat: 4,
  nbformat_minor: 5,
}

before(async () => {
  mkdirSync(files)
  writeFileSync(join(files, 'note.ipynb'), JSON.stringify(NOTEBOOK))
  jupyter = await startJupyter({ folder: files, hasServerHalf: true })
  const port = await freePort()
  url = `http://127.0.0.1:${port}/`
  const team = teamConfig(folder, jupyter, port)
  tokens = team.tokens
  outrigger = await startOutrigger(folder, team.file, url)
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await outrigger?.stop()
  await jupyter?.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('at start one line says that the Python half is there, and how to switch it off', async () => {
  const log = readFileSync(join(folder, 'outrigger.log'), 'utf8')
  const lines = log.split('\n').filter((line) => line.includes('jupyter_server_ydoc'))
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /jupyter server extension disable jupyter_server_ydoc/)
})

test('two people edit together through Outrigger, and the Python half has no room', async () => {
  const ada = await Lab.open(browser, 'ada', { url, path: 'note.ipynb', token: tokens.ada })
  const lin = await Lab.open(browser, 'lin', { url, path: 'note.ipynb', token: tokens.lin })
  await ada.page.locator('.jp-Notebook .jp-Cell').first().dblclick()
  await ada.type(0, 'end', 'written once')
  await lin.sees('the text', async () =>
    (await lin.page.locator('.jp-Notebook').innerText()).includes('written once'),
  )
  await until(
    () => readFileSync(join(files, 'note.ipynb'), 'utf8').includes('written once'),
    10_000,
    'the save',
  )
  assert.equal(readFileSync(join(files, 'note.ipynb'), 'utf8').split('written once').length, 2)
  const log = readFileSync(join(folder, 'jupyter.log'), 'utf8')
  assert.doesNotMatch(log, /Room .* (created|initialized)|YStore|collaboration\/(session|room)/i)
})
