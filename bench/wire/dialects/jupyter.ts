/** jupyter-collaboration 5: a session is asked for over HTTP, then the room's socket is opened. */
import type { Dialect, Endpoint, Incoming } from '../dialect.ts'
import { type Cursor, readVarBytes, readVarUint } from '../bytes.ts'
import { MESSAGE, decodeSync } from '../messages.ts'
import { type DialectOptions, PLAIN_MESSAGES } from './y-websocket.ts'

const EMPTY_NOTEBOOK = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }

type FileKind = {
  readonly path: string
  readonly format: 'json' | 'text'
  readonly type: 'notebook' | 'file'
}

export function createJupyterDialect(options: DialectOptions): Dialect {
  const base = new URL(options.url.replace('{room}', '').replace(/^ws/, 'http').replace(/\/*$/, '/'))
  const headers = credentials(options, base)
  return {
    ...PLAIN_MESSAGES,
    locate: async (room) => openFile(base, headers, fileOf(room)),
    decode,
  }
}

/** A room is a file; without an extension it is a notebook. */
function fileOf(room: string): FileKind {
  const path = /\.\w+$/.test(room) ? room : `${room}.ipynb`
  return path.endsWith('.ipynb')
    ? { path, format: 'json', type: 'notebook' }
    : { path, format: 'text', type: 'file' }
}

function credentials({ token, cookie, origin }: DialectOptions, base: URL): Record<string, string> {
  const xsrf = /(?:^|;\s*)_xsrf=([^;]+)/.exec(cookie ?? '')?.[1]
  return {
    origin: origin ?? base.origin,
    ...(token === undefined ? {} : { authorization: `token ${token}` }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(xsrf === undefined ? {} : { 'x-xsrftoken': xsrf }),
  }
}

async function openFile(base: URL, headers: Record<string, string>, file: FileKind): Promise<Endpoint> {
  const path = file.path.split('/').map(encodeURIComponent).join('/')
  await ensureFile(new URL(`api/contents/${path}`, base), headers, file)
  const { format, type } = file
  const session = await ask(new URL(`api/collaboration/session/${path}`, base), headers, {
    method: 'PUT',
    body: JSON.stringify({ format, type }),
  })
  const { fileId, sessionId } = (await session.json()) as { fileId: string; sessionId: string }
  const room = `${format}:${type}:${fileId}`
  const url = new URL(`api/collaboration/room/${room}?sessionId=${encodeURIComponent(sessionId)}`, base)
  return { url: url.href.replace(/^http/, 'ws'), headers, room }
}

/** A file that is there is used as it is. */
async function ensureFile(
  url: URL,
  headers: Record<string, string>,
  { type, format }: FileKind,
): Promise<void> {
  const found = await request(new URL('?content=0', url), { headers })
  await found.body?.cancel()
  if (found.ok) return
  if (found.status !== 404) throw new Error(`GET ${url.href}: HTTP ${found.status}`)
  await ask(url, headers, {
    method: 'PUT',
    body: JSON.stringify({ type, format, content: type === 'notebook' ? EMPTY_NOTEBOOK : '' }),
  })
}

async function ask(url: URL, headers: Record<string, string>, init: RequestInit): Promise<Response> {
  const answer = await request(url, { ...init, headers: { ...headers, 'content-type': 'application/json' } })
  if (answer.ok) return answer
  throw new Error(`${init.method} ${url.href}: HTTP ${answer.status} ${(await answer.text()).slice(0, 200)}`)
}

/** Names the address when there is no answer; a page to sign in at is no answer to follow. */
async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'manual' })
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(`${init.method ?? 'GET'} ${url.href}: ${String(cause)}`, { cause: error })
  }
}

/** Number 2 is Jupyter's own (saves, conflicts), not a refusal as in y-websocket. */
function decode(message: Uint8Array): Incoming {
  const cursor: Cursor = { bytes: message, at: 0 }
  const number = readVarUint(cursor)
  if (number === MESSAGE.sync) return decodeSync(cursor)
  if (number === MESSAGE.awareness) return { kind: 'presence', update: readVarBytes(cursor) }
  return { kind: 'other' }
}
