/** Outrigger that runs JupyterLab itself, with the team's people, as an admin sets it up. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { until } from '../support/until.ts'
import { ROOT, VENV } from './environment.ts'
import { type Person, freePort, teamConfig } from './servers.ts'

export type OwnLab = {
  readonly url: string
  readonly tokens: Readonly<Record<Person, string>>
  /** JupyterLab's files. */
  readonly files: string
  stop(): Promise<void>
}

/** Resolves when Outrigger answers; JupyterLab is starting then. `files`: what is there, by name. */
export async function startOwnLab(files: Readonly<Record<string, string>> = {}): Promise<OwnLab> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-e2e-'))
  const root = join(folder, 'files')
  mkdirSync(root)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const { file, tokens } = teamConfig(folder, { url: 'http://unused/', token: 'unused' }, port)
  const settings = parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  settings['jupyter'] = { driver: 'process', command: [join(VENV, 'bin/jupyter')], root }
  writeFileSync(file, stringify(settings))
  const log = openSync(join(folder, 'outrigger.log'), 'a')
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'serve', '--config', file], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...jupyterEnvironment(folder) },
  })
  const isLive = (): Promise<boolean> =>
    fetch(`${url}outrigger/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(isLive, 15_000, 'Outrigger')
  return {
    url,
    tokens,
    files: root,
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function jupyterEnvironment(folder: string): Record<string, string> {
  const configDir = join(folder, 'jupyter-config')
  mkdirSync(configDir)
  // Tests reach nothing outside.
  const settings = { LabApp: { check_for_updates_class: 'jupyterlab.NeverCheckForUpdate' } }
  writeFileSync(join(configDir, 'jupyter_lab_config.json'), JSON.stringify(settings))
  return {
    JUPYTER_PATH: join(VENV, 'share/jupyter'),
    JUPYTER_CONFIG_PATH: join(VENV, 'etc/jupyter'),
    JUPYTER_CONFIG_DIR: configDir,
    JUPYTER_DATA_DIR: join(folder, 'jupyter-data'),
  }
}
