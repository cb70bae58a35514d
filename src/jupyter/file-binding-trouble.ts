import { SyncError } from '../protocol/errors.ts'
import type { ContentsFault } from './contents-answer.ts'

/**
 * Why document and file cannot be brought together at the moment.
 *
 * - `missing`: nothing at that path; looked for again. `deleted`: somebody deleted it in Jupyter.
 * - `read-only`: Jupyter says that the file is not writable. `rejected`: it refused the write.
 * - `unreachable`: no answer, or an answer that may pass; tried again with growing pauses.
 * - `write-failed`: the same for a write, while the file can be looked at, e.g. a full disk.
 * - `unsettled`: the file looks torn or keeps changing. `unreadable`: it cannot be parsed.
 */
export type Trouble = DiskTrouble | 'deleted'
export type DiskTrouble =
  | 'missing'
  | 'read-only'
  | 'rejected'
  | 'unreachable'
  | 'write-failed'
  | 'unsettled'
  | 'unreadable'

/** Without a history there is nothing to fall back on: the room must not open. */
export function importError(fault: ContentsFault): SyncError {
  switch (fault.kind) {
    case 'missing':
      return new SyncError('not_found', 'There is no such file.')
    case 'bad':
      return new SyncError('bad_request', fault.message)
    case 'unreachable':
      return new SyncError('jupyter_unreachable', undefined, { cause: fault.cause })
    case 'refused':
    case 'failed':
      return new SyncError('load_failed', `Jupyter answered ${fault.status}: ${fault.message}`)
  }
}

/** What a look or a read that failed means. A refused one may be a token that is not known yet. */
export function troubleOf(fault: ContentsFault): DiskTrouble {
  switch (fault.kind) {
    case 'missing':
      return 'missing'
    case 'bad':
      return 'unreadable'
    case 'refused':
    case 'unreachable':
    case 'failed':
      return 'unreachable'
  }
}

/** Of a write, a refusal is about this file and stays. */
export function writeTroubleOf(fault: ContentsFault): DiskTrouble {
  switch (fault.kind) {
    case 'missing':
      return 'missing'
    case 'bad':
    case 'refused':
      return 'rejected'
    case 'unreachable':
    case 'failed':
      return 'write-failed'
  }
}
