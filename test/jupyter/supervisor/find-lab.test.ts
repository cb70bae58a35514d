import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findLab } from '../../../src/jupyter/supervisor/find-lab.ts'
import { installFakeJupyter, setFakeBehavior } from '../../support/fake-lab.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'

type Place = {
  readonly bin: string
  readonly data: string
  readonly lines: string[]
  readonly find: (signal?: AbortSignal) => ReturnType<typeof findLab>
}

/** A folder that is all of PATH (with `node`, which the fakes run on), and an empty data folder. */
async function place(t: TestContext): Promise<Place> {
  const folder = await tempDir(t)
  const [bin, data] = [join(folder, 'bin'), join(folder, 'data')]
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  const lines: string[] = []
  const find = (signal = new AbortController().signal): ReturnType<typeof findLab> =>
    findLab({
      dataDir: data,
      environment: { PATH: `/nowhere:${bin}` },
      signal,
      report: (line) => lines.push(line),
    })
  return { bin, data, lines, find }
}

/** A `python3` that makes environments whose pip installs the fake JupyterLab kept in `wheels`. */
async function installFakePython(bin: string, behavior = ''): Promise<void> {
  const wheels = join(bin, 'wheels')
  await installFakeJupyter(wheels)
  const script = `#!${process.execPath}
const { cpSync, mkdirSync, copyFileSync, rmSync } = require('node:fs')
const { join, dirname } = require('node:path')
const args = process.argv.slice(2)
if (args[0] === '-c') console.log('${behavior === 'old' ? '3.8' : '3.11'}')
else if (args[1] === 'venv') {
  if ('${behavior}' === 'no-venv') { console.log('ensurepip is not available'); process.exit(1) }
  rmSync(args[3], { recursive: true, force: true })
  mkdirSync(join(args[3], 'bin'), { recursive: true })
  copyFileSync(process.argv[1], join(args[3], 'bin', 'python'))
} else if (args[1] === 'pip') {
  if ('${behavior}' === 'offline') { console.error('ERROR: No matching distribution found'); process.exit(1) }
  if ('${behavior}' === 'slow') setInterval(() => undefined, 1000)
  else {
    console.log('Collecting jupyterlab')
    console.log('  Downloading jupyterlab-4.6.6-py3-none-any.whl (12.4 MB)')
    console.log('  Downloading small-1.0-py3-none-any.whl (12 kB)')
    console.log('Installing collected packages: ' + args.slice(2).join(' '))
    cpSync(${JSON.stringify(wheels)}, dirname(process.argv[1]), { recursive: true })
  }
}
`
  await writeFile(join(bin, 'python3'), script)
  await chmod(join(bin, 'python3'), 0o755)
}

test('[JUPYTER-S7] the JupyterLab on PATH is used when it can collaborate', async (t) => {
  const { bin, lines, find } = await place(t)
  const command = await installFakeJupyter(bin)
  assert.deepEqual(await find(), { isFound: true, command, version: '4.6.6' })
  assert.deepEqual(lines, [])
})

for (const version of ['4.10.0', '4.6.0rc1', '4.6.0']) {
  test(`[JUPYTER-S7] JupyterLab ${version} is new enough`, async (t) => {
    const { bin, find } = await place(t)
    await installFakeJupyter(bin, version)
    const found = await find()
    assert.ok(found.isFound)
    assert.equal(found.version, version)
  })
}

for (const [what, reason, spoil] of [
  ['too old', /JupyterLab 4\.5\.9, and 4\.6 or newer/, (bin: string) => installFakeJupyter(bin, '4.5.9')],
  [
    'too new',
    /JupyterLab 5\.0\.0, and 4\.6 or newer \(4\.x\)/,
    (bin: string) => installFakeJupyter(bin, '5.0.0'),
  ],
  ['broken', /does not work/, (bin: string) => setFakeBehavior(bin, 'broken')],
  [
    'without JupyterLab',
    /has no JupyterLab/,
    (bin: string) => rm(join(bin, 'share/lab'), { recursive: true }),
  ],
  [
    'without the collaboration package',
    /lacks the package jupyter-collaboration-ui/,
    (bin: string) =>
      rm(join(bin, 'share/labextensions/@jupyter/collaboration-extension'), { recursive: true }),
  ],
  [
    'without the provider package',
    /lacks the package jupyter-docprovider/,
    (bin: string) => rm(join(bin, 'share/labextensions/@jupyter/docprovider-extension'), { recursive: true }),
  ],
] as const) {
  test(`[JUPYTER-S7] a jupyter on PATH that is ${what} is passed over, and the reason told`, async (t) => {
    const { bin, data, lines, find } = await place(t)
    await installFakeJupyter(bin)
    await spoil(bin)
    await installFakeJupyter(join(data, 'jupyter-venv/bin'))
    const found = await find()
    assert.ok(found.isFound)
    assert.equal(found.command, join(data, 'jupyter-venv/bin/jupyter'))
    assert.match(lines.join('\n'), reason)
  })
}

test('[JUPYTER-S8] the private JupyterLab is made with progress lines, and used again without any', async (t) => {
  const { bin, data, lines, find } = await place(t)
  await installFakePython(bin)
  const expected = { isFound: true, command: join(data, 'jupyter-venv/bin/jupyter'), version: '4.6.6' }
  assert.deepEqual(await find(), expected)
  const told = lines.splice(0).join('\n')
  assert.match(told, /Installing JupyterLab .*jupyter-venv/)
  assert.match(told, /with .*python3 \(Python 3\.11\)/)
  assert.match(told, /downloading: package 1, jupyterlab-4\.6\.6-py3-none-any\.whl/)
  assert.ok(!told.includes('small-1.0'))
  assert.deepEqual(await find(), expected)
  assert.deepEqual(lines, [])
})

test('[JUPYTER-S8] a half-made private JupyterLab is made anew', async (t) => {
  const { bin, data, lines, find } = await place(t)
  await installFakePython(bin)
  await mkdir(join(data, 'jupyter-venv/bin'), { recursive: true })
  await copyFile(join(bin, 'python3'), join(data, 'jupyter-venv/bin/python'))
  assert.equal((await find()).isFound, true)
  assert.notDeepEqual(lines, [])
})

for (const [behavior, reason] of [
  ['old', /older than Python 3\.10/],
  ['no-venv', /apt install python3-venv/],
  ['offline', /pip could not install it: ERROR: No matching distribution found/],
] as const) {
  test(`[JUPYTER-S8] a python3 that is of no use (${behavior}) is told in one sentence`, async (t) => {
    const { bin, find } = await place(t)
    await installFakePython(bin, behavior)
    const found = await find()
    assert.ok(!found.isFound)
    assert.match(found.reason, reason)
  })
}

test('[JUPYTER-S8] without python3 the reason says so', async (t) => {
  const { find } = await place(t)
  assert.deepEqual(await find(), { isFound: false, reason: 'python3 is not on PATH' })
})

test('[JUPYTER-S8] aborting ends an installation that is under way', async (t) => {
  const { bin, lines, find } = await place(t)
  await installFakePython(bin, 'slow')
  const abort = new AbortController()
  const finding = find(abort.signal)
  await until(() => lines.some((line) => line.includes('creating')), 5_000, 'the installation')
  abort.abort()
  assert.equal((await finding).isFound, false)
  assert.notDeepEqual(lines, [])
})
