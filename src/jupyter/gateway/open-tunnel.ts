/**
 * The handshake of a tunnel: judged by us, passed to Jupyter, its answer passed back.
 *
 * Every refusal is a plain HTTP answer before the handshake.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SyncError } from '../../protocol/errors.ts'
import { bodyChange } from './answer-body.ts'
import { type Entry, type Passage, admit, incomingHeaders, outgoingHeaders } from './passage.ts'
import { answerHead, endWithin, refuseRaw } from './raw-answer.ts'
import { hasBody } from './request-headers.ts'
import { Tunnel } from './tunnel.ts'
import type { Tunnels } from './tunnels.ts'
import type { Answer } from './upstream.ts'

export type Upgrade = { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }

/** Settles when the handshake is over, whatever came of it. */
export async function openTunnel(passage: Passage, tunnels: Tunnels, upgrade: Upgrade): Promise<void> {
  const { request, socket } = upgrade
  socket.on('error', () => socket.destroy())
  try {
    const entry = await enter(passage, tunnels, request)
    if (socket.destroyed) return giveUp(passage)
    const answer = await handshake({ passage, tunnels, entry, upgrade })
    if (socket.destroyed) return abandon(passage, answer)
    if (answer.kind === 'upgrade') return connect({ passage, tunnels, entry, upgrade }, answer)
    await passRefusal(passage, entry, { response: answer.response, socket })
  } catch (error) {
    if (socket.destroyed) return giveUp(passage)
    if (!(error instanceof SyncError)) throw error
    if (error.code === 'jupyter_unreachable') {
      passage.counters.upstreamFailures += 1
      passage.onError(error)
    }
    refuseRaw(socket, error.code, passage.limits.lingerMs)
  }
}

async function enter(passage: Passage, tunnels: Tunnels, request: IncomingMessage): Promise<Entry> {
  try {
    if (!isHandshake(request)) throw new SyncError('bad_request')
    const entry = await admit(passage, request)
    const refusal = passage.standIn.refusal()
    if (refusal !== undefined) throw new SyncError(refusal)
    if (tunnels.isFull) throw new SyncError('too_fast')
    return entry
  } catch (error) {
    passage.counters.refused += 1
    throw error
  }
}

/** RFC 6455 4.1. A body would be taken for the first frames by one side and not by the other. */
function isHandshake(request: IncomingMessage): boolean {
  const isWebsocket = request.headers.upgrade?.toLowerCase() === 'websocket'
  return isWebsocket && request.method === 'GET' && !hasBody(request)
}

type Arrival = {
  readonly passage: Passage
  readonly tunnels: Tunnels
  readonly entry: Entry
  readonly upgrade: Upgrade
}

/** Registered while it lasts: a revocation must not miss who is about to come in. */
async function handshake({ passage, tunnels, entry, upgrade }: Arrival): Promise<Answer> {
  const { request, socket } = upgrade
  const cut = (): void => {
    socket.destroy()
  }
  const visit = { entry, mute: cut, close: cut, destroy: cut }
  tunnels.add(visit)
  try {
    return await ask(passage, entry, { request, socket })
  } finally {
    tunnels.delete(visit)
  }
}

async function ask(
  passage: Passage,
  entry: Entry,
  { request, socket }: Pick<Upgrade, 'request' | 'socket'>,
): Promise<Answer> {
  const headers = outgoingHeaders(passage, entry, { request, needsPlainAnswer: false })
  headers['connection'] = 'Upgrade'
  headers['upgrade'] = 'websocket'
  const call = passage.upstream.call({ method: 'GET', path: entry.target.upstreamPath, headers }, 'upgrade')
  const cut = (): void => {
    call.request.destroy()
  }
  socket.once('close', cut)
  call.request.end()
  try {
    return await call.answer
  } finally {
    socket.off('close', cut)
  }
}

function connect(arrival: Arrival, answer: Extract<Answer, { kind: 'upgrade' }>): void {
  const { passage, tunnels, entry, upgrade } = arrival
  const { socket: client, head } = upgrade
  const { socket: upstream, response } = answer
  const { counters, limits } = passage
  const headers = ['Connection', 'Upgrade', 'Upgrade', 'websocket']
  headers.push(...incomingHeaders(passage, entry, { response, dropped: new Set() }))
  client.write(answerHead(101, response.statusMessage, headers))
  if (answer.head.length > 0) client.write(answer.head)
  if (head.length > 0) upstream.write(head)
  const tunnel = new Tunnel(entry, { client, upstream }, limits.lingerMs)
  tunnels.add(tunnel)
  counters.tunnels += 1
  tunnel.open(({ bytesToJupyter, bytesToClient }) => {
    tunnels.delete(tunnel)
    counters.tunnelBytesToJupyter += bytesToJupyter
    counters.tunnelBytesToClients += bytesToClient
  })
}

/** Jupyter said no; its answer goes through like any other. */
async function passRefusal(
  passage: Passage,
  entry: Entry,
  { response, socket }: { readonly response: IncomingMessage; readonly socket: Duplex },
): Promise<void> {
  const { filters, dropped } = bodyChange(response, {
    secrets: passage.secrets,
    readerViewMaxBytes: undefined,
  })
  const headers = [...incomingHeaders(passage, entry, { response, dropped }), 'Connection', 'close']
  socket.write(answerHead(response.statusCode ?? 502, response.statusMessage, headers))
  await pipeline([response, ...filters, socket], { end: false })
  endWithin(socket, undefined, passage.limits.lingerMs)
}

function abandon(passage: Passage, answer: Answer): void {
  if (answer.kind === 'upgrade') answer.socket.destroy()
  else answer.response.destroy()
  giveUp(passage)
}

function giveUp(passage: Passage): void {
  passage.counters.clientAborts += 1
}
