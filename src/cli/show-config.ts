import { ConfigError } from '../config/fault.ts'
import { examineConfig, gatherConfig } from '../config/load.ts'
import { renderDefaults, renderEffective } from '../config/render.ts'
import { CONFIG_FLAGS, readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'

/** `outrigger config`: the effective configuration, or with `--defaults` the explained default file. */
export async function showConfig(context: CommandContext): Promise<number> {
  const given = readArguments(context.args, { valued: CONFIG_FLAGS, plain: ['defaults'] })
  if (given.isSet('defaults')) {
    context.print(renderDefaults())
    return ExitCode.fine
  }
  const { environment } = context
  const said = await gatherConfig({ environment, file: given.text('config'), flags: given.flags })
  const { loaded, faults } = examineConfig(said)
  if (loaded !== undefined) context.print(renderEffective(loaded))
  if (faults.length > 0) throw new ConfigError(faults)
  return ExitCode.fine
}
