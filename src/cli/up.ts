import { resolve } from 'node:path'
import type { Layer } from '../config/layer.ts'
import { type ConfigSources, configFile, gatherConfig, settleConfig, suppliedLayer } from '../config/load.ts'
import { loadAgain } from '../config/load-again.ts'
import type { Config } from '../config/schema.ts'
import { CONFIG_FLAGS, readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { crashOnUncaught, runUntilStopped } from './run-app.ts'
import type { ReadConfig } from './running-app.ts'
import { StopRequest } from './stop-request.ts'
import { upBanner } from './up-banner.ts'
import { type UpPeople, keptPeople, newPeople, peopleLayer } from './up-people.ts'

/**
 * `outrigger up`: everything on one laptop. Finds or installs JupyterLab, starts it, stands in front
 * of it, and prints an address for the owner and one for a viewer; while JupyterLab starts, a page
 * there says so. Without JupyterLab it serves
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
    const isFound = given.isSet('no-jupyter') || config.jupyter.url !== undefined
    const wantsJupyter = !isFound && !said.entries.has('jupyter.driver')
    const rootDir = resolve(given.text('root') ?? '.')
    const jupyter = wantsJupyter ? await bringJupyter(context, { config, rootDir, stop }) : undefined
    if (stop.isMade) return ExitCode.interrupted
    return await run(context, { said, sources, layers, people, jupyter, stop })
  } finally {
    stop.dispose()
  }
}

type Jupyter = { readonly layer: Layer; readonly line: string }

/** JupyterLab, for the server to start; undefined (and one clear sentence) when it cannot be had. */
async function bringJupyter(
  { environment, findLab, note }: CommandContext,
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
  note(`JupyterLab ${lab.version} (${lab.command}) for the files of ${rootDir}`)
  const layer = suppliedLayer('outrigger up', {
    'jupyter.driver': 'process',
    'jupyter.command': [lab.command],
    'jupyter.root': rootDir,
  })
  return { layer, line: `JupyterLab ${lab.version}, files of ${rootDir}` }
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
  const layers = jupyter === undefined ? parts.layers : [...parts.layers, jupyter.layer]
  const { config, locate } = settleConfig(said, layers)
  const { version, environment, note } = context
  const load = (): Promise<ReadConfig> => loadAgain({ sources, supplied: layers })
  const source = { file: configFile(sources), load }
  const app = await context.startApp({ config, version, environment, locate, source })
  context.print(upBanner({ version, url: app.url, config, people, jupyter: jupyter?.line }))
  return await runUntilStopped(app, { drainMs: config.server.drainMs, stop, note })
}
