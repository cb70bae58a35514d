import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TestContext } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'

export type UpstreamHandler = (request: IncomingMessage, response: ServerResponse) => void
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void
export type SocketHandler = (websocket: WebSocket, request: IncomingMessage) => void

export type UpstreamOptions = {
  /** Default: answers with `Echo` as JSON once the body is there. */
  readonly onRequest?: UpstreamHandler | undefined
  /** Default: a websocket, handed to `onSocket`. */
  readonly onUpgrade?: UpgradeHandler | undefined
  /** Default: echoes every message as it came. */
  readonly onSocket?: SocketHandler | undefined
}

/** What the default handler saw. */
export type Echo = {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly trailers: Readonly<Record<string, string>>
  readonly body: string
}

/** A stand-in for Jupyter as the gateway sees it: HTTP and websockets on one port. */
export type UpstreamServer = {
  readonly port: number
  readonly server: Server
  readonly sockets: ReadonlySet<Socket>
  /** Every request and upgrade, in order. */
  readonly requests: readonly IncomingMessage[]
}

export async function upstreamServer(t: TestContext, options: UpstreamOptions = {}): Promise<UpstreamServer> {
  const { onRequest = echo, onSocket = echoMessages } = options
  const requests: IncomingMessage[] = []
  const websockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  })
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    requests.push(request)
    onRequest(request, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    requests.push(request)
    socket.on('error', () => socket.destroy())
    if (options.onUpgrade !== undefined) options.onUpgrade(request, socket, head)
    else websockets.handleUpgrade(request, socket, head, (websocket) => onSocket(websocket, request))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, server, sockets, requests }
}

/** The value of one header as an upstream saw it; undefined without it, joined when repeated. */
export function headerIn(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
  return values.length === 0 ? undefined : values.join(', ')
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const seen = {
      method: request.method,
      url: request.url,
      rawHeaders: request.rawHeaders,
      trailers: request.trailers,
      body: Buffer.concat(chunks).toString('latin1'),
    }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(seen))
  })
}

function echoMessages(websocket: WebSocket): void {
  websocket.on('error', () => websocket.terminate())
  websocket.on('message', (data, isBinary) => websocket.send(data, { binary: isBinary }))
}
