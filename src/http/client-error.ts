import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { ErrorCode } from '../protocol/errors.ts'
import { PROBLEM_TYPE, problemBody } from '../protocol/problem.ts'

type ParserError = Error & { readonly code?: string | undefined }

/**
 * Answers what is no HTTP request, or did not become one in time. The error carries the raw bytes,
 * credentials included, so only its code is logged.
 */
export function clientErrorHandler(logger: FastifyBaseLogger) {
  return (error: ParserError, socket: Socket): void => {
    logger.debug({ code: error.code }, 'not a request')
    // A broken connection, or one on which an answer is already under way.
    if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
      socket.destroy()
      return
    }
    const { status, code } = answerTo(error.code)
    const body = problemBody(code)
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n` +
        'Connection: close\r\n' +
        `Content-Type: ${PROBLEM_TYPE}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      // Half-closing is not enough for somebody who never closes the other half.
      () => socket.destroy(),
    )
  }
}

function answerTo(parserCode: string | undefined): { status: number; code: ErrorCode } {
  if (parserCode === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, code: 'too_slow' }
  if (parserCode === 'HPE_HEADER_OVERFLOW') return { status: 431, code: 'too_large' }
  return { status: 400, code: 'bad_request' }
}
