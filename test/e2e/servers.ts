/**
 * Real processes for the browser suite: a Jupyter server that survives the sidecar, and Outrigger
 * itself, started the way an admin starts it, so that it can be killed with -9.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { until } from '../support/until.ts'
import { FULL_VENV, ROOT, VENV } from './environment.ts'

export type Server = {
  readonly url: string
  readonly process: ChildProcess
  stop(signal?: NodeJS.Signals): Promise<void>
}

export const PEOPLE = ['ada', 'lin', 'rea', 'eve'] as const
export type Person = (typeof PEOPLE)[number]

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export type JupyterOptions = {
  /** Its files; logs and settings go beside it. */
  readonly folder: string
  readonly basePath?: string | undefined
  readonly port?: number | undefined
  readonly token?: string | undefined
  /** With the Python half of jupyter-collaboration, as `pip install jupyter-collaboration` gives it. */
  readonly hasServerHalf?: boolean | undefined
}

export type Jupyter = Server & { readonly token: string; readonly port: number }

export async function startJupyter(options: JupyterOptions): Promise<Jupyter> {
  const { folder, basePath = '/' } = options
  const port = options.port ?? (await freePort())
  const token = options.token ?? randomBytes(16).toString('hex')
  const venv = options.hasServerHalf === true ? FULL_VENV : VENV
  const log = openSync(join(folder, '..', 'jupyter.log'), 'a')
  const child = spawn(
    join(venv, 'bin/python'),
    [
      '-m',
      'jupyterlab',
      '--no-browser',
      '--allow-root',
      '--ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--ServerApp.base_url=${basePath}`,
      `--ServerApp.root_dir=${folder}`,
      // Tests reach nothing outside.
      '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
    ],
    {
      env: {
        ...process.env,
        JUPYTER_TOKEN: token,
        JUPYTER_PATH: join(VENV, 'share/jupyter'),
        JUPYTER_CONFIG_PATH: join(venv, 'etc/jupyter'),
        JUPYTER_CONFIG_DIR: join(folder, '..', 'jupyter-config'),
        JUPYTER_DATA_DIR: join(folder, '..', 'jupyter-data'),
        PATH: `${join(venv, 'bin')}:${process.env['PATH'] ?? ''}`,
      },
      stdio: ['ignore', log, log],
    },
  )
  const url = `http://127.0.0.1:${port}${basePath}`
  await until(() => answers(`${url}api/status?token=${token}`), 60_000, 'Jupyter to answer')
  return { ...server(child, url), token, port }
}

/** A team's configuration: ada owns, lin may edit, rea may read, eve has no grant. */
export function teamConfig(
  folder: string,
  jupyter: { readonly url: string; readonly token: string },
  port: number,
) {
  const tokens = Object.fromEntries(
    PEOPLE.map((name) => [name, `ort_${randomBytes(32).toString('base64url')}`]),
  ) as Record<Person, string>
  const tokenFile = join(folder, 'jupyter-token')
  writeFileSync(tokenFile, jupyter.token, { mode: 0o600 })
  const names: Record<Person, string> = {
    ada: 'Ada Lovelace',
    lin: 'Lin Clark',
    rea: 'Rea Der',
    eve: 'Eve Stranger',
  }
  const file = join(folder, 'outrigger.yaml')
  writeFileSync(
    file,
    stringify({
      server: { port },
      data: { dir: join(folder, 'data') },
      log: { level: 'debug' },
      users: PEOPLE.map((name) => ({
        name,
        displayName: names[name],
        tokens: [`sha256:${createHash('sha256').update(tokens[name]).digest('hex')}`],
      })),
      resource: { owner: 'user:ada', viewers: [{ user: 'lin' }, { user: 'rea', access: 'read' }] },
      jupyter: { url: jupyter.url, tokenFile },
    }),
  )
  return { file, tokens }
}

export async function startOutrigger(folder: string, config: string, url: string): Promise<Server> {
  const log = openSync(join(folder, 'outrigger.log'), 'a')
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'serve', '--config', config], {
    stdio: ['ignore', log, log],
  })
  await until(
    () => answers(`${new URL('/outrigger/health/ready', url).href}`),
    15_000,
    'Outrigger to be ready',
  )
  return server(child, url)
}

function server(child: ChildProcess, url: string): Server {
  return {
    url,
    process: child,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
