import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ERRORS, type ErrorCode } from '../protocol/errors.ts'

/** Answers an upgrade with a plain HTTP error and ends the socket. */
export function refuseUpgrade(socket: Duplex, code: ErrorCode): void {
  const { status, message } = ERRORS[code]
  const body = JSON.stringify({ message, code })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n` +
      'Connection: close\r\n' +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
