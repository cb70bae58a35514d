import { wait } from '../lib/wait.ts'
import { type CommandContext, ExitCode } from './context.ts'
import type { RunningApp } from './running-app.ts'
import type { StopRequest } from './stop-request.ts'

/** Runs until a signal, then closes within `drainMs`; gives the exit code. */
export async function runUntilStopped(
  app: RunningApp,
  run: { readonly drainMs: number; readonly stop: StopRequest; readonly note: (text: string) => void },
): Promise<number> {
  await run.stop.requested
  if (await closesWithin(app, run.drainMs)) return ExitCode.fine
  run.note(
    `Stopping took longer than server.drainMs (${run.drainMs} ms) and was cut short. Edits are safe; files may be saved at the next start.`,
  )
  return ExitCode.environment
}

async function closesWithin(app: RunningApp, ms: number): Promise<boolean> {
  const done = new AbortController()
  const closed = app.close().then(() => true)
  const tooLate = wait(ms, done.signal).then(() => false)
  try {
    return await Promise.race([closed, tooLate])
  } finally {
    done.abort()
  }
}

/**
 * After a fault that nobody caught, the state of the process is unknown: it ends, and whoever
 * supervises it starts it anew. What peers have seen is in the log.
 */
export function crashOnUncaught(context: Pick<CommandContext, 'note' | 'exit'>): void {
  const onFault = (error: unknown): void => {
    context.note(`Fatal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    context.exit(ExitCode.crash)
  }
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
}
