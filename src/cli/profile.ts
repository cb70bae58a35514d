import { ConfigError } from '../config/fault.ts'
import { readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { ACCESS_FLAGS, askServer, serverAccess } from './server-access.ts'
import { StopRequest } from './stop-request.ts'

const DEFAULT_SECONDS = '10'
const MAX_SECONDS = 60
/** Beyond the time itself: building the profile of a busy server takes a while. */
const SPARE_MS = 30_000

/** `outrigger profile > FILE.cpuprofile`: what a running server does with its time. */
export async function profile(context: CommandContext): Promise<number> {
  const given = readArguments(context.args, { valued: [...ACCESS_FLAGS, 'seconds'] })
  const seconds = secondsOf(given.text('seconds') ?? DEFAULT_SECONDS)
  if (context.isTerminal) {
    const fix = 'Write: outrigger profile > out.cpuprofile'
    throw new ConfigError([{ key: 'profile', problem: 'would fill the terminal with its file', fix }])
  }
  const access = await serverAccess(given, context.environment)
  const stop = new StopRequest(context.exit)
  try {
    context.note(`Profiling ${access.url.href} for ${seconds} s …`)
    const body = await askServer(access, {
      path: `outrigger/api/v1/profile?seconds=${seconds}`,
      method: 'POST',
      signal: stop.signal,
      timeoutMs: seconds * 1000 + SPARE_MS,
    })
    await written(body)
    context.note(
      `${body.length} bytes. Open the file in the Performance panel of a browser's developer tools.`,
    )
    return ExitCode.fine
  } catch (error) {
    if (stop.isMade) return ExitCode.interrupted
    throw error
  } finally {
    stop.dispose()
  }
}

function secondsOf(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= MAX_SECONDS) return seconds
  const problem = `${text} is not a whole number from 1 to ${MAX_SECONDS}`
  throw new ConfigError([{ key: '--seconds', problem, fix: 'Write: outrigger profile --seconds 10' }])
}

/** The process ends right after; a pipe may take longer than one write. */
async function written(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
