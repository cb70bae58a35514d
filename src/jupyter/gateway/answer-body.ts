/**
 * Which bodies are changed on their way to the client, and by what. All others pass untouched.
 */
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { SyncError } from '../../protocol/errors.ts'
import { ReaderView } from './reader-view.ts'
import { type Replacement, SecretFilter } from './secret-filter.ts'

export type BodyRules = {
  readonly secrets: readonly Replacement[]
  /** Set for an answer of the Contents API to somebody who may only read. */
  readonly readerViewMaxBytes: number | undefined
}

export type BodyChange = {
  readonly filters: readonly Transform[]
  /** Names of headers that no longer hold. */
  readonly dropped: ReadonlySet<string>
}

const UNCHANGED: BodyChange = { filters: [], dropped: new Set() }

const ABOUT_THE_BODY = [
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'digest',
  'repr-digest',
] as const

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

export function bodyChange(response: IncomingMessage, rules: BodyRules): BodyChange {
  const type = (response.headers['content-type'] ?? '').toLowerCase()
  if (isPage(response, type) && rules.secrets.length > 0) {
    return {
      filters: [...decoders(response), new SecretFilter(rules.secrets)],
      dropped: new Set(ABOUT_THE_BODY),
    }
  }
  if (rules.readerViewMaxBytes !== undefined && type.includes('json') && isPlain(response)) {
    // The same file has other answers for other people, so its tag must not be remembered.
    return {
      filters: [new ReaderView(rules.readerViewMaxBytes)],
      dropped: new Set([...ABOUT_THE_BODY, 'etag']),
    }
  }
  return UNCHANGED
}

/** Where Jupyter may write its token: pages, and what a browser would take for one. */
function isPage({ statusCode }: IncomingMessage, type: string): boolean {
  // Only files are served in parts, and the parts of a file must keep their length.
  if (statusCode === 204 || statusCode === 206 || statusCode === 304) return false
  return type === '' || type.includes('html')
}

function isPlain({ headers }: IncomingMessage): boolean {
  return (headers['content-encoding'] ?? 'identity') === 'identity'
}

/** Pages are asked for without encoding; this is for clients that do not say that they want a page. */
function decoders(response: IncomingMessage): readonly Transform[] {
  if (isPlain(response)) return []
  const decoder = DECODERS[(response.headers['content-encoding'] ?? '').toLowerCase()]
  if (decoder === undefined) {
    throw new SyncError('jupyter_unreachable', 'Jupyter sent a page in an encoding that cannot be checked.')
  }
  return [decoder()]
}
