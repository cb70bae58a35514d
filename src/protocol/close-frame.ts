import { CLOSE_REASONS, type CloseReason } from './close-reason.ts'
import type { Dialect } from './message.ts'

export type CloseFrame = { readonly code: number; readonly text: string }

/**
 * The close frame for a reason, in the words that the client at the other end understands.
 *
 * jupyter-collaboration 5: 4400, 4404 and 4500 end a document that was not synced yet, with a
 * message; after the first sync they are ignored and the client comes back at once, and only 1003
 * with a JSON reason shows a dialog and stops it. All other codes mean: reconnect silently.
 */
export function closeFrame(reason: CloseReason, dialect: Dialect, isSynced: boolean): CloseFrame {
  const { code, text } = CLOSE_REASONS[reason]
  if (dialect === 'y-websocket') return { code, text }
  switch (reason) {
    case 'other_lineage':
      return jupyterDialog('unknown_session', true, undefined)
    case 'not_found':
      return isSynced
        ? jupyterDialog('access_revoked', false, 'This document is gone.')
        : { code: 4404, text }
    case 'load_failed':
      return isSynced ? { code: 1013, text } : { code: 4500, text }
    case 'bad_request':
      return isSynced
        ? jupyterDialog('initialization_error', true, 'A message was malformed.')
        : { code: 4400, text }
    case 'session_expired':
    case 'not_signed_in':
      return isSynced ? jupyterDialog('access_revoked', true, 'Sign in again.') : { code: 4400, text }
    case 'access_revoked':
    case 'forbidden':
      return isSynced
        ? jupyterDialog('access_revoked', false, 'Your access was removed.')
        : { code: 4400, text }
    case 'read_only':
      return isSynced
        ? jupyterDialog('access_revoked', true, 'You may only read this.')
        : { code: 4400, text }
    case 'server_stopped':
      return isSynced
        ? jupyterDialog('server_stopped', true, 'The server was stopped; your edits are kept.')
        : { code: 4400, text }
    case 'edit_refused':
      return jupyterDialog('initialization_error', true, 'An edit was not taken.')
    case 'internal':
    case 'too_large':
    case 'too_fast':
    case 'too_slow':
    case 'try_again_later':
    case 'restarting':
      return { code, text }
  }
}

/** At most 123 bytes, which is all a close frame holds. */
function jupyterDialog(reason: string, isReloadable: boolean, errorReason: string | undefined): CloseFrame {
  return { code: 1003, text: JSON.stringify({ reason, reloadable: isReloadable, errorReason }) }
}
