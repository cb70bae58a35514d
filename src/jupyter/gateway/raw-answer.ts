/** HTTP answers on a socket that left node:http's hands with the `upgrade` event. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts'
import { PROBLEM_TYPE, problemBody } from '../../protocol/problem.ts'

/** Status line and headers, the blank line included; `headers` is a flat list. */
export function answerHead(status: number, reason: string | undefined, headers: readonly string[]): Buffer {
  let text = `HTTP/1.1 ${status} ${reason ?? STATUS_CODES[status] ?? 'Unknown'}\r\n`
  for (let index = 0; index + 1 < headers.length; index += 2) {
    text += `${headers[index]}: ${headers[index + 1]}\r\n`
  }
  // Headers are bytes; node:http reads them as Latin-1.
  return Buffer.from(`${text}\r\n`, 'latin1')
}

/** Answers an upgrade with an error, before any handshake, and ends the socket. */
export function refuseRaw(socket: Duplex, code: ErrorCode, lingerMs: number): void {
  const { status } = ERRORS[code]
  const body = Buffer.from(problemBody(code))
  const headers = ['Connection', 'close', 'Content-Type', PROBLEM_TYPE]
  const head = answerHead(status, undefined, [...headers, 'Content-Length', String(body.length)])
  endWithin(socket, Buffer.concat([head, body]), lingerMs)
}

/** Ends a socket, and cuts it when the other side does not end in time. */
export function endWithin(socket: Duplex, last: Buffer | undefined, lingerMs: number): void {
  if (socket.destroyed) return
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  // Its end is only noticed while somebody reads.
  socket.resume()
  if (last === undefined) socket.end()
  else socket.end(last)
}
