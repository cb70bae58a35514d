import { join } from 'node:path'
import { findOnPath } from '../../lib/find-on-path.ts'
import { runCommand } from './run-command.ts'

export type VenvOptions = {
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly report: (line: string) => void
}

export type VenvResult =
  | { readonly isReady: true; readonly command: string }
  | { readonly isReady: false; readonly reason: string }

/** What a collaborative JupyterLab needs, without the Python half that would serve rooms itself. */
const PACKAGES = ['jupyterlab>=4.6,<5', 'jupyter-collaboration-ui', 'jupyter-docprovider', 'ipykernel']
const MINIMUM_PYTHON = [3, 10] as const

export function venvJupyter(folder: string): string {
  return join(folder, 'bin', 'jupyter')
}

/** Makes (or makes anew) a Python environment with JupyterLab. Reports what it does, line by line. */
export async function createVenv(options: VenvOptions): Promise<VenvResult> {
  const python = await findOnPath('python3', options.environment['PATH'])
  if (python === undefined) return no('python3 is not on PATH')
  const version = await pythonVersion(python, options)
  if (version === undefined)
    return no(`${python} is older than Python ${MINIMUM_PYTHON.join('.')} or does not work`)
  options.report(`Installing JupyterLab for this folder into ${options.folder} (once, about a minute).`)
  options.report(`  creating the environment with ${python} (Python ${version})`)
  const made = await runCommand({
    ...options,
    command: python,
    args: ['-m', 'venv', '--clear', options.folder],
  })
  if (made.exitCode !== 0) return no(explainVenvFailure(made.lastLines))
  const installed = await runCommand({
    ...options,
    command: join(options.folder, 'bin', 'python'),
    args: ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar=off']
      .concat('--retries=2', '--timeout=15')
      .concat(PACKAGES),
    onLine: progressReporter(options.report),
  })
  if (installed.exitCode === 0) return { isReady: true, command: venvJupyter(options.folder) }
  return no(`pip could not install it: ${lastError(installed.lastLines)}`)
}

function no(reason: string): VenvResult {
  return { isReady: false, reason }
}

async function pythonVersion(python: string, options: VenvOptions): Promise<string | undefined> {
  const script = 'import sys; print("%d.%d" % sys.version_info[:2])'
  const { exitCode, lastLines } = await runCommand({ ...options, command: python, args: ['-c', script] })
  const version = lastLines.at(-1) ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isRecent = major === MINIMUM_PYTHON[0] && minor >= MINIMUM_PYTHON[1]
  return exitCode === 0 && isRecent ? version : undefined
}

/** pip prints several lines per package; a person wants to see that it moves, and how far. */
function progressReporter(report: (line: string) => void): (line: string) => void {
  let downloads = 0
  return (line) => {
    if (/^\s*Downloading .*\.(whl|tar\.gz)/.test(line)) {
      downloads += 1
      const name =
        line
          .trim()
          .split(/[\s/]+/)
          .find((word) => /\.(whl|tar\.gz)$/.test(word)) ?? ''
      if (/\d MB/.test(line) || downloads % 20 === 0) report(`  downloading: package ${downloads}, ${name}`)
    }
    if (line.startsWith('Installing collected packages')) report('  unpacking')
  }
}

function explainVenvFailure(lines: readonly string[]): string {
  if (lines.some((line) => line.includes('ensurepip'))) {
    return 'python3 cannot make environments here (on Debian and Ubuntu: apt install python3-venv)'
  }
  return `python3 -m venv failed: ${lastError(lines)}`
}

function lastError(lines: readonly string[]): string {
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no message'
}
