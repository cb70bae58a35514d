/**
 * The one table of everything that can go wrong in front of a user.
 *
 * Code, documentation and clients share it: an HTTP answer carries `status` and the code, a socket
 * is closed with the close reason named here, the log line gets `level`.
 */
import type { CloseReason } from './close-reason.ts'

export type ErrorRow = {
  readonly status: number
  readonly close: CloseReason
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  /** What a person reads. One sentence, with the fix where there is one. */
  readonly message: string
}

export const ERRORS = {
  bad_request: {
    status: 400,
    close: 'bad_request',
    level: 'info',
    message: 'The request is not well formed.',
  },
  bad_room_name: {
    status: 400,
    close: 'bad_request',
    level: 'info',
    message: 'A room name has 1 to 200 characters out of A-Z a-z 0-9 . _ : ~ -',
  },
  malformed_message: {
    status: 400,
    close: 'bad_request',
    level: 'info',
    message: 'The message could not be decoded; nothing of it was applied.',
  },
  not_signed_in: { status: 401, close: 'not_signed_in', level: 'info', message: 'Sign in first.' },
  forbidden: { status: 403, close: 'forbidden', level: 'info', message: 'You may not do that here.' },
  access_revoked: {
    status: 403,
    close: 'access_revoked',
    level: 'info',
    message: 'Your access to this server was removed.',
  },
  /** JupyterLab 4.6 takes any other refusal for the death of the kernel, and opens a dialog. */
  kernel_out_of_reach: {
    status: 424,
    close: 'access_revoked',
    level: 'info',
    message: 'Your access to this server was removed.',
  },
  session_expired: {
    status: 401,
    close: 'session_expired',
    level: 'info',
    message: 'You are no longer signed in; sign in again.',
  },
  bad_origin: {
    status: 403,
    close: 'forbidden',
    level: 'warn',
    message:
      'The request comes from another web site. Add its origin to server.allowedOrigins if you trust it.',
  },
  read_only: {
    status: 403,
    close: 'read_only',
    level: 'info',
    message: 'You may look at this, but not change it.',
  },
  foreign_client_id: {
    status: 403,
    close: 'forbidden',
    level: 'warn',
    message: 'An edit was written in the name of another person; reload the page to go on as yourself.',
  },
  start_not_allowed: {
    status: 403,
    close: 'forbidden',
    level: 'info',
    message: 'Only the owner of this server may start it.',
  },
  stop_not_allowed: {
    status: 403,
    close: 'forbidden',
    level: 'info',
    message: 'Only the owner of this server may stop it.',
  },
  owner_immutable: {
    status: 409,
    close: 'forbidden',
    level: 'info',
    message: 'The owner is set when a server is created and never changes.',
  },
  declared: {
    status: 409,
    close: 'forbidden',
    level: 'info',
    message: 'This stands in the configuration; change it there.',
  },
  grant_of_group: {
    status: 409,
    close: 'forbidden',
    level: 'info',
    message: 'This access comes with a group; leave the group, or ask the owner.',
  },
  grants_full: {
    status: 409,
    close: 'forbidden',
    level: 'warn',
    message: 'There are as many viewers as there may be (limits.maxGrants); remove some first.',
  },
  open_mode: {
    status: 409,
    close: 'forbidden',
    level: 'info',
    message: 'Nobody signs in here (auth.mode is open), so there is nobody to give access to.',
  },
  owner_stays: {
    status: 409,
    close: 'forbidden',
    level: 'info',
    message: 'Whoever owns a server can be removed from its rooms, but not kept out.',
  },
  too_many_links: {
    status: 409,
    close: 'forbidden',
    level: 'info',
    message: 'There are too many guest links here; revoke some that are not needed any more.',
  },
  link_expired: {
    status: 410,
    close: 'access_revoked',
    level: 'info',
    message: 'This guest link is over; ask whoever gave it to you for a new one.',
  },
  link_revoked: {
    status: 410,
    close: 'access_revoked',
    level: 'info',
    message: 'This guest link was revoked; ask whoever gave it to you.',
  },
  not_found: { status: 404, close: 'not_found', level: 'info', message: 'There is nothing here.' },
  too_slow: {
    status: 408,
    close: 'too_slow',
    level: 'info',
    message: 'The request took too long to arrive.',
  },
  other_lineage: {
    status: 409,
    close: 'other_lineage',
    level: 'warn',
    message: 'This document has a new history; reload the page to continue.',
  },
  server_not_controlled: {
    status: 409,
    close: 'try_again_later',
    level: 'info',
    message: 'This Jupyter server is started and stopped elsewhere, not by Outrigger (jupyter.driver).',
  },
  already_running: {
    status: 409,
    close: 'try_again_later',
    level: 'info',
    message: 'This is being done already; try again when it is over.',
  },
  too_large: {
    status: 413,
    close: 'too_large',
    level: 'warn',
    message: 'The message is larger than this server takes.',
  },
  document_full: {
    status: 413,
    close: 'edit_refused',
    level: 'warn',
    message:
      'The document is full (rooms.maxDocumentBytes); your last edit was not taken. Reload, then delete something.',
  },
  update_too_large: {
    status: 413,
    close: 'edit_refused',
    level: 'warn',
    message: 'The edit is larger than rooms.maxUpdateBytes and was not taken. Reload, then make it in parts.',
  },
  too_many_client_ids: {
    status: 413,
    close: 'edit_refused',
    level: 'warn',
    message:
      'Too many browsers have written here (rooms.maxClientIds); your edit was not taken. Go on in a copy.',
  },
  server_stopped: {
    status: 424,
    close: 'server_stopped',
    level: 'info',
    message: 'The Jupyter server is not running; its owner may start it.',
  },
  too_many_open: {
    status: 429,
    close: 'try_again_later',
    level: 'warn',
    message: 'You have too many tabs or rooms open here; close some of them.',
  },
  too_fast: { status: 429, close: 'too_fast', level: 'warn', message: 'Too many requests; wait a moment.' },
  load_failed: {
    status: 500,
    close: 'load_failed',
    level: 'error',
    message: 'The document could not be loaded.',
  },
  internal: {
    status: 500,
    close: 'internal',
    level: 'error',
    message: 'The server failed; the log says why.',
  },
  identity_unavailable: {
    status: 503,
    close: 'try_again_later',
    level: 'warn',
    message: 'Whoever knows the people here does not answer at the moment; try again.',
  },
  jupyter_unreachable: {
    status: 502,
    close: 'try_again_later',
    level: 'warn',
    message: 'The Jupyter server does not answer.',
  },
  store_unavailable: {
    status: 503,
    close: 'try_again_later',
    level: 'error',
    message: 'The store cannot write at the moment; nothing was lost, try again.',
  },
  disk_full: {
    status: 503,
    close: 'try_again_later',
    level: 'warn',
    message: 'The disk of the server is nearly full; what exists can be edited, nothing new can be opened.',
  },
  room_full: {
    status: 503,
    close: 'try_again_later',
    level: 'warn',
    message: 'Too many people are in this room; try again later.',
  },
  server_full: {
    status: 503,
    close: 'try_again_later',
    level: 'warn',
    message: 'This server has no memory left for another room; try again later.',
  },
  draining: { status: 503, close: 'restarting', level: 'info', message: 'The server is restarting.' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** A fault that a user may meet. Thrown where it is decided, mapped once at the rim. */
export class SyncError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ?? ERRORS[code].message, options)
    this.name = 'SyncError'
    this.code = code
  }
}
