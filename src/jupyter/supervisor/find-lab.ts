import { resolve } from 'node:path'
import { findOnPath } from '../../lib/find-on-path.ts'
import { inspectLab } from './inspect-lab.ts'
import { createVenv, venvJupyter } from './private-venv.ts'

export type FindLabOptions = {
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly report: (line: string) => void
}

export type LabFinding =
  | { readonly isFound: true; readonly command: string; readonly version: string }
  | { readonly isFound: false; readonly reason: string }

/**
 * A collaborative JupyterLab: the one on PATH, or the private one below the data folder, which is
 * made when it is missing. Aborting ends whatever runs and gives `isFound: false`.
 */
export async function findLab(options: FindLabOptions): Promise<LabFinding> {
  const onPath = await findOnPath('jupyter', options.environment['PATH'])
  if (onPath !== undefined) {
    const lab = await inspectLab(onPath, options)
    if (lab.isUsable) return { isFound: true, command: onPath, version: lab.version }
    options.report(`${lab.reason}; using a private JupyterLab instead.`)
  }
  const folder = resolve(options.dataDir, 'jupyter-venv')
  const present = await inspectLab(venvJupyter(folder), options)
  if (present.isUsable) return { isFound: true, command: venvJupyter(folder), version: present.version }
  const created = await createVenv({ ...options, folder })
  if (!created.isReady) return { isFound: false, reason: created.reason }
  const lab = await inspectLab(created.command, options)
  return lab.isUsable
    ? { isFound: true, command: created.command, version: lab.version }
    : { isFound: false, reason: lab.reason }
}
