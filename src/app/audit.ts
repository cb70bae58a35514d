/** What goes into the audit trail, and how often; from what the parts of the program report. */
import { SERVER_ACTOR, UNKNOWN_ACTOR } from '../access/audit-actions.ts'
import type { AuditAction, AuditEvent, AuditLog } from '../access/audit.ts'
import type { Config } from '../config/schema.ts'
import type { Denial } from '../identity/config-gate.ts'
import type { FileEvent } from '../jupyter/file-binding-event.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { RefusedEdits } from '../room/refusal-count.ts'
import { LevelAuditLog } from '../store/audit-log.ts'
import type { LevelDatabase } from '../store/level-database.ts'
import type { Visit } from '../websocket/upgrade.ts'
import type { ReloadOutcome } from './config-reload.ts'

export type Audit = {
  readonly log: LevelAuditLog
  readonly joined: (visit: Visit) => void
  readonly left: (visit: Visit) => void
  readonly denied: (denial: Denial) => void
  readonly refusedEdits: (refused: RefusedEdits) => void
  readonly reloaded: (outcome: ReloadOutcome) => void
  readonly fileEvent: (event: FileEvent, document: DocumentId) => void
}

/** JupyterLab asks again and again for what a reader may not have. */
const REPEAT_AFTER_MS = 600_000
const MAX_REMEMBERED = 10_000

export function auditOf({
  config,
  database,
}: {
  readonly config: Pick<Config, 'audit' | 'resource'>
  readonly database: LevelDatabase
}): Audit {
  const { enabled, keepMs, maxEvents } = config.audit
  const log = new LevelAuditLog({ database, isRecording: enabled, keepMs, maxEvents })
  return { log, ...reportsTo(log, config.resource.name) }
}

function reportsTo(sink: AuditLog, resource: string): Omit<Audit, 'log'> {
  const rarely = onceInAWhile(sink)
  return {
    joined: ({ user, document, address }) =>
      sink.record({ action: 'join', actor: user, resource, document, address }),
    left: ({ user, document, address }) =>
      sink.record({ action: 'leave', actor: user, resource, document, address }),
    denied: ({ principal, action, code, address }) => {
      const actor = principal?.id ?? UNKNOWN_ACTOR
      // A malformed path says nothing about who asks.
      if (code === 'bad_request') return
      rarely({ action: 'deny', actor, resource, address, detail: `${action}: ${code}` })
    },
    refusedEdits: ({ personId, document, code, count }) =>
      sink.record({
        action: 'update_rejected',
        actor: personId,
        resource,
        document,
        detail: `${count} times ${code}`,
      }),
    reloaded: (outcome) => {
      if (outcome === 'unchanged') return
      sink.record({ action: 'reload', actor: SERVER_ACTOR, resource, detail: outcome })
    },
    fileEvent: ({ kind, path, detail }, document) => {
      const action = FILE_ACTIONS[kind]
      if (action === undefined) return
      rarely({
        action,
        actor: SERVER_ACTOR,
        resource,
        document,
        detail: [path, detail].filter(Boolean).join(': '),
      })
    },
  }
}

const FILE_ACTIONS: Readonly<Partial<Record<FileEvent['kind'], AuditAction>>> = {
  trouble: 'save_failed',
  merged: 'external_merge',
  'kept-beside': 'conflict_copy',
}

/** Drops what was recorded in the same words a while ago. */
function onceInAWhile(sink: AuditLog): (event: AuditEvent) => void {
  const last = new Map<string, number>()
  return (event) => {
    const now = performance.now()
    const key = JSON.stringify(event)
    if (now - (last.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_AFTER_MS) return
    last.delete(key)
    last.set(key, now)
    const [oldest] = last.keys()
    if (last.size > MAX_REMEMBERED && oldest !== undefined) last.delete(oldest)
    sink.record(event)
  }
}
