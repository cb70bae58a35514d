/**
 * What the browser suite needs besides Node, made here so that a fresh clone has it: a Python venv
 * with the real JupyterLab, and Chromium.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.e2e')
export const VENV = join(FOLDER, 'venv')
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
