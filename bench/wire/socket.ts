/**
 * A websocket client for load: the upgrade by Node's HTTP client, then the bare socket. It offers no
 * extension, makes no event objects, and hands out views into what it read.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { LoadSocket, SocketHandler } from './contract.ts'
import { FrameError, FrameReader } from './frame-reader.ts'
import { OPCODE, frame } from './frame.ts'

export type SocketOptions = {
  /** `ws:`, `wss:`, `http:` or `https:`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connectTimeoutMs?: number | undefined
  readonly maxMessageBytes?: number | undefined
}

/** RFC 6455, 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const CONNECT_TIMEOUT_MS = 60_000
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024
/** For the other side's half of the closing handshake. */
const CLOSE_TIMEOUT_MS = 5000
/** Of the answer to a refused upgrade, for the error. */
const MAX_REASON = 200
const ABNORMAL = 1006

export function openSocket(options: SocketOptions, handler: SocketHandler): LoadSocket {
  return new RawSocket(options, handler)
}

class RawSocket implements LoadSocket {
  readonly #handler: SocketHandler
  readonly #request: ClientRequest
  readonly #reader: FrameReader
  #socket: Socket | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosing = false
  #isClosed = false
  #close = { code: ABNORMAL, reason: '' }
  bytesReceived = 0
  framesReceived = 0

  constructor(options: SocketOptions, handler: SocketHandler) {
    this.#handler = handler
    const url = new URL(options.url.replace(/^ws/, 'http'))
    const key = randomBytes(16).toString('base64')
    this.#reader = new FrameReader(
      {
        message: (bytes) => {
          this.framesReceived += 1
          if (!this.#isClosed) handler.message(bytes)
        },
        ping: (payload) => this.#write(frame(payload, OPCODE.pong)),
        close: (code, reason) => this.#peerCloses(code, reason),
      },
      options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
    )
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    this.#request = send(url, {
      // No pool: each client has its connection, and the pool would hold thousands of them.
      agent: false,
      headers: {
        ...options.headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': key,
        'sec-websocket-version': '13',
      },
    })
    this.#request.on('upgrade', (response, socket, head) =>
      this.#upgraded(response, socket as Socket, head, key),
    )
    this.#request.on('response', (response) => this.#refused(response))
    this.#request.on('error', (error) => this.#ended(error.message))
    this.#request.end()
    const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    this.#timer = setTimeout(
      () => this.#request.destroy(new Error(`no answer for ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    )
  }

  get isOpen(): boolean {
    return this.#socket !== undefined && !this.#isClosing && !this.#isClosed
  }

  send(message: Uint8Array): boolean {
    return this.sendFramed(frame(message))
  }

  sendFramed(bytes: Uint8Array): boolean {
    if (!this.isOpen) return false
    this.#write(bytes)
    return true
  }

  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  close(code = 1000): void {
    if (this.#isClosed || this.#isClosing) return
    if (this.#socket === undefined) {
      this.terminate()
      return
    }
    this.#isClosing = true
    this.#write(frame(new Uint8Array([code >> 8, code & 0xff]), OPCODE.close))
    // A paused socket would never see the answer.
    this.#socket.resume()
    this.#timer = setTimeout(() => this.#socket?.destroy(), CLOSE_TIMEOUT_MS)
  }

  terminate(): void {
    this.#request.destroy()
    this.#socket?.destroy()
    this.#ended('')
  }

  #upgraded(response: IncomingMessage, socket: Socket, head: Buffer, key: string): void {
    clearTimeout(this.#timer)
    socket.on('error', (error) => this.#ended(error.message))
    socket.on('close', () => this.#ended(''))
    const expected = createHash('sha1')
      .update(key + ACCEPT_SUFFIX)
      .digest('base64')
    if (response.headers['sec-websocket-accept'] !== expected) {
      socket.destroy()
      this.#ended('the answer to the upgrade does not fit its key')
      return
    }
    socket.setNoDelay(true)
    socket.setTimeout(0)
    this.#socket = socket
    this.#handler.opened()
    socket.on('data', (chunk) => this.#read(chunk as Buffer))
    if (head.length > 0) this.#read(head)
  }

  #read(chunk: Buffer): void {
    this.bytesReceived += chunk.length
    try {
      this.#reader.push(chunk)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#write(frame(new Uint8Array([error.code >> 8, error.code & 0xff]), OPCODE.close))
      this.#close = { code: error.code, reason: error.message }
      this.#socket?.destroy()
    }
  }

  #peerCloses(code: number, reason: string): void {
    this.#close = { code, reason }
    const answer = code === 1005 ? new Uint8Array(0) : new Uint8Array([code >> 8, code & 0xff])
    if (!this.#isClosing) this.#write(frame(answer, OPCODE.close))
    this.#isClosing = true
    this.#socket?.end()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket?.destroy(), CLOSE_TIMEOUT_MS)
  }

  #refused(response: IncomingMessage): void {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      if (body.length < MAX_REASON) body += text
    })
    response.on('close', () => this.#ended(`HTTP ${response.statusCode} ${body.slice(0, MAX_REASON)}`.trim()))
  }

  #write(bytes: Uint8Array): void {
    if (this.#socket?.writable === true) this.#socket.write(bytes)
  }

  #ended(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    const { code, reason: said } = this.#close
    this.#handler.closed(code, said === '' ? reason : said)
  }
}
