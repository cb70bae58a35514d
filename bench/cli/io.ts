/** What a command may touch of the process. */
import type { ProgressStream } from '../report/progress.ts'

export type BenchIo = {
  /** Results, to stdout. */
  readonly print: (text: string) => void
  /** What happens meanwhile and what goes wrong, to stderr, a line each. */
  readonly note: (text: string) => void
  readonly progress: ProgressStream
}

export const ExitCode = { pass: 0, failed: 1, usage: 2, interrupted: 130 } as const
