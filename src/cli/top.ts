import type { ActivityAnswer } from '../http/routes/rooms.ts'
import { EnvironmentError } from '../config/fault.ts'
import { wait } from '../lib/wait.ts'
import { readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { ACCESS_FLAGS, type ServerAccess, askServer, parseObject, serverAccess } from './server-access.ts'
import { StopRequest } from './stop-request.ts'
import { type TopFigures, topFigures } from './top/figures.ts'
import { type TopView, renderTop } from './top/render.ts'
import { type SortKey, isSortKey } from './top/rooms-table.ts'
import { Screen } from './top/screen.ts'

const PERIOD_MS = 1000
const ANSWER_TIMEOUT_MS = 5000
/** Where no terminal says how wide it is. */
const PIPED_COLUMNS = 120
const CTRL_C = '\u0003'

/**
 * `outrigger top`: what goes on in a server that runs, drawn anew each second. Where there is no
 * terminal, or with `--once` or `--json`, it looks twice, prints what was between, and ends.
 */
export async function top(context: CommandContext): Promise<number> {
  const given = readArguments(context.args, { valued: ACCESS_FLAGS, plain: ['once', 'json'] })
  const access = await serverAccess(given, context.environment)
  const stop = new StopRequest(context.exit)
  try {
    const isWatched = context.isTerminal && context.environment['TERM'] !== 'dumb'
    if (isWatched && !given.isSet('once') && !given.isSet('json')) return await watch(context, access, stop)
    return await printOnce(context, access, { stop, isJson: given.isSet('json') })
  } finally {
    stop.dispose()
  }
}

async function printOnce(
  { print, environment }: CommandContext,
  access: ServerAccess,
  { stop, isJson }: { readonly stop: StopRequest; readonly isJson: boolean },
): Promise<number> {
  const first = await look(access, stop.signal)
  if (!(await wait(PERIOD_MS, stop.signal))) return ExitCode.interrupted
  const figures = topFigures(await look(access, stop.signal), first)
  if (isJson) {
    print(`${JSON.stringify(figures, undefined, 2)}\n`)
    return ExitCode.fine
  }
  const columns = Number(environment['COLUMNS']) || PIPED_COLUMNS
  const view = { url: access.url.href, sort: 'r', columns, rows: Number.POSITIVE_INFINITY } as const
  const lines = renderTop(figures, { ...view, isColored: false, isInteractive: false })
  print(`${lines.join('\n')}\n`)
  return ExitCode.fine
}

/** What is on the screen, and what it was made of. */
type Shown = {
  last: ActivityAnswer | undefined
  figures: TopFigures | undefined
  trouble: string | undefined
  sort: SortKey
}

async function watch(context: CommandContext, access: ServerAccess, stop: StopRequest): Promise<number> {
  const quit = new AbortController()
  const shown: Shown = { last: undefined, figures: undefined, trouble: undefined, sort: 'r' }
  const draw = (): void => screen.draw(renderTop(shown.figures, viewOf(context, access, shown, screen)))
  const screen = new Screen({
    input: process.stdin,
    output: process.stdout,
    onResize: draw,
    onKey: (key) => {
      if (key === 'q' || key === CTRL_C) quit.abort()
      if (!isSortKey(key)) return
      shown.sort = key
      draw()
    },
  })
  const ended = AbortSignal.any([stop.signal, quit.signal])
  try {
    // Before the screen is taken: what is wrong from the start is told as by any other command.
    update(shown, await look(access, ended))
    screen.open()
    do {
      draw()
      await wait(PERIOD_MS, ended)
      if (!ended.aborted) await lookAgain(shown, access, ended)
    } while (!ended.aborted)
  } catch (error) {
    if (!ended.aborted) throw error
  } finally {
    screen.close()
  }
  return ExitCode.fine
}

/** A server that is away for a while, as at a restart, is waited for. */
async function lookAgain(shown: Shown, access: ServerAccess, signal: AbortSignal): Promise<void> {
  try {
    update(shown, await look(access, signal))
    shown.trouble = undefined
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    shown.trouble = `Trying again: ${error.message}`
  }
}

function update(shown: Shown, sample: ActivityAnswer): void {
  shown.figures = topFigures(sample, shown.last)
  shown.last = sample
}

function viewOf(
  { environment }: CommandContext,
  { url }: ServerAccess,
  { sort, trouble }: Shown,
  { columns, rows }: Screen,
): TopView {
  // no-color.org: set to anything but nothing.
  const isColored = (environment['NO_COLOR'] ?? '') === ''
  return { url: url.href, sort, trouble, columns, rows, isColored, isInteractive: true }
}

async function look(access: ServerAccess, signal: AbortSignal): Promise<ActivityAnswer> {
  const body = await askServer(access, {
    path: 'outrigger/api/v1/rooms',
    method: 'GET',
    signal,
    timeoutMs: ANSWER_TIMEOUT_MS,
  })
  const answer = parseObject(body)
  if (Array.isArray(answer['rooms']) && typeof answer['times'] === 'object')
    return answer as unknown as ActivityAnswer
  const fix = 'Give its address with --url.'
  const problem = `what answers at ${access.url.href} is not Outrigger`
  throw new EnvironmentError({ key: '--url', problem, fix })
}
