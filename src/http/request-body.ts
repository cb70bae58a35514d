/** Bodies of our own routes: small, of two types, and complete within a deadline. */
import { PassThrough } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, RequestPayload } from 'fastify'
import { SyncError } from '../protocol/errors.ts'

/** Deeper JSON is refused: walking it recursively would overflow the stack. */
const MAX_JSON_DEPTH = 64
const TOO_DEEP = 'The JSON is nested too deeply.'

const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json\b/

export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** JSON, also the empty body that Jupyter's client sends under that name, and forms; nothing else. */
export function addBodyParsers(scope: FastifyInstance, bodyLimit: number): void {
  const options = { parseAs: 'string', bodyLimit } as const
  const parseJson = scope.getDefaultJsonParser('error', 'error')
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser<string>(JSON_TYPES, options, (request, body, done) => {
    if (body.trim() === '') return done(null, undefined)
    if (isDeeperThan(body, MAX_JSON_DEPTH)) return done(new SyncError('bad_request', TOO_DEEP))
    return parseJson(request, body, done)
  })
  scope.addContentTypeParser<string>('application/x-www-form-urlencoded', options, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body))),
  )
}

/** Counts brackets outside strings, before anything is built. */
function isDeeperThan(json: string, limit: number): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at]
    if (isInString) {
      if (character === '\\') at += 1
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    if (depth > limit) return true
  }
  return false
}

/** Passes the body on, and fails when it is not complete in time. */
export function withDeadline(
  payload: RequestPayload,
  { reply, ms }: { readonly reply: FastifyReply; readonly ms: number },
): RequestPayload {
  const limited = new PassThrough()
  // Of a body that nobody reads, nobody would hear.
  limited.on('error', () => {})
  const timer = setTimeout(() => limited.destroy(new SyncError('too_slow')), ms)
  const done = (): void => clearTimeout(timer)
  payload.once('end', done)
  payload.once('error', (error) => limited.destroy(error))
  // Also when the answer went out before the body was there.
  reply.raw.once('close', done)
  payload.pipe(limited)
  return limited
}
