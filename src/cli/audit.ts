import type { AuditEvent } from '../access/audit.ts'
import { ConfigError } from '../config/fault.ts'
import { type CommandArguments, readArguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { type Ask, resourcePath, withServer } from './manage.ts'
import { ACCESS_FLAGS } from './server-access.ts'
import { textTable } from './text-table.ts'

type ShownEvent = AuditEvent & { readonly id: string; readonly at: string }

const FILTERS = ['since', 'until', 'actor', 'action'] as const
const DEFAULT_LIMIT = 100
const MAX_PAGE = 1000

/**
 * `outrigger audit`: the newest events of the audit trail of a server that runs, the newest last; with
 * `--json` as one JSON object a line.
 */
export async function audit(context: CommandContext): Promise<number> {
  const valued = [...ACCESS_FLAGS, ...FILTERS, 'limit', 'resource']
  const given = readArguments(context.args, { valued, plain: ['json'] })
  // Who wants the whole trail for a program, has it.
  const limit = limitOf(given.text('limit'), given.isSet('json') ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT)
  return await withServer(context, given, async (ask) => {
    const path = await resourcePath(ask, given.text('resource'))
    const events = await newest(ask, `${path}/audit`, { given, limit })
    if (given.isSet('json')) for (const event of events) context.print(`${JSON.stringify(event)}\n`)
    else context.print(tableOf(events))
  })
}

/** Pages may be short, so several are asked for. The oldest first. */
async function newest(
  ask: Ask,
  path: string,
  { given, limit }: { readonly given: CommandArguments; readonly limit: number },
): Promise<readonly ShownEvent[]> {
  const events: ShownEvent[] = []
  let before: string | undefined
  do {
    const page = query(given, { limit: String(Math.min(limit - events.length, MAX_PAGE)), before })
    const answer = await ask('GET', `${path}?${String(page)}`)
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

function tableOf(events: readonly ShownEvent[]): string {
  const rows = events.map(({ at, actor, action, subject = '', document = '', detail = '', address = '' }) => [
    at.replace(/\.\d+Z$/, 'Z'),
    actor,
    action,
    [subject, document].filter((text) => text !== '').join(' '),
    detail,
    address,
  ])
  return textTable(['TIME', 'WHO', 'WHAT', 'ABOUT', 'DETAIL', 'ADDRESS'], rows)
}

function limitOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0) return limit
  const fix = 'Write a number such as 100.'
  throw new ConfigError([{ key: '--limit', problem: `${text} is no number of events`, fix }])
}
