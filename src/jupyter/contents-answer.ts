/**
 * What Jupyter's Contents API can answer, as unions: a missing file or a refused write is an
 * expected outcome, not an exception. Facts are those of jupyter_server 2.21.
 */

/** How a file looks from outside, without its content. */
export type FileFacts = {
  readonly path: string
  readonly type: 'notebook' | 'file' | 'directory'
  readonly isWritable: boolean
  /** ISO with microseconds. Compared as text only: a `Date` would drop half of the digits. */
  readonly lastModified: string
  /** Undefined when it was not asked for, or when the contents manager knows no hashes. */
  readonly hash: string | undefined
}

export type ContentsFault =
  | { readonly kind: 'missing' }
  /** The token is not accepted, or this file may not be touched. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** Jupyter cannot make sense of the file or of what was sent: not UTF-8, not a notebook, a directory. */
  | { readonly kind: 'bad'; readonly message: string }
  /** No answer in time, no connection, or a proxy that has nothing behind it. The outcome is unknown. */
  | { readonly kind: 'unreachable'; readonly cause: unknown }
  /** Jupyter tried and failed; after a write the file may hold anything. */
  | { readonly kind: 'failed'; readonly status: number; readonly message: string }

export type StatAnswer = { readonly kind: 'ok'; readonly facts: FileFacts } | ContentsFault
export type ReadAnswer =
  | { readonly kind: 'ok'; readonly facts: FileFacts; readonly content: unknown }
  | ContentsFault
export type WriteAnswer =
  | { readonly kind: 'ok'; readonly facts: FileFacts; readonly isCreated: boolean }
  | ContentsFault

/** What an HTTP status that is not a success means. Undefined for a success. */
export function faultOf(status: number, message: string): ContentsFault | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status === 404 || status === 410) return { kind: 'missing' }
  // A redirect leads to a sign-in page: the token was not accepted.
  if (status === 401 || status === 403 || (status >= 300 && status < 400))
    return { kind: 'refused', status, message }
  // JupyterHub's proxy answers these while the server behind it is down.
  if (status === 408 || (status >= 502 && status <= 504))
    return { kind: 'unreachable', cause: new Error(`HTTP ${status}`) }
  if (status >= 400 && status < 500 && status !== 429) return { kind: 'bad', message }
  return { kind: 'failed', status, message }
}

/** The facts of a contents model; undefined when it is none. */
export function parseFacts(model: unknown): FileFacts | undefined {
  if (!isRecord(model)) return undefined
  const { path, type, writable, last_modified: lastModified, hash } = model
  if (typeof path !== 'string' || typeof lastModified !== 'string') return undefined
  return {
    path,
    type: type === 'notebook' || type === 'directory' ? type : 'file',
    isWritable: writable !== false,
    lastModified,
    hash: typeof hash === 'string' && hash !== '' ? hash : undefined,
  }
}

/** The `message` of an error body, for logs; what Jupyter says may name paths, never secrets. */
export function messageOf(body: unknown, fallback: string): string {
  return isRecord(body) && typeof body['message'] === 'string' ? body['message'].slice(0, 300) : fallback
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
