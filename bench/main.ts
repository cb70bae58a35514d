/** The load tool's command: the standard set, one load, the comparison, growth or sizing. */
import { readFileSync } from 'node:fs'
import { ConfigError } from '../src/config/fault.ts'
import { helpText } from './cli/help.ts'
import { type BenchIo, ExitCode } from './cli/io.ts'
import { planBench } from './plan/options.ts'

export type { BenchIo } from './cli/io.ts'

/** Returns the exit code. Everything that can go wrong is told in one message, without a stack. */
export async function main(args: readonly string[], io: BenchIo): Promise<number> {
  try {
    return await run(args, io)
  } catch (error) {
    io.note(`outrigger bench: ${error instanceof Error ? error.message : String(error)}`)
    if (process.env['OUTRIGGER_LOG_LEVEL'] === 'debug' && error instanceof Error) io.note(error.stack ?? '')
    return error instanceof ConfigError ? ExitCode.usage : ExitCode.failed
  }
}

async function run(args: readonly string[], io: BenchIo): Promise<number> {
  const [first, ...rest] = args
  // The parts are loaded when they are wanted: the help need not wait for the engine.
  if (first === 'compare') return (await import('./compare/main.ts')).compare(rest)
  if (first === 'growth') return (await import('./growth/main.ts')).growth(rest)
  if (first === 'sizing') return (await import('./sizing/main.ts')).sizing()
  if (first === 'help' || args.includes('--help') || args.includes('-h')) {
    io.print(helpText())
    return ExitCode.pass
  }
  const plan = planBench(args, { readFile: (path) => readFileSync(path, 'utf8'), roomPrefix: roomPrefix() })
  if (plan.kind === 'standard') return (await import('./standard/main.ts')).runStandard(plan.output, io)
  return (await import('./cli/run.ts')).runLoad(plan, args, io)
}

/** Another one for each run, in letters that every server takes. */
function roomPrefix(): string {
  return `bench-${Date.now().toString(36)}`
}
