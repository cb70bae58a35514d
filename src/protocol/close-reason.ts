/**
 * Why a socket is closed: one row per reason.
 *
 * y-websocket 3 treats 4400-4499 as final and stops reconnecting, so whatever a client should try
 * again uses 1012, 1013 or 45xx. JupyterLab gives 4400, 4404 and 4500 a meaning before the first
 * sync and 1003 a dialog at any time (`jupyter` column; absent = same code).
 */
export type CloseRow = {
  readonly code: number
  /** At most 123 bytes of UTF-8 fit in a close frame. */
  readonly text: string
  readonly retry: 'never' | 'later' | 'at-once'
}

export const CLOSE_REASONS = {
  bad_request: { code: 4400, text: 'bad request', retry: 'never' },
  not_signed_in: { code: 4401, text: 'sign in first', retry: 'never' },
  forbidden: { code: 4403, text: 'not allowed', retry: 'never' },
  access_revoked: { code: 4403, text: 'your access was removed', retry: 'never' },
  session_expired: { code: 4401, text: 'sign in again', retry: 'never' },
  read_only: { code: 4403, text: 'read only', retry: 'never' },
  not_found: { code: 4404, text: 'not found', retry: 'never' },
  other_lineage: { code: 4409, text: 'this document has a new history; reload', retry: 'never' },
  edit_refused: { code: 4413, text: 'this edit was not taken; reload', retry: 'never' },
  server_stopped: { code: 4424, text: 'the server was stopped', retry: 'never' },
  load_failed: { code: 4500, text: 'the document could not be loaded', retry: 'later' },
  internal: { code: 1011, text: 'server error', retry: 'later' },
  too_large: { code: 1009, text: 'message too large', retry: 'later' },
  too_fast: { code: 4529, text: 'too many messages', retry: 'later' },
  too_slow: { code: 1013, text: 'too slow to keep up; reconnect to catch up', retry: 'later' },
  try_again_later: { code: 1013, text: 'try again later', retry: 'later' },
  restarting: { code: 1012, text: 'the server is restarting', retry: 'at-once' },
} as const satisfies Record<string, CloseRow>

export type CloseReason = keyof typeof CLOSE_REASONS
