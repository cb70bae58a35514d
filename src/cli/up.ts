import { resolve } from 'node:path'
import type { Layer } from '../config/layer.ts'
import { type ConfigSources, configFile, gatherConfig, settleConfig, suppliedLayer } from '../config/load.ts'
import { loadAgain } from '../config/load-again.ts'
import type { Config } from '../config/schema.ts'
import type { JupyterSupervisor } from '../jupyter/supervisor/supervisor.ts'
import { CONFIG_FLAGS, readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { crashOnUncaught, runUntilStopped } from './run-app.ts'
import type { RunningApp } from './running-app.ts'
import { StopRequest } from './stop-request.ts'
import { upBanner } from './up-banner.ts'
import { type UpPeople, keptPeople, newPeople, peopleLayer } from './up-people.ts'

/**
 * `outrigger up`: everything on one laptop. Finds or installs JupyterLab, starts it, stands in front
 * of it, and prints an address for the owner and one for a viewer. Without JupyterLab it serves
 * plain rooms, so that it always ends in something a person can use.
 */
export async function up(context: CommandContext): Promise<number> {
  const given = readArguments(context.args, { valued: [...CONFIG_FLAGS, 'root'], plain: ['no-jupyter'] })
  const sources = { environment: context.environment, file: given.text('config'), flags: given.flags }
  const said = await gatherConfig(sources)
  const bringsPeople = !said.entries.has('users') && said.entries.get('auth.mode')?.value !== 'open'
  // Every fault is told before anything is installed or started.
  const { config } = settleConfig(said, bringsPeople ? [peopleLayer(newPeople())] : [])
  const people = bringsPeople ? await keptPeople(config.data.dir) : undefined
  const layers = people === undefined ? [] : [peopleLayer(people)]
  crashOnUncaught(context)
  const stop = new StopRequest(context.exit)
  try {
    const wantsJupyter = !given.isSet('no-jupyter') && config.jupyter.url === undefined
    const rootDir = resolve(given.text('root') ?? '.')
    const jupyter = wantsJupyter ? await bringJupyter(context, { config, rootDir, stop }) : undefined
    return stop.isMade
      ? await stopEarly(jupyter)
      : await run(context, { said, sources, layers, people, jupyter, stop })
  } finally {
    stop.dispose()
  }
}

type Jupyter = { readonly supervisor: JupyterSupervisor; readonly line: string }

/** JupyterLab, running; undefined (and one clear sentence) when it cannot be had. */
async function bringJupyter(
  { environment, findLab, startJupyter, note }: CommandContext,
  {
    config,
    rootDir,
    stop,
  }: { readonly config: Config; readonly rootDir: string; readonly stop: StopRequest },
): Promise<Jupyter | undefined> {
  const { signal } = stop
  const dataDir = config.data.dir
  const lab = await findLab({ dataDir, environment, signal, report: note })
  if (!lab.isFound) {
    if (!stop.isMade) note(`JupyterLab is not available: ${lab.reason}. Serving plain rooms only.`)
    return undefined
  }
  note(`Starting JupyterLab ${lab.version} (${lab.command}) for the files of ${rootDir}`)
  const started = await startJupyter({
    command: lab.command,
    environment,
    dataDir,
    rootDir,
    signal,
    report: note,
  })
  if (!started.isRunning) {
    if (!stop.isMade) note(`JupyterLab does not start: ${started.reason}. Serving plain rooms only.`)
    return undefined
  }
  const { supervisor } = started
  if (supervisor.isAdopted) note('JupyterLab was still running from the last time; its kernels are kept.')
  return { supervisor, line: `JupyterLab ${lab.version}, files of ${rootDir}` }
}

async function stopEarly(jupyter: Jupyter | undefined): Promise<number> {
  await jupyter?.supervisor.close()
  return ExitCode.interrupted
}

async function run(
  context: CommandContext,
  parts: {
    readonly said: Layer
    readonly sources: ConfigSources
    readonly layers: readonly Layer[]
    readonly people: UpPeople | undefined
    readonly jupyter: Jupyter | undefined
    readonly stop: StopRequest
  },
): Promise<number> {
  const { said, sources, people, jupyter, stop } = parts
  const layers = jupyter === undefined ? parts.layers : [...parts.layers, jupyterLayer(jupyter.supervisor)]
  const { config } = settleConfig(said, layers)
  const { version, note } = context
  const load = (): Promise<Config> => loadAgain({ sources, supplied: layers })
  const source = { file: configFile(sources), load }
  const app = await startOrLetGo(() => context.startApp({ config, version, source }), jupyter?.supervisor)
  try {
    context.print(upBanner({ version, url: app.url, config, people, jupyter: jupyter?.line }))
    return await runUntilStopped(app, { drainMs: config.server.drainMs, stop, note })
  } finally {
    // After the rooms: their last saves go through it.
    await jupyter?.supervisor.close()
  }
}

/**
 * When we cannot start, an adopted Jupyter is left alone: it may be that of another `up` which
 * holds the data folder.
 */
async function startOrLetGo(
  start: () => Promise<RunningApp>,
  supervisor: JupyterSupervisor | undefined,
): Promise<RunningApp> {
  try {
    return await start()
  } catch (error) {
    if (supervisor?.isAdopted === true) supervisor.release()
    else await supervisor?.close()
    throw error
  }
}

function jupyterLayer({ url, token }: JupyterSupervisor): Layer {
  return suppliedLayer('outrigger up', { 'jupyter.url': url, 'jupyter.token': token })
}
