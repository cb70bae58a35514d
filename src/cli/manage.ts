/** What the commands that manage a running server share. */
import { ConfigError, EnvironmentError } from '../config/fault.ts'
import type { ResourceAnswer } from '../http/routes/viewer-schemas.ts'
import type { CommandArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { type Question, askServer, parseObject, serverAccess } from './server-access.ts'
import { StopRequest } from './stop-request.ts'

/** Asks the API of the server; the answer as JSON, an empty object for an empty one. */
export type Ask = (
  method: Question['method'],
  path: string,
  body?: unknown,
) => Promise<Readonly<Record<string, unknown>>>

const API = 'outrigger/api/v1/'
const ANSWER_TIMEOUT_MS = 30_000

/** Runs a command that asks the server which the flags name. Ctrl+C ends it. */
export async function withServer(
  context: CommandContext,
  given: CommandArguments,
  run: (ask: Ask) => Promise<void>,
): Promise<number> {
  const access = await serverAccess(given, context.environment)
  const stop = new StopRequest(context.exit)
  try {
    await run(async (method, path, body) => {
      const { signal } = stop
      const question = { method, path: `${API}${path}`, body, signal, timeoutMs: ANSWER_TIMEOUT_MS }
      return parseObject(await askServer(access, question))
    })
    return ExitCode.fine
  } catch (error) {
    if (stop.isMade) return ExitCode.interrupted
    throw error
  } finally {
    stop.dispose()
  }
}

export async function listResources(ask: Ask): Promise<readonly ResourceAnswer[]> {
  const { resources } = await ask('GET', 'resources')
  return Array.isArray(resources) ? (resources as ResourceAnswer[]) : []
}

/** The path of the resource that `--resource` names, or of the only one. */
export async function resourcePath(ask: Ask, name: string | undefined): Promise<string> {
  const names = (await listResources(ask)).map((resource) => resource.name)
  const [only] = names
  const chosen = name ?? (names.length === 1 ? only : undefined)
  if (chosen !== undefined && names.includes(chosen)) return `resources/${encodeURIComponent(chosen)}`
  const fix = `This server has: ${names.join(', ')}.`
  if (name === undefined) throw new ConfigError([{ key: '--resource', problem: 'is missing', fix }])
  throw new EnvironmentError({ key: '--resource', problem: `there is no "${name}" here`, fix })
}
