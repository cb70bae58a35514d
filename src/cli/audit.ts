import type { AuditEvent } from '../access/audit.ts'
import { ConfigError } from '../config/fault.ts'
import { cellWidth, printable } from '../lib/terminal-text.ts'
import { type CommandArguments, readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { ACCESS_FLAGS, type ServerAccess, askServer, parseObject, serverAccess } from './server-access.ts'
import { StopRequest } from './stop-request.ts'

type ShownEvent = AuditEvent & { readonly id: string; readonly at: string }
type Ask = (path: string) => Promise<string>

const FILTERS = ['since', 'until', 'actor', 'action'] as const
const ANSWER_TIMEOUT_MS = 60_000
const DEFAULT_LIMIT = 100
const MAX_PAGE = 1000

/**
 * `outrigger audit`: the newest events of the audit trail of a server that runs, the newest last; with
 * `--json` all of them, one JSON object a line.
 */
export async function audit(context: CommandContext): Promise<number> {
  const valued = [...ACCESS_FLAGS, ...FILTERS, 'limit', 'resource']
  const given = readArguments(context.args, { valued, plain: ['json'] })
  const limit = limitOf(given.text('limit'))
  const access = await serverAccess(given, context.environment)
  const stop = new StopRequest(context.exit)
  try {
    const ask = asker(access, stop.signal)
    const name = given.text('resource') ?? (await onlyResource(ask))
    const path = `resources/${encodeURIComponent(name)}/audit`
    if (given.isSet('json')) context.print(await ask(`${path}?${String(query(given, { format: 'jsonl' }))}`))
    else context.print(linesOf(await newest(ask, path, given, limit)))
    return ExitCode.fine
  } catch (error) {
    if (stop.isMade) return ExitCode.interrupted
    throw error
  } finally {
    stop.dispose()
  }
}

function asker(access: ServerAccess, signal: AbortSignal): Ask {
  return async (path) =>
    await askServer(access, {
      path: `outrigger/api/v1/${path}`,
      method: 'GET',
      signal,
      timeoutMs: ANSWER_TIMEOUT_MS,
    })
}

async function onlyResource(ask: Ask): Promise<string> {
  const { resources } = parseObject(await ask('resources'))
  const names = (Array.isArray(resources) ? resources : []).map(({ name }: { name: string }) => name)
  const [only] = names
  if (only !== undefined && names.length === 1) return only
  const fix = names.length === 0 ? 'This person sees none there.' : `There are ${names.join(', ')}.`
  throw new ConfigError([{ key: '--resource', problem: 'is missing', fix }])
}

/** Pages may be short, so several are asked for. */
async function newest(
  ask: Ask,
  path: string,
  given: CommandArguments,
  limit: number,
): Promise<readonly ShownEvent[]> {
  const events: ShownEvent[] = []
  let before: string | undefined
  do {
    const page = query(given, { limit: String(Math.min(limit - events.length, MAX_PAGE)), before })
    const answer = parseObject(await ask(`${path}?${String(page)}`))
    if (Array.isArray(answer['events'])) events.push(...(answer['events'] as ShownEvent[]))
    before = typeof answer['next'] === 'string' ? answer['next'] : undefined
  } while (before !== undefined && events.length < limit)
  return events.toReversed()
}

function query(given: CommandArguments, more: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const filters = FILTERS.map((name) => [name, given.text(name)] as const)
  const set = [...filters, ...Object.entries(more)].filter(([, value]) => value !== undefined)
  return new URLSearchParams(set as [string, string][])
}

/** What others chose, such as names, cannot change the terminal. */
function linesOf(events: readonly ShownEvent[]): string {
  const rows = events.map(({ at, actor, action, subject, document, detail, address }) => [
    at.replace(/\.\d+Z$/, 'Z'),
    printable(actor),
    action,
    [subject, document, detail, address && `from ${address}`]
      .filter((text) => text !== undefined && text !== '')
      .map((text) => printable(text ?? ''))
      .join('  '),
  ])
  const width = (column: number): number => Math.max(0, ...rows.map((row) => cellWidth(row[column] ?? '')))
  const widths = [0, 1, 2].map(width)
  return rows
    .map((row) =>
      row.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cellWidth(cell)))),
    )
    .map((row) => `${row.join('  ').trimEnd()}\n`)
    .join('')
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0) return limit
  const fix = 'Write a number such as 100.'
  throw new ConfigError([{ key: '--limit', problem: `${text} is no number of events`, fix }])
}
