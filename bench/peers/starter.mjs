/** What every peer's starter shares: its arguments, how it listens, and when it ends. */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'

/** @returns {{ port: number, data: string | undefined, mode: string }} */
export function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      data: { type: 'string' },
      mode: { type: 'string', default: 'message' },
    },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`--port ${values.port}: not a port. Give a number from 0 (any free one) to 65535.`)
  }
  return { port, data: values.data, mode: values.mode }
}

/** The path of `name` in the data folder, which is made if it is missing. */
export function dataFile(data, name) {
  if (data === undefined) throw new Error('--data: missing. Give the folder this server may write to.')
  mkdirSync(data, { recursive: true })
  return join(data, name)
}

/** Serves websockets on the loopback; `onConnection(ws, request)`. Compression off, as the packages have it. */
export function listen({ port, onConnection }) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.end('okay')
  })
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => onConnection(ws, request))
  })
  server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => sayReady(server.address().port))
}

/** What the load tool waits for. */
export function sayReady(port) {
  console.log(`ready ${port}`)
}

/** Nobody is left to end it: the process that started it is gone, however suddenly. */
export function endWithParent() {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0)
  }, 1000).unref()
}

/** SIGTERM: what is queued is written first. */
export function onTerminate(finish) {
  process.once('SIGTERM', () => {
    finish().then(
      () => process.exit(0),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
}
