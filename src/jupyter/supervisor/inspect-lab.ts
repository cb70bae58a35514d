import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

export type LabInspection =
  | { readonly isUsable: true; readonly version: string }
  | { readonly isUsable: false; readonly reason: string }

type Inspector = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Front-end packages that make JupyterLab's documents collaborative; their folders below labextensions. */
const EXTENSIONS = [
  { folder: '@jupyter/collaboration-extension', package: 'jupyter-collaboration-ui' },
  { folder: '@jupyter/docprovider-extension', package: 'jupyter-docprovider' },
] as const

const MINIMUM_LAB = [4, 6] as const

/**
 * Whether a `jupyter` command brings a JupyterLab that can collaborate.
 *
 * Reads the versions out of the folders that `jupyter --paths` names (60 ms); asking JupyterLab
 * itself (`jupyter labextension list`) takes seconds.
 */
export async function inspectLab(command: string, inspector: Inspector): Promise<LabInspection> {
  const folders = await dataFolders(command, inspector)
  if (folders === undefined) return no(`${command} does not work`)
  const version = await firstVersion(folders, join('lab', 'static'))
  if (version === undefined) return no(`${command} has no JupyterLab`)
  if (!isRecent(version)) return no(`${command} has JupyterLab ${version}, and 4.6 or newer (4.x) is needed`)
  for (const extension of EXTENSIONS) {
    const found = await firstVersion(folders, join('labextensions', extension.folder))
    if (found === undefined) return no(`${command} lacks the package ${extension.package}`)
  }
  return { isUsable: true, version }
}

function no(reason: string): LabInspection {
  return { isUsable: false, reason }
}

async function dataFolders(command: string, inspector: Inspector): Promise<readonly string[] | undefined> {
  const { exitCode, lastLines } = await runCommand({ command, args: ['--paths', '--json'], ...inspector })
  if (exitCode !== 0) return undefined
  // Wrappers (pyenv, conda) may print lines of their own before the JSON.
  const json = lastLines.findLast((line) => line.startsWith('{')) ?? ''
  try {
    const paths: unknown = JSON.parse(json)
    const data = typeof paths === 'object' && paths !== null && 'data' in paths ? paths.data : undefined
    return Array.isArray(data) ? data.filter((folder) => typeof folder === 'string') : undefined
  } catch {
    return undefined
  }
}

async function firstVersion(folders: readonly string[], inside: string): Promise<string | undefined> {
  for (const folder of folders) {
    try {
      const facts: unknown = JSON.parse(await readFile(join(folder, inside, 'package.json'), 'utf8'))
      const version =
        typeof facts === 'object' && facts !== null && 'version' in facts ? facts.version : undefined
      if (typeof version === 'string') return version
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return undefined
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major === MINIMUM_LAB[0] && minor >= MINIMUM_LAB[1]
}
