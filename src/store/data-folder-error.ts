/**
 * Why a data folder cannot be used.
 *
 * - `locked`: somebody else has it open.
 * - `lost`: it was used before, and its database is gone or incomplete.
 * - `mismatch`: the database belongs to another folder.
 * - `too-new`: written by a newer version.
 * - `unreadable`: a file in it cannot be read or does not hold what it should.
 */
export type DataFolderProblem = 'locked' | 'lost' | 'mismatch' | 'too-new' | 'unreadable'

/** The message names the folder and the fix; the command line prints it as it is. */
export class DataFolderError extends Error {
  readonly problem: DataFolderProblem
  readonly directory: string

  constructor(problem: DataFolderProblem, directory: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DataFolderError'
    this.problem = problem
    this.directory = directory
  }
}

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
