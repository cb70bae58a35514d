import { ConfigError } from '../config/fault.ts'
import { examineConfig, gatherConfig } from '../config/load.ts'
import { CONFIG_FLAGS, readArguments } from './arguments.ts'
import type { CommandContext } from './context.ts'

/**
 * For commands that work on the data folder and make another: `DIR` from the command line, and where
 * the data is by flags, environment or file. Who may sign in there does not matter to them, so faults
 * between keys are passed over.
 */
export async function readFolders(
  { args, environment }: Pick<CommandContext, 'args' | 'environment'>,
  usage: string,
): Promise<{ readonly dataDir: string; readonly target: string }> {
  const given = readArguments(args, { valued: CONFIG_FLAGS, operand: 'DIR' })
  if (given.operand === undefined) {
    throw new ConfigError([{ key: 'DIR', problem: 'is missing', fix: `Write: ${usage}` }])
  }
  const said = await gatherConfig({ environment, file: given.text('config'), flags: given.flags })
  const { loaded, faults } = examineConfig(said)
  if (loaded === undefined) throw new ConfigError(faults)
  return { dataDir: loaded.config.data.dir, target: given.operand }
}
