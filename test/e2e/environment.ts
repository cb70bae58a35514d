/**
 * What the browser suite needs besides Node, made here so that a fresh clone has it: a Python venv
 * with the real JupyterLab, and Chromium.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.e2e')
export const VENV = join(FOLDER, 'venv')
export const FULL_VENV = join(FOLDER, 'venv-full')
export const SCREENSHOTS = join(FOLDER, 'screenshots')

/** Only the front-end packages: the Python half of the collaboration server is what we replace. */
const PACKAGES = [
  'jupyterlab>=4.6,<4.7',
  'jupyter-collaboration-ui>=3,<4',
  'jupyter-docprovider>=3,<4',
  'ipykernel',
]

export function prepareEnvironment(): void {
  mkdirSync(SCREENSHOTS, { recursive: true })
  prepareVenv()
  prepareFullVenv()
  prepareChromium()
}

export function chromiumPath(): string | undefined {
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
    existsSync(path),
  )
}

function prepareVenv(): void {
  const marker = join(VENV, 'outrigger-e2e.txt')
  const wanted = PACKAGES.join('\n')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  rmSync(VENV, { recursive: true, force: true })
  say('making a Python venv with JupyterLab for the browser tests (once)')
  run('python3', ['-m', 'venv', VENV])
  run(join(VENV, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES])
  writeFileSync(marker, wanted)
}

/** The first venv and, on top, what `pip install jupyter-collaboration` adds: the Python server half. */
function prepareFullVenv(): void {
  const marker = join(FULL_VENV, 'outrigger-e2e.txt')
  if (existsSync(marker) && statSync(marker).mtimeMs > statSync(join(VENV, 'outrigger-e2e.txt')).mtimeMs)
    return
  rmSync(FULL_VENV, { recursive: true, force: true })
  say('making a second venv with the usual jupyter-collaboration (once)')
  run('python3', ['-m', 'venv', FULL_VENV])
  const [lib] = readdirSync(join(VENV, 'lib'))
  const sitePackages = (venv: string): string => join(venv, 'lib', lib ?? '', 'site-packages')
  writeFileSync(join(sitePackages(FULL_VENV), 'base.pth'), sitePackages(VENV))
  run(join(FULL_VENV, 'bin/pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    'jupyter-collaboration>=4,<6',
    'jupyterlab>=4.6,<4.7',
  ])
  writeFileSync(marker, '')
}

function prepareChromium(): void {
  if (chromiumPath() !== undefined) return
  say('installing Chromium for the browser tests (once)')
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'])
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

function say(text: string): void {
  process.stdout.write(`e2e: ${text}\n`)
}
