/**
 * Not a server for documents: the practical limit of Node and ws, to measure others against. It
 * knows how y-websocket messages begin and nothing of what is in them. A room's updates and presence
 * go to everybody else in it as they came, framed once, and are kept to answer whoever joins.
 *
 * `--mode message`: one write for each message and socket. `turn`: one write for each socket and turn
 * of the event loop. `gap`: the same, with at least 20 ms between two writes of a room, the first at once.
 *
 * It never forgets, merges, checks, stores or bounds anything: a real server has to do more.
 */
import { Sender } from 'ws'
import { endWithParent, listen, readArguments } from './starter.mjs'

const SYNC = 0
const PRESENCE = 1
const QUERY_PRESENCE = 3
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const GAP_MS = 20
const MODES = ['message', 'turn', 'gap']

/** A whole unmasked websocket frame, ready to be written to any number of sockets. */
function frame(message) {
  const options = { fin: true, opcode: 2, mask: false, rsv1: false, readOnly: false }
  return Buffer.concat(Sender.frame(message, options))
}

const ASK_FOR_ALL = frame(Buffer.from([SYNC, STEP_1, 1, 0]))
/** The end of an answer; the updates before it are the answer. */
const NOTHING_MORE = frame(Buffer.from([SYNC, STEP_2, 2, 0, 0]))
const isEmptyUpdate = (message) => message.length === 5 && message[3] === 0 && message[4] === 0

class Room {
  #sockets = new Set()
  #updates = []
  #presence = new Map()
  #history
  #pending = []
  #lastFlushAt = Number.NEGATIVE_INFINITY
  #isFlushPlanned = false

  constructor(mode) {
    this.mode = mode
  }

  join(socket) {
    this.#sockets.add(socket)
    socket.write(ASK_FOR_ALL)
    this.#sendPresence(socket)
  }

  leave(socket) {
    this.#sockets.delete(socket)
    this.#presence.delete(socket)
  }

  receive(socket, message) {
    if (message[0] === PRESENCE) {
      const framed = frame(message)
      this.#presence.set(socket, framed)
      this.#relay(socket, framed)
    } else if (message[0] === QUERY_PRESENCE) this.#sendPresence(socket)
    else if (message[0] === SYNC && message[1] === STEP_1) socket.write(this.#answer())
    else if (message[0] === SYNC && !isEmptyUpdate(message)) {
      // What a client has that we lack comes as step 2: to the others it is an update like any.
      message[1] = UPDATE
      const framed = frame(message)
      this.#updates.push(framed)
      this.#relay(socket, framed)
    }
  }

  /** Made once for all who join until the next update. */
  #answer() {
    if (this.#history === undefined || this.#updates.length > 1) {
      this.#updates = [Buffer.concat(this.#updates)]
      this.#history = Buffer.concat([...this.#updates, NOTHING_MORE])
    }
    return this.#history
  }

  #sendPresence(socket) {
    for (const [owner, framed] of this.#presence) if (owner !== socket) socket.write(framed)
  }

  #relay(from, framed) {
    if (this.mode === 'message') {
      for (const socket of this.#sockets) if (socket !== from) socket.write(framed)
      return
    }
    this.#pending.push({ from, framed })
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    const waitMs = this.mode === 'gap' ? this.#lastFlushAt + GAP_MS - performance.now() : 0
    if (waitMs > 0) setTimeout(() => this.#flush(), Math.ceil(waitMs))
    else setImmediate(() => this.#flush())
  }

  #flush() {
    const pending = this.#pending
    this.#pending = []
    this.#isFlushPlanned = false
    this.#lastFlushAt = performance.now()
    const all = Buffer.concat(pending.map(({ framed }) => framed))
    const authors = new Set(pending.map(({ from }) => from))
    for (const socket of this.#sockets) {
      if (!authors.has(socket)) socket.write(all)
      else if (authors.size > 1) {
        socket.write(Buffer.concat(pending.flatMap(({ from, framed }) => (from === socket ? [] : [framed]))))
      }
    }
  }
}

const { port, mode } = readArguments()
if (!MODES.includes(mode)) throw new Error(`--mode ${mode}: unknown. Give one of ${MODES.join(', ')}.`)
const rooms = new Map()

endWithParent()
listen({
  port,
  onConnection(ws, request) {
    const name = request.url.slice(1).split('?')[0]
    const room = rooms.get(name) ?? new Room(mode)
    rooms.set(name, room)
    // The socket below ws: it is written to directly, because our frames are whole already.
    const { socket } = request
    ws.on('message', (message) => room.receive(socket, message))
    ws.on('close', () => room.leave(socket))
    ws.on('error', () => ws.terminate())
    room.join(socket)
  },
})
