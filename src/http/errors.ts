/**
 * The single place where a failure becomes an HTTP answer: a row of the error table as
 * problem+json, or as a page for a person who opened an address.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS, type ErrorCode, SyncError } from '../protocol/errors.ts'
import { PROBLEM_TYPE, problemBody } from '../protocol/problem.ts'
import { ERROR_PAGE_POLICY, errorPage } from './error-page.ts'
import { setSecurityHeaders } from './security-headers.ts'

export type ErrorAnswers = {
  /** Where a person who is not signed in is sent, with the way back; undefined when there is no such place. */
  readonly signInUrl: (request: FastifyRequest) => string | undefined
}

/** Answers where trying again helps say after how many seconds. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  too_fast: 2,
  store_unavailable: 2,
  disk_full: 60,
  room_full: 10,
  server_full: 10,
  too_many_open: 10,
  draining: 5,
}

/** Of these, the sentence chosen at the throw is shown; of all others only the table's. */
const STATUS_WITH_DETAIL: readonly number[] = [400, 409, 410, 413]

/** The root error handler. Unknown failures are logged whole and shown as `internal`. */
export function errorHandler(answers: ErrorAnswers) {
  return (error: FastifyError | SyncError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const code = codeOf(error)
    const row = ERRORS[code]
    const isSerious = row.level === 'error' || row.level === 'warn'
    request.log[row.level]({ req: request, code, ...(isSerious ? { err: error } : {}) }, row.message)
    sendError({ code, message: messageOf(error, code), request, reply, answers })
  }
}

/** Nothing here, or nothing for this caller: the same answer as a thrown `not_found`. */
export function notFoundHandler(answers: ErrorAnswers) {
  return (request: FastifyRequest, reply: FastifyReply): void =>
    sendError({ code: 'not_found', message: ERRORS.not_found.message, request, reply, answers })
}

type ErrorAnswer = {
  readonly code: ErrorCode
  readonly message: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly answers: ErrorAnswers
}

function sendError({ code, message, request, reply, answers }: ErrorAnswer): void {
  const { status } = ERRORS[code]
  const isPage = wantsPage(request)
  setSecurityHeaders(reply, isPage ? ERROR_PAGE_POLICY : undefined)
  const retryAfter = RETRY_AFTER_S[code]
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (code === 'not_signed_in') {
    const signInUrl = isPage && isRepeatable(request) ? answers.signInUrl(request) : undefined
    if (signInUrl !== undefined) {
      reply.redirect(signInUrl, 302)
      return
    }
    // Demanded by RFC 9110 of every 401; this scheme makes no browser ask for a password.
    reply.header('www-authenticate', 'Bearer')
  }
  reply.code(status)
  if (isPage) reply.type('text/html; charset=utf-8').send(errorPage(status, message))
  else reply.type(PROBLEM_TYPE).send(problemBody(code, message))
}

/** True when a person opened the address, or submitted a form, and will see the answer as a page. */
export function wantsPage(request: FastifyRequest): boolean {
  const mode = request.headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  return request.headers.accept?.includes('text/html') === true
}

function isRepeatable(request: FastifyRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

/** Fastify's own refusals carry a status; the size of a body is the only one with a row of its own. */
function codeOf(error: FastifyError | SyncError | Error): ErrorCode {
  if (error instanceof SyncError) return error.code
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status === 413) return 'too_large'
  return status !== undefined && status >= 400 && status < 500 ? 'bad_request' : 'internal'
}

function messageOf(error: FastifyError | SyncError | Error, code: ErrorCode): string {
  const { status, message } = ERRORS[code]
  const isOurs = error instanceof SyncError || ('validation' in error && error.validation !== undefined)
  return isOurs && STATUS_WITH_DETAIL.includes(status) ? error.message : message
}
