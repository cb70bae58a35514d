/**
 * The product's main job, seen from outside: real JupyterLab, real Chromium, nothing modified. The
 * steps build on each other, as an afternoon of two people does.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { WebSocket } from 'ws'
import { until } from '../support/until.ts'
import { VENV } from './environment.ts'
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

const BASE_PATH = '/user/team/'
const FILE = 'demo.ipynb'
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

const PYTHON_VERSION = execFileSync(
  join(VENV, 'bin/python'),
  ['-c', 'import platform; print(platform.python_version())'],
  {
    encoding: 'utf8',
  },
).trim()

const NOTEBOOK = {
  cells: [
    {
      cell_type: 'code',
      execution_count: null,
      id: 'first',
      metadata: {},
      outputs: [],
      source: ['x = 40\n', 'x'],
    },
    { cell_type: 'code', execution_count: null, id: 'second', metadata: {}, outputs: [], source: [] },
    { cell_type: 'raw', id: 'third', metadata: {}, source: ['the end'] },
  ],
  // As JupyterLab leaves it: otherwise it completes this itself as soon as a kernel runs.
  metadata: {
    custom: { kept: [1, null] },
    kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' },
    language_info: {
      codemirror_mode: { name: 'ipython', version: 3 },
      file_extension: '.py',
      mimetype: 'text/x-python',
      name: 'python',
      nbconvert_exporter: 'python',
      pygments_lexer: 'ipython3',
      version: PYTHON_VERSION,
    },
  },
  nbformat: 4,
  nbformat_minor: 5,
}

type Notebook = {
  cells: { id: string; source: string | string[]; outputs?: unknown[] }[]
  metadata: Record<string, unknown>
}

/** Jupyter rewrites a file in place, so a look in the wrong moment finds half of it: look again then. */
function onDisk(): Notebook {
  try {
    return JSON.parse(readFileSync(join(files, FILE), 'utf8')) as Notebook
  } catch {
    return { cells: [], metadata: {} }
  }
}

function diskSources(): string[] {
  return onDisk().cells.map(({ source }) => (Array.isArray(source) ? source.join('') : source))
}

function isValid(): void {
  execFileSync(join(VENV, 'bin/python'), [
    '-c',
    `import nbformat; nbformat.validate(nbformat.read(${JSON.stringify(join(files, FILE))}, as_version=4))`,
  ])
}

async function noDialogs(): Promise<void> {
  for (const lab of [ada, lin]) assert.deepEqual(await lab.dialogs(), [], `${lab.name} is shown a dialog`)
}

before(async () => {
  mkdirSync(files)
  writeFileSync(join(files, FILE), JSON.stringify(NOTEBOOK, undefined, 1))
  jupyter = await startJupyter({ folder: files, basePath: BASE_PATH })
  const port = await freePort()
  url = `http://127.0.0.1:${port}${BASE_PATH}`
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

test('the owner and a viewer open the same notebook, and opening it does not rewrite the file', async () => {
  const before = readFileSync(join(files, FILE), 'utf8')
  ada = await Lab.open(browser, 'ada', { url, path: FILE, token: tokens.ada })
  lin = await Lab.open(browser, 'lin', { url, path: FILE, token: tokens.lin })
  assert.equal((await ada.sources()).length, 3)
  assert.doesNotMatch(ada.page.url(), /token/)
  assert.equal(readFileSync(join(files, FILE), 'utf8'), before)
})

test('typing shows on the other side, both ways', async () => {
  await ada.type(0, 'end', ' + 2')
  await lin.seesSource(0, 'x + 2')
  await lin.type(0, 'start', '# by lin\n')
  await ada.seesSource(0, '# by lin')
  await noDialogs()
})

test('cursors carry names and different colours', async () => {
  await ada.type(0, 'end', ' ')
  await ada.sees("lin's cursor", async () => (await ada.remoteCursorColors()).length > 0)
  await lin.sees("ada's cursor", async () => (await lin.remoteCursorColors()).length > 0)
  const [adaSees] = await ada.remoteCursorColors()
  const [linSees] = await lin.remoteCursorColors()
  assert.notEqual(adaSees, linSees)
  await lin.type(0, 'start', '#')
  await ada.sees('the name Lin Clark', async () => (await ada.remoteNames()).includes('Lin Clark'))
  await ada.type(0, 'end', ' ')
  await lin.sees('the name Ada Lovelace', async () => (await lin.remoteNames()).includes('Ada Lovelace'))
  await ada.screenshot('1-cursors-ada')
  await lin.screenshot('1-cursors-lin')
})

test('the viewer runs a cell and the owner sees the output', async () => {
  await lin.run(0)
  await ada.sees('42', async () => (await ada.outputs()).some((text) => text.includes('42')), 60_000)
  await ada.screenshot('2-output-ada')
})

test('Ctrl+S saves without any dialog, and the file on disk is right and valid', async () => {
  for (const lab of [ada, lin]) {
    await lab.type(1, 'end', `saved_by_${lab.name} = True\n`)
    await lab.save()
    await until(() => diskSources()[1]?.includes(`saved_by_${lab.name}`) === true, 10_000, 'the save')
    await noDialogs()
  }
  await until(() => (onDisk().cells[0]?.outputs ?? []).length > 0, 10_000, 'the output on disk')
  isValid()
  assert.deepEqual(
    onDisk().cells.map(({ id }) => id),
    ['first', 'second', 'third'],
  )
  assert.deepEqual(onDisk().metadata['custom'], { kept: [1, null] })
})

test('saving again and again while the other types never asks about a changed file', async () => {
  for (let i = 0; i < 8; i += 1) {
    await lin.type(1, 'end', `n = ${i}\n`)
    // Around the moment of an autosave, one second after the last key.
    await ada.page.waitForTimeout(850 + i * 50)
    await ada.save()
    await noDialogs()
  }
})

test('a change made to the file on disk by a script appears in both, and the cursor stays', async () => {
  await ada.type(1, 'start', '')
  await until(() => diskSources()[1]?.includes('n = 7') === true, 15_000, 'the last autosave')
  execFileSync(join(VENV, 'bin/python'), [
    '-c',
    `import nbformat
path = ${JSON.stringify(join(files, FILE))}
nb = nbformat.read(path, as_version=4)
nb.cells[2].source = 'from a script'
nb.cells.append(nbformat.v4.new_raw_cell('a new cell from a script'))
nbformat.write(nb, path)`,
  ])
  for (const lab of [ada, lin]) {
    await lab.seesSource(2, 'from a script')
    await lab.seesSource(3, 'a new cell from a script')
  }
  await ada.page.keyboard.type('# still here\n')
  await lin.seesSource(1, '# still here\n')
  assert.equal((await lin.sources())[1]?.startsWith('# still here'), true)
  await noDialogs()
})

test('the sidecar is killed with -9 and started again, both type on, nothing is doubled or lost', async () => {
  await lin.type(1, 'end', 'just_before_the_crash = 1\n')
  await ada.seesSource(1, 'just_before_the_crash')
  await outrigger.stop('SIGKILL')
  await Promise.all([ada, lin].map((lab) => lab.closeConnectionLost()))
  await ada.type(1, 'end', 'while_it_was_down = 1\n')
  outrigger = await startOutrigger(folder, config, url)
  await lin.seesSource(1, 'while_it_was_down')
  await lin.type(0, 'start', '# after the crash\n')
  await ada.seesSource(0, '# after the crash')
  const sources = await ada.sources()
  assert.deepEqual(await lin.sources(), sources)
  assert.equal(sources.length, 4)
  assert.equal(sources.join('\n').split('just_before_the_crash').length, 2)
  assert.equal(sources.join('\n').split('while_it_was_down').length, 2)
  await until(() => JSON.stringify(diskSources()) === JSON.stringify(sources), 15_000, 'the disk to follow')
  isValid()
  await noDialogs()
  await ada.screenshot('3-after-kill-ada')
  await lin.screenshot('3-after-kill-lin')
})

test('a read viewer sees everything live; its typing changes nothing anywhere, and it is told so', async () => {
  const rea = await Lab.open(browser, 'rea', { url, path: FILE, token: tokens.rea })
  assert.deepEqual(await rea.dialogs(), [])
  await ada.type(1, 'end', 'rea_sees_this = 1\n')
  await rea.seesSource(1, 'rea_sees_this')
  const sources = await ada.sources()
  await until(() => JSON.stringify(diskSources()) === JSON.stringify(sources), 15_000, 'the disk to follow')
  const file = readFileSync(join(files, FILE), 'utf8')
  await rea.insert(1, 'rea was here')
  await rea.sees('a dialog', async () => (await rea.dialogs()).some((text) => /conflict/i.test(text)))
  await rea.screenshot('4-reader')
  // Something that did pass through shows that the reader's typing would have passed as well.
  await ada.type(1, 'end', 'after_rea = 1\n')
  await lin.seesSource(1, 'after_rea')
  assert.doesNotMatch((await lin.sources()).join(), /rea was here/)
  const request = rea.page.request
  const headers = { origin: new URL(url).origin }
  const put = await request.put(`${url}api/contents/${FILE}`, {
    headers,
    data: { type: 'notebook', format: 'json', content: NOTEBOOK },
  })
  assert.equal(put.status(), 403)
  assert.equal(
    (await request.post(`${url}api/kernels`, { headers, data: { name: 'python3' } })).status(),
    403,
  )
  assert.equal((await request.post(`${url}api/terminals`, { headers, data: {} })).status(), 403)
  const model = (await (await request.get(`${url}api/contents/${FILE}?content=0`)).json()) as {
    writable: boolean
  }
  assert.equal(model.writable, false)
  await until(() => diskSources()[1]?.includes('after_rea') === true, 15_000, 'the save')
  assert.doesNotMatch(readFileSync(join(files, FILE), 'utf8'), /rea was here/)
  assert.match(file, /rea_sees_this/)
  await rea.page.context().close()
})

test('a stranger gets exactly what a missing thing gets', async () => {
  const headers = { authorization: `token ${tokens.eve}` }
  const missing = await fetch(`${url}outrigger/nothing`, { headers })
  for (const path of [
    'lab',
    `lab/tree/${FILE}`,
    `api/contents/${FILE}`,
    'api/kernels',
    'outrigger/',
    'api/me',
  ]) {
    const answer = await fetch(url + path, { headers })
    assert.equal(answer.status, 404, path)
  }
  const session = await fetch(`${url}api/collaboration/session/${FILE}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify({ format: 'json', type: 'notebook' }),
  })
  assert.equal(session.status, 404)
  assert.equal(await session.text(), await missing.text())
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}api/collaboration/room/JupyterLab:globalAwareness`,
    { headers },
  )
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
    socket.on('error', () => {})
  })
  assert.equal(status, 404)
})

test('Jupyter restarts under open tabs: no reload, nothing doubled', async () => {
  const sources = await ada.sources()
  await jupyter.stop()
  await ada.insert(1, 'jupyter_was_away = 1\n')
  await lin.seesSource(1, 'jupyter_was_away')
  jupyter = await startJupyter({
    folder: files,
    basePath: BASE_PATH,
    port: jupyter.port,
    token: jupyter.token,
  })
  await until(
    () => diskSources()[1]?.includes('jupyter_was_away') === true,
    60_000,
    'the save after the restart',
  )
  assert.equal((await lin.sources()).length, sources.length)
  for (const lab of [ada, lin]) {
    // That its kernel is gone is true, and JupyterLab may say so.
    const others = (await lab.dialogs()).filter((text) => !/kernel|connection/i.test(text))
    assert.deepEqual(others, [])
  }
})

test('a rename while both type is followed, and the old name does not come back', async () => {
  const typing = lin.insert(1, 'typed_during_the_rename = 1\n')
  const renamed = await ada.page.request.patch(`${url}api/contents/${FILE}`, {
    headers: { origin: new URL(url).origin, 'x-xsrftoken': await ada.xsrfToken() },
    data: { path: 'moved.ipynb' },
  })
  assert.equal(renamed.status(), 200)
  await typing
  await ada.insert(1, 'typed_after_the_rename = 1\n')
  const moved = (): string => readFileSync(join(files, 'moved.ipynb'), 'utf8')
  await until(() => moved().includes('typed_after_the_rename'), 15_000, 'the save at the new name')
  assert.match(moved(), /typed_during_the_rename/)
  assert.equal(existsSync(join(files, FILE)), false)
  await lin.page.locator('.lm-TabBar-tabLabel', { hasText: 'moved.ipynb' }).first().waitFor()
})

test('a token is nowhere in the logs', () => {
  const log = readFileSync(join(folder, 'outrigger.log'), 'utf8')
  for (const token of [...Object.values(tokens), jupyter.token]) assert.equal(log.includes(token), false)
})
