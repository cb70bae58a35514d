/** The audit trail: a page of it, the newest first, or all of it as JSON lines, the oldest first. */
import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { XStatic } from 'typebox/schema'
import { AUDIT_ACTIONS } from '../../access/audit-actions.ts'
import type { AuditAction } from '../../access/audit.ts'
import { durationMs } from '../../lib/duration.ts'
import { parseTime } from '../../lib/parse-time.ts'
import type { Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'
import type { AuditFilter, AuditPage, RecordedEvent } from '../../store/audit-log.ts'
import { admits } from '../admit.ts'
import { NAME_PARAMETER, RESOURCE_PATH } from '../resource-path.ts'

export type AuditRouteDeps = {
  readonly gate: Gate
  readonly resourceName: string
  readonly trail: {
    page(
      filter: AuditFilter,
      options: { readonly limit: number; readonly before?: string | undefined },
    ): Promise<AuditPage | undefined>
    read(filter: AuditFilter): AsyncIterable<readonly RecordedEvent[]>
  }
}

const TIME = {
  type: 'string',
  maxLength: 40,
  description: 'how long ago, such as 30m, 12h or 2d, or an ISO 8601 time',
} as const

const QUERY = {
  type: 'object',
  properties: {
    since: TIME,
    until: TIME,
    actor: { type: 'string', minLength: 1, maxLength: 200, description: 'the id of a person' },
    action: { type: 'string', enum: Object.keys(AUDIT_ACTIONS) as AuditAction[] },
    limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    before: { type: 'string', maxLength: 40, description: 'the `next` of a page' },
    format: { type: 'string', enum: ['json', 'jsonl'] },
  },
} as const

const EVENT = {
  type: 'object',
  required: ['id', 'at', 'action', 'actor', 'resource'],
  properties: {
    id: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
    action: { type: 'string', enum: Object.keys(AUDIT_ACTIONS) },
    actor: { type: 'string', description: 'Who did it; `server:` for what happened by itself.' },
    resource: { type: 'string' },
    subject: { type: 'string', description: 'Whom or what it was done to.' },
    document: { type: 'string' },
    address: { type: 'string', description: 'The address at the other end of the connection.' },
    detail: { type: 'string' },
  },
} as const

const ANSWER = {
  type: 'object',
  required: ['events', 'next'],
  properties: {
    events: { type: 'array', items: EVENT },
    next: { type: ['string', 'null'], description: 'For `before`; null on the last page.' },
  },
} as const

type Query = XStatic<typeof QUERY> & { readonly limit: number }

export function auditRoute({ gate, resourceName, trail }: AuditRouteDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.get<{ Querystring: Query }>(
      `${RESOURCE_PATH}/audit`,
      {
        onRequest: admits(gate, 'audit.read', { resource: resourceName }),
        schema: {
          summary: 'Who came, who was turned away, who changed what',
          params: NAME_PARAMETER,
          querystring: QUERY,
          response: { 200: ANSWER },
        },
      },
      async (request, reply) => {
        const { limit, before } = request.query
        const filter = filterOf(request.query, resourceName)
        if (wantsLines(request)) return await sendLines(reply, trail.read(filter))
        const page = await trail.page(filter, { limit, before })
        if (page === undefined) throw new SyncError('bad_request', 'before is no `next` of a page.')
        return { events: page.events.map(describe), next: page.next ?? null }
      },
    )
  }
}

function filterOf({ since, until, actor, action }: Query, resource: string): AuditFilter {
  const now = Date.now()
  return {
    resource,
    since: since === undefined ? undefined : timeOf('since', since, now),
    until: until === undefined ? undefined : timeOf('until', until, now),
    actor,
    action: action as AuditAction | undefined,
  }
}

function timeOf(name: string, text: string, now: number): number {
  const ago = durationMs(text)
  const time = ago === undefined ? parseTime(text) : now - ago
  if (time !== undefined) return time
  const fix = 'Write 30m, 12h or 2d for how long ago, or a time such as 2026-01-31T12:00:00Z.'
  throw new SyncError('bad_request', `${name} is no time. ${fix}`)
}

function wantsLines({ query, headers }: FastifyRequest<{ Querystring: Query }>): boolean {
  if (query.format !== undefined) return query.format === 'jsonl'
  return /\bapplication\/(jsonl|x-ndjson)\b/.test(headers.accept ?? '')
}

async function sendLines(
  reply: FastifyReply,
  portions: AsyncIterable<readonly RecordedEvent[]>,
): Promise<FastifyReply> {
  reply.header('content-disposition', 'attachment; filename="audit.jsonl"')
  // Read no faster than the caller takes it, and no further once the caller is gone.
  return await reply.type('application/jsonl; charset=utf-8').send(Readable.from(linesOf(portions)))
}

async function* linesOf(portions: AsyncIterable<readonly RecordedEvent[]>): AsyncGenerator<string> {
  for await (const events of portions) {
    yield events.map((event) => `${JSON.stringify(describe(event))}\n`).join('')
  }
}

function describe({ id, at, ...event }: RecordedEvent) {
  return { id, at: new Date(at).toISOString(), ...event }
}
