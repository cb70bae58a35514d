/** A y-websocket server with faults to order: what the load tool must find out about. */
import { type AddressInfo } from 'node:net'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { type WebSocket, WebSocketServer } from 'ws'
import * as syncProtocol from 'y-protocols/sync'
import * as Y from 'yjs'

export type Faults = {
  /** 0, or none: a free one. */
  readonly port?: number
  /** Updates are passed on this much later. */
  readonly delayMs?: number
  /** The second client of a room misses each so-many-th update. */
  readonly losesEach?: number
  /** The second client of a room gets another letter than was typed. */
  readonly changesLetters?: boolean
  /** What a client lacks is sent this long after it was asked what the server lacks. */
  readonly answersAfterMs?: number
  /** A new client is not told what was written before. */
  readonly forgets?: boolean
}

export type FaultyServer = { readonly roomUrl: string; close(): Promise<void> }

type Room = { readonly doc: Y.Doc; readonly sockets: WebSocket[]; passed: number }

const SYNC = 0

export async function startFaultyServer(faults: Faults = {}): Promise<FaultyServer> {
  const server = new WebSocketServer({ port: faults.port ?? 0, host: '127.0.0.1' })
  const rooms = new Map<string, Room>()
  server.on('connection', (socket, request) => {
    const name = request.url ?? ''
    const room = rooms.get(name) ?? { doc: new Y.Doc(), sockets: [], passed: 0 }
    rooms.set(name, room)
    room.sockets.push(socket)
    socket.on('message', (data: Buffer) => receive(room, socket, new Uint8Array(data), faults))
    socket.on('close', () => room.sockets.splice(room.sockets.indexOf(socket), 1))
    socket.send(message((encoder) => syncProtocol.writeSyncStep1(encoder, room.doc)))
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    roomUrl: `ws://127.0.0.1:${port}/{room}`,
    async close() {
      for (const client of server.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function receive(room: Room, from: WebSocket, data: Uint8Array, faults: Faults): void {
  const decoder = decoding.createDecoder(data)
  if (decoding.readVarUint(decoder) !== SYNC) return
  const step = decoding.readVarUint(decoder)
  const body = decoding.readVarUint8Array(decoder)
  if (step === syncProtocol.messageYjsSyncStep1) {
    const known = faults.forgets === true ? new Y.Doc() : room.doc
    const answer = (): void => from.send(message((encoder) => syncProtocol.writeSyncStep2(encoder, known)))
    if (faults.answersAfterMs === undefined) answer()
    else setTimeout(answer, faults.answersAfterMs)
    return
  }
  Y.applyUpdate(room.doc, body)
  if (step !== syncProtocol.messageYjsUpdate) return
  room.passed += 1
  const pass = (): void => passOn(room, from, body, faults)
  if (faults.delayMs === undefined) pass()
  else setTimeout(pass, faults.delayMs)
}

function passOn(room: Room, from: WebSocket, update: Uint8Array, faults: Faults): void {
  room.sockets.forEach((socket, index) => {
    if (socket === from) return
    const isVictim = index === 1
    if (isVictim && faults.losesEach !== undefined && room.passed % faults.losesEach === 0) return
    const passed = isVictim && faults.changesLetters === true ? withOtherLetter(update) : update
    socket.send(message((encoder) => syncProtocol.writeUpdate(encoder, passed)))
  })
}

/** The last byte of an update that only inserts is its empty delete set; before it is the text's end. */
function withOtherLetter(update: Uint8Array): Uint8Array {
  const changed = update.slice()
  const letter = changed.at(-2) ?? 0
  const isLetter = letter >= 0x61 && letter <= 0x79
  if (changed.at(-1) === 0 && isLetter) changed[changed.length - 2] = letter + 1
  return changed
}

function message(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, SYNC)
  write(encoder)
  return encoding.toUint8Array(encoder)
}
