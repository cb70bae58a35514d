import type { Environment } from '../config/environment.ts'
import type { LabFinding, FindLabOptions } from '../jupyter/supervisor/find-lab.ts'
import type { DescribeDocument } from './export.ts'
import type { StartApp } from './running-app.ts'

/** What a command is given by `main.ts`; nothing else of the process is touched by commands. */
export type CommandContext = {
  readonly args: readonly string[]
  readonly environment: Environment
  readonly version: string
  /** Answers go to stdout. */
  readonly print: (text: string) => void
  /** Progress and faults go to stderr. */
  readonly note: (text: string) => void
  readonly isTerminal: boolean
  /** Ends the process at once; for a second Ctrl+C and for faults nobody caught. */
  readonly exit: (code: number) => never
  readonly startApp: StartApp
  readonly describeDocument: DescribeDocument
  readonly findLab: (options: FindLabOptions) => Promise<LabFinding>
}

export type Command = (context: CommandContext) => Promise<number>

export const ExitCode = { fine: 0, environment: 1, configuration: 2, crash: 70, interrupted: 130 } as const
