/**
 * What receiving costs: our bare socket beside the client of ws.
 *
 *   node --import tsx bench/micro/receive.ts
 *
 * A server in its own process sends 50-byte messages to 200 sockets: many in one write and as fast as
 * they are taken, one a write, and one a write at a pace at which each comes in a packet of its own.
 * Messages a second of CPU time tell of the receiver alone; those of the clock also of the server,
 * which has to send them and shares the machine.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import { openSocket } from '../wire/socket.ts'

const SOCKETS = 200
const MESSAGE_BYTES = 50
const ROUNDS = 3
const MEASURED_MS = 1500
const WARM_UP_MS = 700
const MANY = 50
/** Per socket, in the paced run. */
const PACED_PER_SECOND = 50
const MAX_WAITING_BYTES = 16 * 1024

type Opened = { close(): void }
type Open = (url: string, onMessage: () => void) => Promise<Opened>
const PACES = ['many a write', 'one a write', 'paced'] as const
type Pace = (typeof PACES)[number]

const CLIENTS: Readonly<Record<string, Open>> = {
  ours: async (url, onMessage) => {
    let opened = (): void => {}
    const isOpen = new Promise<void>((resolve) => (opened = resolve))
    const socket = openSocket({ url, headers: {} }, { opened, message: onMessage, closed: () => {} })
    await isOpen
    return { close: () => socket.terminate() }
  },
  ws: async (url, onMessage) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    socket.on('error', () => {})
    socket.on('message', onMessage)
    await once(socket, 'open')
    return { close: () => socket.terminate() }
  },
}

/** Runs in the child. */
async function serve(): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  const frame = Buffer.concat([Buffer.from([0x82, MESSAGE_BYTES]), Buffer.alloc(MESSAGE_BYTES, 1)])
  const sockets = new Set<Socket>()
  server.on('connection', (peer, { socket }) => {
    sockets.add(socket)
    peer.on('close', () => sockets.delete(socket))
    peer.on('error', () => {})
  })
  await once(server, 'listening')
  const many = Buffer.concat(Array<Buffer>(MANY).fill(frame))
  const sendRound = (bytes: Buffer): void => {
    for (const socket of sockets) if (socket.writableLength < MAX_WAITING_BYTES) socket.write(bytes)
  }
  let pace: Pace | 'pause' = 'pause'
  const asFastAsTaken = (): void => {
    if (pace !== 'many a write' && pace !== 'one a write') return
    sendRound(pace === 'many a write' ? many : frame)
    setImmediate(asFastAsTaken)
  }
  setInterval(() => pace === 'paced' && sendRound(frame), 1000 / PACED_PER_SECOND)
  process.on('message', (message: Pace | 'pause') => {
    pace = message
    asFastAsTaken()
  })
  process.on('disconnect', () => process.exit())
  process.send?.((server.address() as AddressInfo).port)
}

async function measure(child: ChildProcess, url: string, open: Open, pace: Pace) {
  let count = 0
  const onMessage = (): void => void (count += 1)
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => open(url, onMessage)))
  child.send(pace)
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS))
  const before = { count, at: performance.now(), cpu: process.cpuUsage() }
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS))
  const seconds = (performance.now() - before.at) / 1000
  const { user, system } = process.cpuUsage(before.cpu)
  const received = count - before.count
  child.send('pause')
  for (const socket of sockets) socket.close()
  return { perSecond: received / seconds, perCpuSecond: received / ((user + system) / 1e6) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1] ?? 0
}

async function main(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'])
  const [port] = (await once(child, 'message')) as [number]
  const url = `ws://127.0.0.1:${port}/`
  for (const pace of PACES) {
    const results = Object.entries(CLIENTS).map(([name, open]) => ({
      name,
      open,
      runs: [] as Awaited<ReturnType<typeof measure>>[],
    }))
    for (let round = 0; round < ROUNDS; round += 1)
      for (const { open, runs } of results) runs.push(await measure(child, url, open, pace))
    for (const { name, runs } of results) {
      const perSecond = Math.round(median(runs.map((run) => run.perSecond)))
      const perCpuSecond = runs.map((run) => Math.round(run.perCpuSecond)).toSorted((a, b) => a - b)
      console.log(
        pace.padEnd(13),
        name.padEnd(5),
        `${perSecond} messages/s`.padEnd(22),
        `${median(perCpuSecond)} messages/CPU s (${perCpuSecond[0]} to ${perCpuSecond.at(-1)})`,
      )
    }
  }
  child.disconnect()
}

await (process.argv[2] === 'serve' ? serve() : main())
