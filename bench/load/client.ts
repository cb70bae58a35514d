/**
 * One light client: a socket, what it has seen, and nothing of Yjs. It behaves as a stock client
 * does: asks for what it lacks, answers what the server lacks, returns after a cut with the stock
 * back-off, and writes on while it is away.
 */
import * as Y from 'yjs'
import { now } from '../measure/clock.ts'
import type { Edit } from '../typing/contract.ts'
import type { LoadSocket } from '../wire/contract.ts'
import type { Dialect, Endpoint } from '../wire/dialect.ts'
import { decodePresence, encodePresence, encodeStateVector } from '../wire/messages.ts'
import { openSocket } from '../wire/socket.ts'
import { EditSet } from './edit-set.ts'
import { NOT_KEPT } from './frame-store.ts'
import { FIRST_CLOCK } from './presence-index.ts'
import type { RoomAuthor, RoomLoad } from './room-load.ts'

/** What a worker's clients share. */
export type LoadContext = {
  readonly dialect: Dialect
  /** Text to count. */
  readonly failed: (what: string) => void
  readonly delivered: (latencyMs: number | undefined, count: number) => void
  /** Joins count as the load's from here on. */
  readonly isInLoad: () => boolean
  /** Within the measured time, by the intended time. */
  readonly isMeasured: (intendedAt: number) => boolean
  /** Resolves when cut clients may come back; at once unless the server is being restarted. */
  readonly mayReturn: () => Promise<void>
}

/** y-websocket and JupyterLab: 100 ms, doubled up to 2.5 s, without jitter. */
const BACK_OFF_MS = { first: 100, most: 2500 }
const CONNECT_TIMEOUT_MS = 120_000
/** Refused for so long, a first join has failed. */
const JOIN_PATIENCE_MS = 10_000
const EMPTY_UPDATE = new Uint8Array([0, 0])

type State = 'idle' | 'connecting' | 'ready' | 'away' | 'closed'
type Span = { readonly from: number; readonly to: number }

export class LoadClient {
  readonly index: number
  readonly clientId: number
  readonly seen = new EditSet()
  /** Ids of the frames it received, in order. */
  readonly frames: number[] = []
  /** The same whatever the order: clients with equal ones hold the same. */
  signature = 0
  readonly #room: RoomLoad
  readonly #context: LoadContext
  readonly #authors: readonly RoomAuthor[]
  #state: State = 'idle'
  #socket: LoadSocket | undefined
  #endpoint: Endpoint | undefined
  #startedAt = 0
  #firstReadyAt = Number.POSITIVE_INFINITY
  #readySince = Number.POSITIVE_INFINITY
  #awayFrom = 0
  readonly #away: Span[] = []
  #baseSeen = 0
  #hasState = false
  #attempts = 0
  #isCutExpected = false
  #returnTimer: NodeJS.Timeout | undefined
  #timeout: NodeJS.Timeout | undefined
  #joined: ((error?: Error) => void) | undefined
  readonly #presenceClocks = new Map<number, number>()
  #presence: { clock: number; json: string } | undefined
  #isStalled = false
  #bytesBefore = 0
  #framesBefore = 0
  #bytesCounted = 0
  #framesCounted = 0
  /** Of what was sent, what this connection has taken; the rest was typed while it was away. */
  readonly #handedOver = new Map<RoomAuthor, number>()
  #wasAsked = false
  readonly #sentOf = new Map<RoomAuthor, number>()

  constructor(parts: {
    readonly index: number
    readonly clientId: number
    readonly room: RoomLoad
    readonly context: LoadContext
    readonly presence: string | undefined
  }) {
    this.index = parts.index
    this.clientId = parts.clientId
    this.#room = parts.room
    this.#context = parts.context
    this.#authors = parts.room.authors.filter(({ client }) => client === parts.index)
    if (parts.presence !== undefined) this.#presence = { clock: FIRST_CLOCK, json: parts.presence }
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get authors(): readonly RoomAuthor[] {
    return this.#authors
  }

  /**
   * Connects; resolves when the whole document is here, or when it was closed for good. Rejects when
   * it was cut again and again, but goes on trying.
   */
  async join(): Promise<void> {
    const joined = new Promise<void>((resolve, reject) => {
      this.#joined = (error) => (error === undefined ? resolve() : reject(error))
    })
    this.#startedAt = now()
    await this.#connect()
    await joined
  }

  /** A key meant for a moment at which the network is away waits in the document, as it would. */
  sendEdit(author: RoomAuthor, edit: Edit): void {
    this.#sentOf.set(author, (this.#sentOf.get(author) ?? 0) + 1)
    if (this.isReady) this.#handOver(author, edit)
  }

  #handOver(author: RoomAuthor, edit: Edit): void {
    this.#handedOver.set(author, (this.#handedOver.get(author) ?? 0) + 1)
    if (this.#endpoint !== undefined)
      this.#socket?.send(this.#context.dialect.encodeUpdate(this.#endpoint.room, edit.update))
  }

  /** Who is away tells nothing, and does not tell it later. */
  sendPresence(clock: number, json: string): void {
    if (!this.isReady) return
    this.#presence = { clock, json }
    this.#announce()
  }

  /** A laptop that is closed: the network goes without a word. */
  sleep(): void {
    if (this.#state !== 'ready') return
    this.#isCutExpected = true
    this.#leaveReady('away')
    this.#socket?.terminate()
  }

  async wake(): Promise<void> {
    if (this.#state === 'away') await this.#connect()
  }

  /** A cut that the client did not want: it comes back by itself. */
  drop(): void {
    this.#isCutExpected = true
    this.#socket?.terminate()
  }

  /** Leaves, and comes back as a browser that was opened anew. */
  async leaveAndReturn(): Promise<void> {
    if (this.#state !== 'ready') return
    this.#leaveReady('away')
    this.#isCutExpected = true
    this.#socket?.close(1000)
    this.#letGoOfSocket()
    this.seen.clear()
    this.frames.length = 0
    this.signature = 0
    this.#baseSeen = 0
    this.#away.length = 0
    this.#firstReadyAt = Number.POSITIVE_INFINITY
    this.#presenceClocks.clear()
    this.#startedAt = now()
    await this.#connect()
  }

  /** Stops reading: what happens meanwhile it catches up on later. */
  stall(): void {
    if (this.#readySince === Number.POSITIVE_INFINITY) return
    this.#awayFrom = now()
    this.#readySince = Number.POSITIVE_INFINITY
    this.#isStalled = true
    this.#socket?.pause()
  }

  unstall(): void {
    if (!this.#isStalled) return
    this.#isStalled = false
    if (this.#state === 'ready') this.#isHereAgain()
    this.#socket?.resume()
  }

  sentEdits(author: RoomAuthor): number {
    return this.#sentOf.get(author) ?? 0
  }

  /** Adds what came since the last time to the group's count. */
  countTraffic(): void {
    const { meter } = this.#room
    const bytes = this.#bytesBefore + (this.#socket?.bytesReceived ?? 0)
    const frames = this.#framesBefore + (this.#socket?.framesReceived ?? 0)
    meter.bytes += bytes - this.#bytesCounted
    meter.frames += frames - this.#framesCounted
    this.#bytesCounted = bytes
    this.#framesCounted = frames
  }

  close(): void {
    this.#state = 'closed'
    clearTimeout(this.#returnTimer)
    clearTimeout(this.#timeout)
    this.#socket?.close(1000)
    this.#joined?.()
  }

  /** Ends whatever is left of the socket at once. */
  terminate(): void {
    this.close()
    this.#socket?.terminate()
  }

  /** Was it connected when this was meant to be sent? */
  wasHere(intendedAt: number): boolean {
    if (intendedAt < this.#firstReadyAt) return false
    if (this.#readySince === Number.POSITIVE_INFINITY && intendedAt >= this.#awayFrom) return false
    return this.#away.every(({ from, to }) => intendedAt < from || intendedAt >= to)
  }

  /** Of all numbered edits so far, those of others that it lacks. */
  *missing(): Generator<number> {
    const own = new Set(this.#authors.map((author) => this.#room.authors.indexOf(author)))
    for (let edit = 0; edit < this.#room.edits.size; edit += 1)
      if (!this.seen.has(edit) && !own.has(this.#room.edits.get(edit).author)) yield edit
  }

  /** Cheap enough to be asked often. */
  hasAll(): boolean {
    const own = this.#authors.reduce((sum, { edits }) => sum + edits.length, 0)
    const ownSeen = this.#ownSeen
    return this.seen.size - ownSeen >= this.#room.edits.size - own
  }

  /** Own edits that came back, from servers that send everything to everybody. */
  #ownSeen = 0

  async #connect(): Promise<void> {
    this.#state = 'connecting'
    this.#hasState = false
    this.#isCutExpected = false
    // A new connection knows nothing of what the last one was given.
    this.#handedOver.clear()
    this.#wasAsked = false
    try {
      this.#endpoint ??= await this.#context.dialect.locate(this.#room.name)
    } catch (error) {
      this.#cut(1006, error instanceof Error ? error.message : String(error))
      return
    }
    if ((this.#state as State) === 'closed') return
    const endpoint = this.#endpoint
    const socket = openSocket(endpoint, {
      opened: () => this.#opened(endpoint),
      message: (bytes) => {
        if (this.#socket !== socket) return
        try {
          this.#received(bytes)
        } catch (error) {
          this.#context.failed(`not understood: ${error instanceof Error ? error.message : String(error)}`)
          this.drop()
        }
      },
      closed: (code, reason) => {
        if (this.#socket === socket) this.#cut(code, reason)
      },
    })
    this.#socket = socket
    clearTimeout(this.#timeout)
    this.#timeout = setTimeout(() => {
      this.#context.failed(`no document after ${CONNECT_TIMEOUT_MS / 1000} s`)
      socket.terminate()
    }, CONNECT_TIMEOUT_MS)
  }

  #opened(endpoint: Endpoint): void {
    for (const message of this.#context.dialect.hello(endpoint.room, encodeStateVector(this.#clocks())))
      this.#socket?.send(message)
    this.#announce()
  }

  /** What it has without a hole: the base once it was seen, and each author's edits. */
  #clocks(): Map<number, number> {
    const { base, edits } = this.#room
    if (this.#baseSeen < base.length || this.#firstReadyAt === Number.POSITIVE_INFINITY) return new Map()
    const clocks = new Map([...base.clocks, ...edits.contiguous((edit) => this.seen.has(edit))])
    for (const own of this.#authors) {
      const last = own.edits[this.sentEdits(own) - 1]
      if (last !== undefined) clocks.set(own.author.clientId, last.clock + last.length)
    }
    return clocks
  }

  #announce(): void {
    if (this.#presence === undefined || this.#endpoint === undefined) return
    const update = encodePresence(this.clientId, this.#presence.clock, this.#presence.json)
    this.#socket?.send(this.#context.dialect.encodePresence(this.#endpoint.room, update))
  }

  #received(bytes: Uint8Array): void {
    const incoming = this.#context.dialect.decode(bytes)
    switch (incoming.kind) {
      case 'update':
        this.#apply(incoming.update)
        break
      case 'state':
        this.#hasState = true
        this.#apply(incoming.update)
        break
      case 'ask':
        this.#answer(incoming.stateVector)
        break
      case 'presence':
        this.#present(incoming.update)
        break
      case 'denied':
        this.#context.failed(`refused: ${incoming.reason}`)
        break
      case 'other':
        break
    }
    if (this.#state === 'connecting' && this.#hasState && this.#baseSeen >= this.#room.base.length)
      this.#ready()
  }

  #ready(): void {
    const at = now()
    this.#state = 'ready'
    this.#attempts = 0
    clearTimeout(this.#timeout)
    if (this.#firstReadyAt === Number.POSITIVE_INFINITY) {
      this.#firstReadyAt = at
      this.#room.joined()
      this.#room.meter.joined(this.#startedAt, at, this.#context.isInLoad())
      this.#readySince = at
    } else {
      this.#isHereAgain()
    }
    // Typed between the server's question and now; a server that has yet to ask will be told all.
    for (const author of this.#wasAsked ? this.#authors : [])
      for (const edit of author.edits.slice(this.#handedOver.get(author) ?? 0, this.sentEdits(author)))
        this.#handOver(author, edit)
    this.#joined?.()
  }

  #isHereAgain(): void {
    this.#readySince = now()
    this.#away.push({ from: this.#awayFrom, to: this.#readySince })
  }

  #apply(update: Uint8Array): void {
    if (update.length <= 2) return
    const frame = this.#room.frames.intern(update)
    if (frame.id !== NOT_KEPT) this.frames.push(frame.id)
    this.signature = (this.signature + Math.imul(frame.id + 1, 0x9e3779b1)) >>> 0
    this.#baseSeen += frame.baseLength
    const at = now()
    let fresh = 0
    for (const edit of frame.edits) {
      if (!this.seen.add(edit)) continue
      fresh += 1
      this.#deliver(edit, at)
    }
    if (fresh > 0) this.#context.delivered(undefined, fresh)
  }

  #deliver(number: number, at: number): void {
    const { intendedAt, isMeasured, kind, author } = this.#room.edits.get(number)
    if (this.#room.authors[author]?.client === this.index) {
      this.#ownSeen += 1
      return
    }
    const { meter } = this.#room
    if (intendedAt < this.#readySince) {
      if (intendedAt >= this.#firstReadyAt && isMeasured) meter.catchUp.record(at - intendedAt)
      return
    }
    if (kind === 'output') {
      if (isMeasured) meter.outputs.record(at - intendedAt)
      return
    }
    if (isMeasured) meter.latency.record(at - intendedAt)
    this.#context.delivered(at - intendedAt, 0)
  }

  /** The server says what it has: what we wrote beyond it follows, the deletions always. */
  #answer(stateVector: Uint8Array): void {
    if (this.#endpoint === undefined) return
    const own = this.#authors.flatMap((author) =>
      author.edits.slice(0, this.#sentOf.get(author) ?? 0).map(({ update }) => update),
    )
    this.#wasAsked = true
    for (const author of this.#authors) this.#handedOver.set(author, this.sentEdits(author))
    const update = own.length === 0 ? EMPTY_UPDATE : Y.diffUpdate(Y.mergeUpdates(own), stateVector)
    this.#socket?.send(this.#context.dialect.encodeState(this.#endpoint.room, update))
  }

  #present(update: Uint8Array): void {
    const at = now()
    for (const { clientId, clock, isGone } of decodePresence(update)) {
      if (clientId === this.clientId || isGone) continue
      const last = this.#presenceClocks.get(clientId) ?? 0
      if (clock <= last) continue
      this.#presenceClocks.set(clientId, clock)
      // Where people come and go, states before the newest may never have been sent.
      const after = this.#room.isEverybodyHere ? last : clock - 1
      for (const intendedAt of this.#room.presence.between(clientId, after, clock))
        if (intendedAt >= this.#readySince && this.#context.isMeasured(intendedAt))
          this.#room.meter.presence.record(at - intendedAt)
    }
  }

  #leaveReady(state: State): void {
    if (this.#readySince !== Number.POSITIVE_INFINITY) this.#awayFrom = now()
    this.#state = state
    this.#isStalled = false
    this.#readySince = Number.POSITIVE_INFINITY
  }

  #cut(code: number, reason: string): void {
    clearTimeout(this.#timeout)
    this.#letGoOfSocket()
    if (this.#state === 'closed' || this.#state === 'away') return
    if (!this.#isCutExpected) this.#context.failed(`closed ${code}${reason === '' ? '' : `: ${reason}`}`)
    if (this.#firstReadyAt === Number.POSITIVE_INFINITY && now() - this.#startedAt > JOIN_PATIENCE_MS)
      this.#joined?.(new Error(`room ${this.#room.name}: nobody gets in: closed ${code} ${reason}`))
    this.#leaveReady('connecting')
    this.#returnLater()
  }

  /** Its traffic counts on; what it still says does not. */
  #letGoOfSocket(): void {
    this.#bytesBefore += this.#socket?.bytesReceived ?? 0
    this.#framesBefore += this.#socket?.framesReceived ?? 0
    this.#socket = undefined
  }

  #returnLater(): void {
    const delayMs = Math.min(BACK_OFF_MS.first * 2 ** this.#attempts, BACK_OFF_MS.most)
    this.#attempts += 1
    this.#context.mayReturn().then(
      () => {
        if (this.#state !== 'connecting') return
        this.#returnTimer = setTimeout(() => {
          if (this.#state === 'connecting') this.#connect().catch(() => {})
        }, delayMs)
      },
      () => {},
    )
  }
}
