import { grantLines } from '../config/grants.ts'
import { configFile, loadConfig } from '../config/load.ts'
import { loadAgain } from '../config/load-again.ts'
import type { Config } from '../config/schema.ts'
import { CONFIG_FLAGS, readArguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { crashOnUncaught, runUntilStopped } from './run-app.ts'
import type { ReadConfig, RunningApp } from './running-app.ts'
import { StopRequest } from './stop-request.ts'

/** `outrigger serve`: the production entry. Never installs; starts Jupyter only when told to (jupyter.driver). */
export async function serve(context: CommandContext): Promise<number> {
  const given = readArguments(context.args, { valued: CONFIG_FLAGS })
  const { environment, version } = context
  const sources = { environment, file: given.text('config'), flags: given.flags }
  const { config, locate } = await loadConfig(sources)
  crashOnUncaught(context)
  let app: RunningApp | undefined
  const stop = new StopRequest(context.exit, () => app?.reload())
  try {
    const load = (): Promise<ReadConfig> => loadAgain({ sources, supplied: [] })
    const source = { file: configFile(sources), load }
    app = await context.startApp({ config, version, environment, locate, source })
    announce(context, config, app.url)
    return await runUntilStopped(app, { drainMs: config.server.drainMs, stop, note: context.note })
  } finally {
    stop.dispose()
  }
}

/** One line for machines where logs are JSON, a few for people elsewhere. */
function announce({ print, version, isTerminal }: CommandContext, config: Config, url: string): void {
  const grants = grantLines(config)
  const { format } = config.log
  if (format === 'json' || (format === 'auto' && !isTerminal)) {
    const line = { level: 'info', time: new Date().toISOString(), msg: 'ready', version, url, grants }
    print(`${JSON.stringify(line)}\n`)
    return
  }
  print(`Outrigger ${version} is ready at ${url}\n${grants.map((line) => `  ${line}\n`).join('')}`)
}
