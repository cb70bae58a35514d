/** Whoever runs the Jupyter server, and the client of its files. */
import type { Logger } from 'pino'
import { EnvironmentError } from '../config/fault.ts'
import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import { ContentsClient } from '../jupyter/contents-client.ts'
import type { ServerDriver, ServerState } from '../jupyter/drivers/driver.ts'
import { ExternalDriver } from '../jupyter/drivers/external-driver.ts'
import { ProcessDriver } from '../jupyter/drivers/process-driver.ts'
import { findOnPath } from '../lib/find-on-path.ts'
import { runInBackground } from '../lib/run-in-background.ts'

export type DrivenServer = { readonly driver: ServerDriver; readonly contents: ContentsClient }

export type DriverDeps = {
  readonly config: Config
  readonly environment: Environment
  readonly logger: Logger
}

/**
 * Undefined when no Jupyter is configured. One that does not answer is waited for while we serve; one
 * that refuses the token, and a command that does not exist, are an `EnvironmentError`.
 */
export async function drivenServer(deps: DriverDeps): Promise<DrivenServer | undefined> {
  const { driver, url } = deps.config.jupyter
  if (driver === 'process') return await ownServer(deps)
  return url === undefined ? undefined : await externalServer(deps, url)
}

async function externalServer({ config, logger }: DriverDeps, url: string): Promise<DrivenServer> {
  const { token = '', healthMs, maxMissedChecks } = config.jupyter
  const contents = contentsClient(config, { url, token })
  const first = await contents.check()
  if (first === 'refused') {
    contents.close()
    throw tokenFault(url)
  }
  const driver = new ExternalDriver(
    {
      url,
      token,
      check: () => contents.check(),
      intervalMs: healthMs,
      maxFailures: maxMissedChecks,
      onError: (error) => logger.error({ err: error }, 'jupyter'),
    },
    first,
  )
  if (first !== 'ok') logger.warn({ jupyter: url }, 'no Jupyter server answers there yet; waiting for it')
  logChanges(driver, logger)
  noteServerHalfOnce({ driver, contents }, logger)
  return { driver, contents }
}

async function ownServer({ config, environment, logger }: DriverDeps): Promise<DrivenServer> {
  const { command: words, root } = config.jupyter
  const [command = 'jupyter', ...leadingArgs] = words
  if (!command.includes('/') && (await findOnPath(command, environment['PATH'])) === undefined)
    throw commandFault(command)
  const driver = await ProcessDriver.open({
    command,
    leadingArgs,
    environment: withoutOurs(environment),
    dataDir: config.data.dir,
    rootDir: root,
    report: (line) => logger.info(line),
    onError: (error) => logger.error({ err: error }, 'jupyter'),
  })
  if (driver.isAdopted) logger.info('JupyterLab was still running from the last time; its kernels are kept')
  logChanges(driver, logger)
  return { driver, contents: contentsClient(config, driver) }
}

function contentsClient({ jupyter }: Config, server: { readonly url: string; readonly token: string }) {
  return new ContentsClient({
    url: server.url,
    token: server.token,
    statTimeoutMs: jupyter.connectTimeoutMs,
    transferTimeoutMs: jupyter.timeoutMs,
  })
}

/** Kernels read their environment; what configures us, tokens among it, is not theirs. */
function withoutOurs(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('OUTRIGGER_')))
}

function logChanges(driver: ServerDriver, logger: Logger): void {
  let last = driver.state.phase
  driver.onChange(({ phase, detail }: ServerState) => {
    if (phase === last) return
    last = phase
    const level = phase === 'crashed' || phase === 'unreachable' ? 'warn' : 'info'
    logger[level]({ phase, detail }, `the Jupyter server is ${phase}`)
  })
}

/** The Python half of jupyter-collaboration is never reached through us; its admin should know. */
function noteServerHalfOnce({ driver, contents }: DrivenServer, logger: Logger): void {
  let isAsked = false
  const ask = ({ phase }: ServerState): void => {
    if (isAsked || phase !== 'running') return
    isAsked = true
    runInBackground(
      async () => {
        if ((await contents.serverHalf()) === 'present') logger.warn(SERVER_HALF)
      },
      (error) => logger.error({ err: error }, 'jupyter'),
    )
  }
  ask(driver.state)
  driver.onChange(ask)
}

const SERVER_HALF =
  'The Jupyter server also runs jupyter_server_ydoc. It is not used through Outrigger; switch it off with: jupyter server extension disable jupyter_server_ydoc'

function tokenFault(url: string): EnvironmentError {
  return new EnvironmentError({
    key: 'jupyter.token',
    problem: `the Jupyter server at ${url} refuses the token`,
    fix: 'Put the token it was started with into the file named by jupyter.tokenFile (--jupyter-token-file), or into OUTRIGGER_JUPYTER_TOKEN.',
  })
}

function commandFault(command: string): EnvironmentError {
  return new EnvironmentError({
    key: 'jupyter.command',
    problem: `there is no ${command} on PATH`,
    fix: 'Install JupyterLab 4.6 with jupyter-collaboration-ui and jupyter-docprovider, or name its command by its path.',
  })
}
