/**
 * Makes a clone ready to run: dependencies, then the build. The one file that runs before anything
 * is installed, so it uses Node's own modules only, and syntax that an old Node can read.
 *
 *   node src/cli/setup.mjs               what is missing or out of date
 *   node src/cli/setup.mjs --build-only  never installs (npm's `prepare`)
 *   node src/cli/setup.mjs --rebuild     builds anew, from an empty dist
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_NODE = [20, 19]
/** Set for what we start (and by image builds): `npm ci` runs `prepare`, which is this file again. */
const GUARD = 'OUTRIGGER_SKIP_PREPARE'
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const STAMP = join(ROOT, 'dist', '.built')
const PAGES_BUILD = join('src', 'http', 'pages', 'build.ts')
const BENCH_BUILD = join('bench', 'build.ts')
/** Below bench, but not in its bundle. */
const BENCH_OTHERS = ['peers', 'results', 'RESULTS.md']

function say(text) {
  process.stderr.write(`outrigger: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1])) return
  fail(
    `this is Node ${process.versions.node}, and 20.19 or newer is needed. Get it from nodejs.org, or with: nvm install 22`,
  )
}

/** The exit code of a command; its output goes to the person, on stderr. */
function run(command, args) {
  const environment = Object.assign({}, process.env, { [GUARD]: '1' })
  // npm in production mode would leave out what the build needs.
  delete environment.NODE_ENV
  const { status } = spawnSync(command, args, { cwd: ROOT, env: environment, stdio: ['ignore', 2, 2] })
  return status === null ? 1 : status
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * npm notes in node_modules what it installed. Versions are compared, not times: a checkout makes
 * every file new without changing it.
 */
function dependenciesAreInstalled() {
  const wanted = readJson(join(ROOT, 'package-lock.json'))
  const present = readJson(join(ROOT, 'node_modules', '.package-lock.json'))
  if (wanted === undefined || present === undefined) return false
  return Object.keys(wanted.packages).every((name) => {
    const { version, optional } = wanted.packages[name]
    const found = present.packages[name]
    return name === '' || (found === undefined ? optional === true : found.version === version)
  })
}

function install() {
  if (dependenciesAreInstalled()) return
  say('installing dependencies (npm ci) …')
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  // Inside `npm start`, npm says where it is; it need not be on PATH.
  const npm = process.env.npm_execpath
  const isScript = npm !== undefined && /\.c?js$/.test(npm)
  const status = isScript ? run(process.execPath, [npm].concat(args)) : run('npm', args)
  if (status !== 0) fail('npm ci failed; see above. It needs the network (or a filled npm cache).')
}

/** Time of the newest file or folder; a folder's time tells of removed files. */
function newestTime(path) {
  const facts = statSync(path)
  if (!facts.isDirectory()) return facts.mtimeMs
  return Math.max(facts.mtimeMs, newestWithin(path, []))
}

function newestWithin(folder, others) {
  return readdirSync(folder)
    .filter((name) => others.indexOf(name) === -1)
    .reduce((newest, name) => Math.max(newest, newestTime(join(folder, name))), 0)
}

function isBuilt() {
  if (!existsSync(STAMP)) return false
  const sources = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']
  const newest = Math.max.apply(
    null,
    sources.map((name) => newestTime(join(ROOT, name))),
  )
  // The folder's own time changes with the results that runs write into it.
  const bench = join(ROOT, 'bench')
  const newestBench = existsSync(bench) ? newestWithin(bench, BENCH_OTHERS) : 0
  return statSync(STAMP).mtimeMs >= Math.max(newest, newestBench)
}

function build() {
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc')
  if (!existsSync(compiler)) {
    // An install without development packages: what was built before is what there is.
    if (!existsSync(join(ROOT, 'dist', 'main.js')))
      say('cannot build: TypeScript is not installed; run npm ci.')
    return
  }
  say('building …')
  // Taken before: a file saved during the build makes the next one necessary.
  const startedAt = new Date()
  if (run(compiler, ['-p', 'tsconfig.build.json']) !== 0) fail('the build failed; see above.')
  bundle('pages', PAGES_BUILD)
  bundle('load tool', BENCH_BUILD)
  chmodSync(join(ROOT, 'dist', 'main.js'), 0o755)
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, startedAt.toISOString())
  utimesSync(STAMP, startedAt, startedAt)
}

function bundle(what, script) {
  if (!existsSync(join(ROOT, script))) return
  if (run(process.execPath, ['--import', 'tsx', script]) !== 0)
    fail(`the build of the ${what} failed; see above.`)
}

checkNode()
if (process.env[GUARD] === undefined) {
  const flags = process.argv.slice(2)
  if (!flags.includes('--build-only')) install()
  const rebuilds = flags.includes('--rebuild')
  if (rebuilds) rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  if (rebuilds || !isBuilt()) build()
}
