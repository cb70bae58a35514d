/**
 * A server's machine, its clients and the network between them, in one thread and without a clock:
 * the seed decides what happens next, and whatever a rule forbids is noted when it happens.
 */
import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import type { Access, Principal } from '../../src/access/model.ts'
import type { CloseReason } from '../../src/protocol/close-reason.ts'
import { MessageType, SyncType } from '../../src/protocol/message.ts'
import { type Random, seededRandom } from '../support/random-document.ts'
import { SimClient } from './client.ts'
import { SimDisk } from './disk.ts'
import { type Place, place } from './place.ts'
import { SimProcess } from './process.ts'
import { Receipts } from './receipts.ts'
import { holds } from './same-document.ts'
import { drawShape, type Shape } from './shape.ts'
import { SimSocket, type SocketWatch } from './socket.ts'
import { Violation } from './violation.ts'

/** What a client that did nothing wrong may be told. All of them are temporary. */
const FAIR: ReadonlySet<CloseReason> = new Set(['restarting', 'too_slow', 'try_again_later', 'load_failed'])
/** Small answers go to a peer that is over its budget too: questions for what is missing. */
const MAX_SMALL_REPLIES_BYTES = 2_000

export class World {
  readonly random: Random
  readonly shape: Shape
  readonly disk: SimDisk
  readonly places: readonly Place[]
  readonly clients: SimClient[] = []
  /** Each that some end still holds. */
  readonly sockets = new Map<SimSocket, SimClient>()
  readonly receipts = new Receipts()
  readonly counts = { deliveries: 0, frames: 0, kills: 0, closes: 0 }
  process: SimProcess
  #processes = 0
  #turn = 0
  #now = 1_700_000_000_000
  #overUpdates = new WeakMap<SimSocket, number>()
  readonly #overBytes = new WeakMap<SimSocket, number>()
  #broken: Violation | undefined
  readonly #clientOf = new WeakMap<Principal, SimClient>()
  #names = 0
  #isStopping = false

  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.shape = drawShape(this.random)
    this.disk = new SimDisk(this.random)
    this.places = Array.from({ length: this.shape.documents }, (_, i) =>
      place(`room-${i}`, {
        dialect: this.random.chance(0.8) ? 'y-websocket' : 'jupyter',
        isBound: this.random.chance(0.5),
        random: this.random,
      }),
    )
    this.process = this.#startProcess()
    for (let i = 0; i < this.shape.clients; i += 1) this.clients.push(this.newClient())
  }

  newClient(at: Place = this.random.pick(this.places)): SimClient {
    this.#names += 1
    const client = new SimClient({
      name: `client ${this.#names}`,
      personId: `person-${this.random.int(4)}`,
      access: this.random.chance(0.85) ? 'edit' : 'read',
      place: at,
      clientId: this.random.int(2 ** 32),
    })
    this.#clientOf.set(client.principal, client)
    return client
  }

  /** In this very moment, as when the grants change. */
  changeAccess(client: SimClient, access: Access): void {
    client.access = access
    this.process.watch.reconsider()
  }

  connect(client: SimClient): void {
    const socket = new SimSocket({
      owner: client,
      watch: this.#watch(),
      kernelBytes: this.random.pick([0, 100, 2_000, 100_000]),
    })
    this.sockets.set(socket, client)
    client.connected(socket)
    this.process.join(client, socket)
  }

  /** Lets the process do all that it can do without time, disk or network. */
  async settle(): Promise<void> {
    do {
      this.#turn += 1
      await new Promise<void>((resolve) => setImmediate(resolve))
    } while (this.process.clock.runDeferred())
    for (const [socket] of this.sockets)
      if (socket.isServerDone && !socket.isClientOpen) this.sockets.delete(socket)
    for (const client of this.clients) this.#checkTaken(client)
    this.check()
  }

  async advance(ms: number): Promise<void> {
    const { clock } = this.process
    const end = clock.elapsed() + ms
    while (clock.runNext(end)) await this.settle()
  }

  /** Nothing of the process is left but what reached the disk, and what was on its way there. */
  async kill(): Promise<void> {
    this.counts.kills += 1
    await this.disk.abandon()
    await this.#replaceProcess()
  }

  /** In good order: everything that was received is on the disk afterwards. */
  async stop(): Promise<void> {
    let isClosed = false
    this.#isStopping = true
    const closing = this.process.rooms.closeAll().finally(() => (isClosed = true))
    // A document that was lost to another owner is reported here; its people come back for the rest.
    closing.catch(() => {})
    for (let i = 0; !isClosed; i += 1) {
      if (i > 1000) this.violate('the process does not stop')
      await this.settle()
      await this.disk.answer('done')
      await this.advance(10)
    }
    this.#isStopping = false
    this.checkReceipts()
    await this.disk.abandon()
    await this.#replaceProcess()
  }

  violate(what: string): void {
    this.#broken ??= new Violation(what)
  }

  check(): void {
    if (this.#broken !== undefined) throw this.#broken
  }

  /** After a stop without a lost document, nothing that was received may be missing. */
  checkReceipts(): void {
    if (this.disk.fates.stale > 0) return
    for (const client of this.clients)
      if (!this.receipts.areDurable(client, this.disk.written(client.place.document)))
        this.violate(`an edit of ${client.name} was received and is not in the store after a stop`)
  }

  async #replaceProcess(): Promise<void> {
    this.process.watch.close()
    this.#now = this.process.clock.elapsed() + 1000
    for (const [socket] of this.sockets) {
      socket.cut()
      socket.isOpen = false
    }
    await this.checkRestored()
    this.process = this.#startProcess()
    this.receipts.forget()
  }

  /** What a process that starts now finds is what was written, and all that anybody has seen. */
  async checkRestored(): Promise<void> {
    for (const { document } of this.places) await this.disk.restored(document)
    for (const { name, doc, place: own } of this.clients) {
      const written = this.disk.written(own.document)
      for (const [id, structs] of doc.store.clients) {
        const last = structs.at(-1)
        if (id === doc.clientID || last === undefined) continue
        if (last.id.clock + last.length > Y.getState(written.store, id))
          this.violate(`${name} has seen an edit of ${id} that is not in the store`)
      }
    }
    this.check()
  }

  #startProcess(): SimProcess {
    this.#processes += 1
    return new SimProcess({
      disk: this.disk,
      policy: this.shape.policy,
      gapMs: this.shape.gapMs,
      now: this.#now,
      number: this.#processes,
      onTurn: () => (this.#turn += 1),
      judge: { accessOf: ({ principal }) => this.#clientOf.get(principal)?.access ?? 'none' },
      onError: (error) => this.violate(`error in the process: ${describe(error)}`),
    })
  }

  #watch(): SocketWatch {
    return {
      sent: (socket, frame, isOver) => this.#sent(socket, frame, isOver),
      closed: (socket, reason) => this.#closed(socket, reason),
      received: (socket, frame) => this.#received(socket, frame),
      turn: () => this.#turn,
      maxBufferedBytes: this.shape.policy.maxPeerBufferedBytes,
    }
  }

  #sent(socket: SimSocket, frame: Uint8Array, isOver: boolean): void {
    const client = this.sockets.get(socket)
    if (client === undefined || !socket.isOpen) return this.violate('a frame was sent after the close')
    if (socket.hasEnded) return this.violate(`${client.name} is sent something after its access was removed`)
    this.counts.frames += 1
    this.#checkBudget(client, socket, frame, isOver)
    if (socket.bufferedBytes + frame.length > this.shape.policy.maxPeerBufferedBytes)
      this.receipts.fellBehind(socket)
    const decoder = decoding.createDecoder(frame)
    if (decoding.readVarUint(decoder) !== MessageType.sync) return
    const kind = decoding.readVarUint(decoder)
    if (kind === SyncType.step1) return
    this.counts.deliveries += 1
    const written = this.disk.written(client.place.document)
    if (!holds(written, decoding.readVarUint8Array(decoder)))
      this.violate(`${client.name} is sent what is not in the store`)
    if (kind === SyncType.step2 && !this.receipts.answered(socket, written))
      this.violate(`${client.name} is answered before what it sent earlier is in the store`)
  }

  #checkTaken(client: SimClient): void {
    const { doc, place: own, name } = client
    if (Y.getState(this.disk.written(own.document).store, doc.clientID) > this.receipts.taken(client))
      this.violate(`an edit of ${name} is stored that came while it might not write`)
  }

  #checkBudget(client: SimClient, socket: SimSocket, frame: Uint8Array, isOver: boolean): void {
    if (!isOver) this.#overUpdates.delete(socket)
    // One that was over its budget before a batch was written is still sent this batch.
    else if (frame[1] === SyncType.update && frame[0] === MessageType.sync) {
      const first = this.#overUpdates.get(socket) ?? socket.sends
      this.#overUpdates.set(socket, first)
      if (first === socket.sends) return
    }
    const overBytes = isOver ? (this.#overBytes.get(socket) ?? 0) + frame.length : 0
    this.#overBytes.set(socket, overBytes)
    if (overBytes > MAX_SMALL_REPLIES_BYTES)
      this.violate(
        `${client.name} does not read, and is sent more and more: ${socket.bufferedBytes} bytes wait`,
      )
  }

  #closed(socket: SimSocket, reason: CloseReason): void {
    this.counts.closes += 1
    const client = this.sockets.get(socket)
    if (reason === 'try_again_later') this.receipts.refused(socket)
    if (reason === 'access_revoked' && socket.hasEnded) return
    // One that may only read, and does not stop typing.
    if (reason === 'read_only' && socket.access === 'read') return
    const isEnding = this.#isStopping || this.disk.fates.stale > 0
    if (!FAIR.has(reason) || (reason === 'restarting' && !isEnding))
      this.violate(`${client?.name} did nothing wrong and was closed with ${reason}`)
  }

  #received(socket: SimSocket, frame: Uint8Array): void {
    const client = this.sockets.get(socket)
    if (client !== undefined) this.receipts.received(client, socket, frame)
    this.#turn += 1
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
