/**
 * The connection pool to Jupyter.
 *
 * Plain node:http and not a proxy library: those normalize the path they pass on, retry requests on
 * their own terms and notice a client that went away only when Jupyter answers.
 */
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import { urlToHttpOptions } from 'node:url'
import { SyncError } from '../../protocol/errors.ts'
import type { OutgoingHeaders } from './request-headers.ts'

export type UpstreamLimits = {
  readonly connectTimeoutMs: number
  /** Longest silence before an answer begins; there is no limit after that. */
  readonly answerTimeoutMs: number
}

export type Question = {
  readonly method: string
  /** Path and query as they go into the request line. */
  readonly path: string
  readonly headers: OutgoingHeaders
}

export type Answer =
  | { readonly kind: 'response'; readonly response: IncomingMessage }
  | {
      readonly kind: 'upgrade'
      readonly response: IncomingMessage
      readonly socket: Duplex
      readonly head: Buffer
    }

/** A request on its way; whoever asked writes its body and ends it. */
export type Call = {
  readonly request: ClientRequest
  /** Rejects with `jupyter_unreachable`. Await it in the turn in which the call was made. */
  readonly answer: Promise<Answer>
}

/** Shorter than any keep-alive that Jupyter or a proxy before it is likely to have. */
const IDLE_SOCKET_MS = 4_000
const MAX_HEADER_BYTES = 64 * 1024

export class Upstream {
  readonly url: URL
  readonly #limits: UpstreamLimits
  readonly #transport: typeof http | typeof https
  readonly #agent: http.Agent
  readonly #calls = new Set<ClientRequest>()
  #isClosed = false

  constructor(url: URL, limits: UpstreamLimits) {
    this.url = url
    this.#limits = limits
    this.#transport = url.protocol === 'https:' ? https : http
    const options = { keepAlive: true, timeout: IDLE_SOCKET_MS, noDelay: true }
    this.#agent = url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
  }

  /** Upgrades take a connection of their own, which ends with them. */
  call(question: Question, use: 'pooled' | 'upgrade'): Call {
    if (this.#isClosed) throw new SyncError('draining')
    const { protocol, hostname, port } = urlToHttpOptions(this.url)
    const request = this.#transport.request({
      protocol,
      hostname,
      port,
      method: question.method,
      path: question.path,
      headers: question.headers,
      setHost: false,
      agent: use === 'pooled' ? this.#agent : false,
      timeout: this.#limits.answerTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    this.#calls.add(request)
    request.once('close', () => this.#calls.delete(request))
    return { request, answer: answerTo(request, this.#limits.connectTimeoutMs) }
  }

  /** Cuts what is still under way. */
  close(): void {
    this.#isClosed = true
    for (const request of this.#calls) request.destroy()
    this.#agent.destroy()
  }
}

function answerTo(request: ClientRequest, connectTimeoutMs: number): Promise<Answer> {
  limitConnecting(request, connectTimeoutMs)
  request.on('timeout', () => request.destroy(new Error('no answer within the time limit')))
  return new Promise((resolve, reject) => {
    // Stays for the whole life of the request: a later reset must not become an uncaught error.
    request.on('error', (cause) => reject(new SyncError('jupyter_unreachable', undefined, { cause })))
    request.once('close', () => reject(new SyncError('jupyter_unreachable')))
    request.once('response', (response) => {
      response.socket.setTimeout(0)
      resolve({ kind: 'response', response })
    })
    request.once('upgrade', (response, socket, head) => {
      socket.on('error', () => socket.destroy())
      resolve({ kind: 'upgrade', response, socket, head })
    })
  })
}

function limitConnecting(request: ClientRequest, connectTimeoutMs: number): void {
  const timer = setTimeout(() => request.destroy(new Error('cannot connect')), connectTimeoutMs)
  const stop = (): void => clearTimeout(timer)
  request.once('close', stop)
  request.once('socket', (socket) => {
    if (!socket.connecting) return stop()
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop)
  })
}
