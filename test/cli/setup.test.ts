import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempDir } from '../support/temp-dir.ts'

const SETUP = fileURLToPath(new URL('../../src/cli/setup.mjs', import.meta.url))
const LOCK = {
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  },
}

type Clone = {
  readonly folder: string
  readonly run: (...flags: string[]) => { code: number | null; said: string }
  /** What the fake npm and the fake compiler were asked to do, in order; then forgotten. */
  readonly calls: () => Promise<string[]>
}

/** A clone with a fake npm, whose `ci` brings a fake compiler and runs `prepare` like the real one. */
async function clone(t: TestContext): Promise<Clone> {
  const folder = await tempDir(t)
  await mkdir(join(folder, 'src/cli'), { recursive: true })
  await copyFile(SETUP, join(folder, 'src/cli/setup.mjs'))
  for (const [name, text] of [
    ['package.json', '{"type":"module"}'],
    ['package-lock.json', JSON.stringify(LOCK)],
    ['tsconfig.json', '{}'],
    ['tsconfig.build.json', '{}'],
    ['src/main.ts', ''],
    ['npm.cjs', FAKE_NPM],
  ] as const) {
    await writeFile(join(folder, name), text)
  }
  await agedBy(folder, 10)
  const env = { PATH: process.env['PATH'], npm_execpath: join(folder, 'npm.cjs'), NODE_ENV: 'production' }
  return {
    folder,
    run: (...flags) => {
      const result = spawnSync(process.execPath, [join(folder, 'src/cli/setup.mjs'), ...flags], {
        env,
        cwd: '/',
      })
      return { code: result.status, said: result.stderr.toString() }
    },
    calls: async () => {
      const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '')
      await rm(join(folder, 'calls'), { force: true })
      return text.split('\n').filter((line) => line !== '')
    },
  }
}

const FAKE_NPM = `
const { appendFileSync, mkdirSync, writeFileSync, chmodSync, existsSync, readFileSync } = require('node:fs')
const { spawnSync } = require('node:child_process')
appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + ' NODE_ENV=' + process.env.NODE_ENV + '\\n')
if (existsSync('npm-fails')) process.exit(1)
mkdirSync('node_modules/.bin', { recursive: true })
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
delete lock.packages['']
delete lock.packages['node_modules/b']
writeFileSync('node_modules/.package-lock.json', JSON.stringify(lock))
writeFileSync('node_modules/.bin/tsc', \`#!\${process.execPath}
const { appendFileSync, mkdirSync, writeFileSync, existsSync } = require('node:fs')
appendFileSync('calls', 'tsc ' + process.argv.slice(2).join(' ') + '\\\\n')
if (existsSync('tsc-fails')) process.exit(2)
mkdirSync('dist', { recursive: true })
writeFileSync('dist/main.js', '')
\`)
chmodSync('node_modules/.bin/tsc', 0o755)
process.exit(spawnSync(process.execPath, ['src/cli/setup.mjs', '--build-only'], { stdio: 'inherit' }).status)
`

async function agedBy(folder: string, seconds: number): Promise<void> {
  const time = Date.now() / 1000 - seconds
  for (const name of [
    'src/main.ts',
    'src/cli/setup.mjs',
    'src/cli',
    'src',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    await utimes(join(folder, name), time, time)
  }
}

const INSTALL = 'npm ci --include=dev --no-audit --no-fund --loglevel=error NODE_ENV=undefined'
const BUILD = 'tsc -p tsconfig.build.json'

test('a fresh clone is installed and built once, and prepare does not start over', async (t) => {
  const { folder, run, calls } = await clone(t)
  const { code, said } = run()
  assert.equal(code, 0, said)
  assert.deepEqual(await calls(), [INSTALL, BUILD])
  assert.equal(said, 'outrigger: installing dependencies (npm ci) …\noutrigger: building …\n')
  assert.equal((await stat(join(folder, 'dist/main.js'))).mode & 0o111, 0o111)
})

test('with nothing to do it does nothing and says nothing', async (t) => {
  const { run, calls } = await clone(t)
  run()
  await calls()
  assert.deepEqual(run(), { code: 0, said: '' })
  assert.deepEqual(await calls(), [])
})

test('a changed source, a removed source and a changed setting are built again', async (t) => {
  const { folder, run, calls } = await clone(t)
  await writeFile(join(folder, 'src/other.ts'), '')
  run()
  await calls()
  const soon = Date.now() / 1000 + 60
  const changes: (() => Promise<void>)[] = [
    () => utimes(join(folder, 'src/main.ts'), soon, soon),
    () => utimes(join(folder, 'tsconfig.json'), soon, soon),
    async () => {
      await rm(join(folder, 'src/other.ts'))
      await utimes(join(folder, 'src'), soon, soon)
    },
  ]
  for (const change of changes) {
    await change()
    assert.equal(run().code, 0)
    assert.deepEqual(await calls(), [BUILD])
    await agedBy(folder, 10)
  }
})

test('a changed source of the load tool is built again; peers and results are no sources', async (t) => {
  const { folder, run, calls } = await clone(t)
  for (const part of ['bench/load', 'bench/peers', 'bench/results'])
    await mkdir(join(folder, part), { recursive: true })
  for (const file of ['bench/load/a.ts', 'bench/peers/b.mjs', 'bench/results/c.svg', 'bench/RESULTS.md'])
    await writeFile(join(folder, file), '')
  run()
  await calls()
  const soon = Date.now() / 1000 + 60
  for (const file of [
    'bench',
    'bench/peers',
    'bench/peers/b.mjs',
    'bench/results',
    'bench/results/c.svg',
    'bench/RESULTS.md',
  ])
    await utimes(join(folder, file), soon, soon)
  run()
  assert.deepEqual(await calls(), [])
  await utimes(join(folder, 'bench/load/a.ts'), soon, soon)
  run()
  assert.deepEqual(await calls(), [BUILD])
})

test('the load tool is bundled after the server, and a bundle that fails stops the build', async (t) => {
  const { folder, run, calls } = await clone(t)
  // In place of tsx: it notes what it was to run, and ends.
  const stub = `
    import { appendFileSync, existsSync } from 'node:fs'
    appendFileSync('calls', process.argv[1].slice(process.cwd().length + 1) + '\\n')
    process.exit(existsSync('bundle-fails') ? 1 : 0)
  `
  await mkdir(join(folder, 'node_modules/tsx'), { recursive: true })
  await writeFile(join(folder, 'node_modules/tsx/package.json'), '{"type":"module","exports":"./index.js"}')
  await writeFile(join(folder, 'node_modules/tsx/index.js'), stub)
  await mkdir(join(folder, 'bench'))
  await writeFile(join(folder, 'bench/build.ts'), '')
  await writeFile(join(folder, 'bundle-fails'), '')
  const failed = run()
  assert.equal(failed.code, 1)
  assert.match(failed.said, /the build of the load tool failed/)
  await rm(join(folder, 'bundle-fails'))
  await calls()
  assert.equal(run().code, 0)
  assert.deepEqual(await calls(), [BUILD, 'bench/build.ts'])
})

test('a lock file with another version installs again, a touched one does not', async (t) => {
  const { folder, run, calls } = await clone(t)
  run()
  await calls()
  const lock = join(folder, 'package-lock.json')
  await writeFile(lock, JSON.stringify(LOCK))
  run()
  assert.deepEqual(await calls(), [])
  const packages = { ...LOCK.packages, 'node_modules/a': { version: '1.0.1' } }
  await writeFile(lock, JSON.stringify({ packages }))
  run()
  assert.ok((await calls()).includes(INSTALL))
})

test('--build-only never installs, and is content without a compiler', async (t) => {
  const { run, calls } = await clone(t)
  const { code, said } = run('--build-only')
  assert.equal(code, 0)
  assert.match(said, /TypeScript is not installed; run npm ci/)
  assert.deepEqual(await calls(), [])
})

test('--rebuild builds into an empty dist', async (t) => {
  const { folder, run, calls } = await clone(t)
  run()
  await calls()
  await writeFile(join(folder, 'dist/left-over.js'), '')
  assert.equal(run('--rebuild').code, 0)
  assert.deepEqual(await calls(), [BUILD])
  await assert.rejects(stat(join(folder, 'dist/left-over.js')), { code: 'ENOENT' })
})

test('a failed install or build ends with 1, says so, and is tried again', async (t) => {
  const { folder, run, calls } = await clone(t)
  await writeFile(join(folder, 'npm-fails'), '')
  const install = run()
  assert.equal(install.code, 1)
  assert.match(install.said, /npm ci failed/)
  await rm(join(folder, 'npm-fails'))
  await writeFile(join(folder, 'tsc-fails'), '')
  const build = run()
  assert.equal(build.code, 1)
  assert.match(build.said, /the build failed/)
  await rm(join(folder, 'tsc-fails'))
  await calls()
  assert.equal(run().code, 0)
  assert.deepEqual(await calls(), [BUILD])
})

test('an old Node is told which one is needed', async (t) => {
  const { folder } = await clone(t)
  const script = `Object.defineProperty(process.versions, 'node', { value: '20.18.1' }); await import('./src/cli/setup.mjs')`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
  assert.equal(result.status, 1)
  assert.match(result.stderr.toString(), /this is Node 20\.18\.1, and 20\.19 or newer is needed/)
})

test('the file uses Node modules only', async () => {
  const text = await readFile(SETUP, 'utf8')
  const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name ?? '')
  assert.ok(imported.length > 0)
  assert.ok(
    imported.every((name) => name.startsWith('node:')),
    imported.join(),
  )
})
