/**
 * Jupyter's Contents API as it passes by: which file a request is about, and what it changed.
 */
import type { ContentsEvent } from '../contents-event.ts'
import type { Target } from './target.ts'

export type ContentsRequest = {
  /** Relative to Jupyter's root, without slashes at its ends; empty for the root. */
  readonly path: string
  readonly part: 'model' | 'checkpoints' | 'checkpoint' | 'trust'
}

/**
 * The routes of jupyter_server 2. They match the path as sent and decode the file's path after
 * that, so the fixed words count only when they were sent plainly.
 */
export function parseContentsRequest({ segments }: Target): ContentsRequest | undefined {
  const [api, contents, ...rest] = segments
  if (api !== 'api' || contents !== 'contents') return undefined
  const last = rest.at(-1)
  if (last === 'checkpoints') return { path: filePath(rest.slice(0, -1)), part: 'checkpoints' }
  if (last === 'trust') return { path: filePath(rest.slice(0, -1)), part: 'trust' }
  if (rest.at(-2) === 'checkpoints' && last !== undefined && /^[\w-]+$/.test(last)) {
    return { path: filePath(rest.slice(0, -2)), part: 'checkpoint' }
  }
  return { path: filePath(rest), part: 'model' }
}

/** JupyterLab asks this before a save, and compares the hash with the one it knows. */
export function isHashQuestion(method: string, request: ContentsRequest, query: URLSearchParams): boolean {
  return (
    method === 'GET' && request.part === 'model' && query.get('content') === '0' && query.get('hash') === '1'
  )
}

/** Whether it can rename, delete or write files that rooms stand for. */
export function changesFiles(method: string, { part }: ContentsRequest): boolean {
  return part === 'model'
    ? ['PUT', 'PATCH', 'DELETE'].includes(method)
    : part === 'checkpoint' && method === 'POST'
}

/** `body` is the request's, as far as it was kept; only a rename needs it. */
export function contentsEvent(
  method: string,
  request: ContentsRequest,
  body: Buffer | undefined,
): ContentsEvent | undefined {
  const { path, part } = request
  if (method === 'POST' && part === 'checkpoint') return { kind: 'written', path }
  if (part !== 'model') return undefined
  if (method === 'PUT') return { kind: 'written', path }
  if (method === 'DELETE') return { kind: 'deleted', path }
  if (method !== 'PATCH') return undefined
  const to = newPath(body)
  return to === undefined || to === path ? undefined : { kind: 'renamed', from: path, to }
}

function newPath(body: Buffer | undefined): string | undefined {
  try {
    const wish: unknown = JSON.parse(body?.toString('utf8') ?? '')
    if (typeof wish !== 'object' || wish === null || !('path' in wish)) return undefined
    return typeof wish.path === 'string' ? trimSlashes(wish.path) : undefined
  } catch {
    return undefined
  }
}

function filePath(segments: readonly string[]): string {
  return trimSlashes(segments.map((segment) => decodeURIComponent(segment)).join('/'))
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '')
}
