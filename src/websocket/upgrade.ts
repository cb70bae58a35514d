/**
 * Where every websocket enters: our rooms, Jupyter's rooms, and whatever the gateway passes on.
 *
 * Refusals: a browser cannot see why a handshake failed and tries for ever, so it is let in and
 * closed with a code, once; a client without an Origin gets the HTTP status.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AccessWatch } from '../identity/access-watch.ts'
import { callerKey } from '../identity/caller-key.ts'
import type { Admitted, Gate } from '../identity/gate.ts'
import { runInBackground } from '../lib/run-in-background.ts'
import { ERRORS, type ErrorCode, SyncError } from '../protocol/errors.ts'
import type { Dialect } from '../protocol/message.ts'
import { type DocumentId, type RoomName, documentId } from '../protocol/names.ts'
import type { RoomSpec } from '../room/ports.ts'
import type { RoomRegistry } from '../room/room-registry.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { Guest } from './guest.ts'
import type { ConnectionRegistry } from './connection-registry.ts'
import { refuseUpgrade } from './refuse.ts'
import { RefusedPairs } from './refused-pairs.ts'
import { SendPump } from './send-pump.ts'
import { type UpgradeRoute, matchUpgrade } from './upgrade-route.ts'
import { UpgradeTurns } from './upgrade-turns.ts'

export type UpgradeDeps = {
  readonly baseUrl: string
  readonly gate: Gate
  /** Keeps true what was decided at the door. */
  readonly watch?: Pick<AccessWatch, 'hold'> | undefined
  readonly rooms: RoomRegistry
  readonly connections: ConnectionRegistry
  /** Absent without a Jupyter server. */
  readonly jupyter?:
    | {
        /** Why nobody may enter a room of Jupyter's now. */
        readonly refusal: () => 'server_stopped' | undefined
        readonly roomSpec: (name: RoomName) => Promise<RoomSpec | undefined>
        readonly tunnel: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>
      }
    | undefined
  readonly limits: {
    readonly maxFrameBytes: number
    readonly jupyterMaxFrameBytes: number
    readonly maxUpgradesInFlight: number
  }
  readonly onJoin: (facts: JoinFacts) => void
  /** Somebody who had joined is gone. */
  readonly onLeave?: ((facts: Visit) => void) | undefined
  readonly onError: (error: unknown) => void
}

/** Who is where. */
export type Visit = {
  readonly room: string
  readonly user: string
  readonly document: DocumentId
  /** The IP address at the other end of the connection. */
  readonly address: string
}

export type JoinFacts = Visit & { readonly outcome: 'joined' | ErrorCode }

type RoomRoute = Extract<UpgradeRoute, { kind: 'room' }>
type Accepted = {
  readonly websocket: WebSocket
  readonly socket: Duplex
  readonly dialect: Dialect
  /** Undefined for somebody who was not let in. */
  readonly admission: Admitted | undefined
  /** Told when somebody who was let in may stay no longer. */
  readonly onEnded?: (() => void) | undefined
}
type Arrival = { readonly guest: Guest; readonly admission: Admitted; readonly visit: Visit }

const MAX_EARLY_FRAMES = 256
const MAX_FRAGMENTS = 1024
/** Chunks of one frame that is still arriving; a TCP read brings 64 KiB, so this admits any frame. */
const MAX_BUFFERED_CHUNKS = 256 * 1024
const CLOSE_TIMEOUT_MS = 3000
/** Some milliseconds of work. */
const MAX_UPGRADES_PER_TURN = 10
/** Some hundred turns of the event loop, which is still no time for those who wait. */
const MAX_UPGRADES_WAITING = 5000

export class UpgradeHandler {
  readonly #deps: UpgradeDeps
  readonly #servers: Record<Dialect, WebSocketServer>
  readonly #connectionOptions: Record<Dialect, ConnectionOptions>
  readonly #refusedPairs = new RefusedPairs({ keepMs: 10 * 60_000, maxEntries: 10_000 })
  /** Who was told already that they may not, no longer, or not now be in a room; see `toldKey`. */
  readonly #told = new RefusedPairs({ keepMs: 10 * 60_000, maxEntries: 10_000 })
  readonly #turns = new UpgradeTurns({
    maxPerTurn: MAX_UPGRADES_PER_TURN,
    maxWaiting: MAX_UPGRADES_WAITING,
    defer: (task) => {
      setImmediate(task)
    },
  })
  #inFlight = 0
  #isDraining = false

  constructor(deps: UpgradeDeps) {
    this.#deps = deps
    this.#servers = {
      'y-websocket': websocketServer(deps.limits.maxFrameBytes),
      jupyter: websocketServer(deps.limits.jupyterMaxFrameBytes),
    }
    const common = {
      maxEarlyFrames: MAX_EARLY_FRAMES,
      pump: new SendPump(),
      onClosed: (closed: Connection) => deps.connections.delete(closed),
    }
    this.#connectionOptions = {
      'y-websocket': { ...common, dialect: 'y-websocket', maxEarlyBytes: deps.limits.maxFrameBytes },
      jupyter: { ...common, dialect: 'jupyter', maxEarlyBytes: deps.limits.jupyterMaxFrameBytes },
    }
  }

  /** From now on every upgrade is refused with 503. */
  drain(): void {
    this.#isDraining = true
  }

  /** The `upgrade` listener of the HTTP server. */
  readonly handle = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // First of all: a reset while we wait for anything would otherwise end the process.
    socket.on('error', destroyOnError)
    if (!this.#turns.run(() => this.#start(request, socket, head))) refuseUpgrade(socket, 'too_fast')
  }

  #start(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (socket.destroyed) return
    runInBackground(
      () => this.#handle(request, socket, head),
      (error) => {
        this.#deps.onError(error)
        socket.destroy()
      },
    )
  }

  async #handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#isDraining) return refuseUpgrade(socket, 'draining')
    if (this.#inFlight >= this.#deps.limits.maxUpgradesInFlight) return refuseUpgrade(socket, 'too_fast')
    const route = matchUpgrade(request.url ?? '', this.#deps.baseUrl)
    this.#inFlight += 1
    try {
      if (route.kind === 'room') await this.#room(route, request, socket, head)
      else if (route.kind === 'other' && this.#deps.jupyter !== undefined) {
        await this.#deps.jupyter.tunnel(request, socket, head)
      } else refuseUpgrade(socket, route.kind === 'bad' ? 'bad_room_name' : 'not_found')
    } finally {
      this.#inFlight -= 1
    }
  }

  async #room(route: RoomRoute, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (route.dialect === 'jupyter' && this.#deps.jupyter === undefined)
      return refuseUpgrade(socket, 'not_found')
    const admission = await this.#deps.gate.admit(request, 'room.join')
    if (socket.destroyed) return
    if (!admission.ok) return this.#refuse(admission.code, route, request, socket, head)
    const stopped = this.#stopped(route)
    if (stopped !== undefined) return this.#refuse(stopped, route, request, socket, head)
    if (this.#deps.connections.isFull) return refuseUpgrade(socket, 'too_fast')
    const refusal = this.#limitReached(admission, route)
    const visit = visitOf(admission, route, request)
    if (refusal !== undefined) {
      this.#deps.onJoin({ ...visit, outcome: refusal })
      return refuseUpgrade(socket, refusal)
    }
    if (this.#refusedPairs.has(pairKey(admission, route), performance.now()))
      return refuseUpgrade(socket, 'forbidden')
    const key = toldKey(request, route)
    this.#told.forget(key)
    const onEnded = (): void => this.#told.remember(key, performance.now())
    this.#servers[route.dialect].handleUpgrade(request, socket, head, (websocket) => {
      const guest = this.#connect({ websocket, socket, dialect: route.dialect, admission, onEnded })
      runInBackground(() => this.#join({ guest, admission, visit }, route), this.#deps.onError)
    })
  }

  /**
   * Answered with a status, also to a browser, which cannot see it: a handshake that failed is tried
   * again ever more slowly, one that succeeded and was closed at once, by some clients, for ever.
   */
  #limitReached({ principal }: Admitted, route: RoomRoute): ErrorCode | undefined {
    if (this.#deps.connections.isFullFor(principal.id)) return 'too_many_open'
    return this.#deps.rooms.refusalOf(documentOf(route), principal.id)
  }

  #connect({ websocket, socket, dialect, admission, onEnded }: Accepted): Guest {
    const connection = new Connection(websocket, socket, this.#connectionOptions[dialect])
    const guest = new Guest(connection, { access: admission?.access ?? 'none', onEnded })
    const release = admission && this.#deps.watch?.hold(admission, guest)
    const forget = (): void => {
      release?.()
      guest.left()
    }
    this.#deps.connections.add(connection, admission && { personId: admission.principal.id, forget })
    return guest
  }

  async #join({ guest, admission, visit }: Arrival, route: RoomRoute): Promise<void> {
    const { connection } = guest
    try {
      const spec = await this.#spec(route)
      if (!connection.isOpen || guest.access === 'none') return
      const member = {
        principal: admission.principal,
        // As it is when the room is ready.
        get access() {
          return guest.access
        },
        peer: connection,
        wantsAcknowledgements: route.wantsAcknowledgements,
      }
      const session = await this.#deps.rooms.join(spec, member, lineageOf(route, spec))
      this.#deps.onJoin({ ...visit, outcome: 'joined' })
      guest.enter(session, () => this.#deps.onLeave?.(visit))
      // It was stopped while the room was loading.
      const stopped = this.#stopped(route)
      if (stopped !== undefined) session.close(ERRORS[stopped].close)
    } catch (error) {
      const code = error instanceof SyncError ? error.code : 'internal'
      if (!(error instanceof SyncError)) this.#deps.onError(error)
      if (code === 'other_lineage') this.#refusedPairs.remember(pairKey(admission, route), performance.now())
      connection.close(ERRORS[code].close)
      this.#deps.onJoin({ ...visit, outcome: code })
    }
  }

  #stopped({ dialect }: RoomRoute): 'server_stopped' | undefined {
    return dialect === 'jupyter' ? this.#deps.jupyter?.refusal() : undefined
  }

  async #spec(route: RoomRoute): Promise<RoomSpec> {
    if (route.dialect === 'y-websocket') {
      return { document: documentId('plain', route.room), dialect: 'y-websocket', persistence: 'durable' }
    }
    const spec = await this.#deps.jupyter?.roomSpec(route.room)
    if (spec === undefined) throw new SyncError('not_found')
    return spec
  }

  #refuse(code: ErrorCode, route: RoomRoute, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Never complete a handshake for another web site.
    if (request.headers.origin === undefined || code === 'bad_origin') return refuseUpgrade(socket, code)
    const { dialect } = route
    const key = toldKey(request, route)
    const now = performance.now()
    if (this.#told.has(key, now)) return refuseUpgrade(socket, code)
    if (dialect === 'jupyter') this.#told.remember(key, now)
    this.#servers[dialect].handleUpgrade(request, socket, head, (websocket) => {
      const { connection } = this.#connect({ websocket, socket, dialect, admission: undefined })
      // JupyterLab has a session only after it was let in once. Of a stop it was told as it happened.
      const isDialogDue = route.lineage !== undefined && code !== 'server_stopped'
      connection.refuse(ERRORS[code].close, isDialogDue)
    })
  }
}

/** Not a closure: one made in `handle` would keep the request and its headers as long as the socket. */
function destroyOnError(this: Duplex): void {
  this.destroy()
}

function documentOf({ dialect, room }: RoomRoute): DocumentId {
  return documentId(dialect === 'jupyter' ? 'jupyter' : 'plain', room)
}

function visitOf({ principal }: Admitted, route: RoomRoute, { socket }: IncomingMessage): Visit {
  const address = socket.remoteAddress ?? ''
  return { room: route.room, user: principal.id, document: documentOf(route), address }
}

/** JupyterLab always sends its session, which names the history; without it nothing may be merged. */
function lineageOf(route: RoomRoute, spec: RoomSpec): string | undefined {
  if (route.dialect === 'jupyter' && spec.persistence === 'durable') return route.lineage ?? ''
  return spec.persistence === 'durable' ? route.lineage : undefined
}

function pairKey(admission: Admitted, route: RoomRoute): string {
  return JSON.stringify([admission.principal.id, route.room, route.lineage])
}

/**
 * JupyterLab's client comes back 100 ms after any close, for ever, and shows a dialog for each that has
 * one; only a handshake that fails makes it wait longer each time. So whoever was told once, on a socket
 * that was accepted, gets a plain HTTP status from then on. By what the browser shows and not by person:
 * somebody whose token is gone is nobody.
 */
function toldKey(request: IncomingMessage, { room }: RoomRoute): string {
  return `${callerKey(request)} ${room}`
}

function websocketServer(maxPayload: number): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    // Costs more than the whole send on small messages, and memory per connection.
    perMessageDeflate: false,
    maxPayload,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    // A client that does not answer a close is cut off; its room has forgotten it long before.
    closeTimeout: CLOSE_TIMEOUT_MS,
  }
  return new WebSocketServer(options)
}
