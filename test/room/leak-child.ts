/**
 * Opens and closes rooms, or connections, again and again, and reports what is left. Runs in a process
 * of its own with `--expose-gc`, so that nothing else is in the heap:
 *
 *   node --expose-gc --import tsx test/room/leak-child.ts rooms|connections WARM_UP CYCLES
 */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { encodeAwareness, encodeSyncStep1, encodeUpdate } from '../../src/protocol/encode.ts'
import type { Lineage } from '../../src/protocol/names.ts'
import { type Clock, systemClock } from '../../src/room/clock.ts'
import { CommitLoop } from '../../src/room/commit-loop.ts'
import type { Peer, RoomSpec } from '../../src/room/ports.ts'
import { RoomRegistry } from '../../src/room/room-registry.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import { ConnectionRegistry } from '../../src/websocket/connection-registry.ts'
import { UpgradeHandler } from '../../src/websocket/upgrade.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { person } from '../support/room-client.ts'
import { SILENT, TEST_POLICY, testDocument } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

export type LeakReport = {
  /** Bytes after collecting garbage, before and after the cycles that count. */
  readonly heapBefore: number
  readonly heapAfter: number
  readonly resourcesBefore: Readonly<Record<string, number>>
  readonly resourcesAfter: Readonly<Record<string, number>>
  readonly filesBefore: number
  readonly filesAfter: number
  readonly errors: readonly string[]
}

const AT_ONCE = 50
const ROOMS = 200

type Rooms = { readonly rooms: RoomRegistry; readonly loop: CommitLoop; readonly errors: string[] }

function openRooms(store: LevelDocumentStore, clock: Clock): Rooms {
  const errors: string[] = []
  const onError = (error: unknown): void => void errors.push(String(error))
  const common = { store, clock, observer: SILENT }
  const loop = new CommitLoop({ ...common, gapMs: 0, retryMs: 10, maxRetryMs: 100, onFailure: onError })
  let lineages = 0
  const rooms = new RoomRegistry({
    ...common,
    loop,
    policy: { ...TEST_POLICY, maxOpenRooms: 1000, idleUnloadMs: 1000, compactOnUnloadRecords: 10 },
    mintLineage: () => (lineages += 1).toString(16).padStart(32, '0') as Lineage,
    onError,
  })
  return { rooms, loop, errors }
}

/** In turn a room that was here before, and one that will never be again, of which nothing is stored. */
function roomOf(cycle: number): RoomSpec {
  const isStored = cycle % 2 === 0
  const document = testDocument(isStored ? `room${cycle % ROOMS}` : `once${cycle}`)
  return { document, dialect: 'y-websocket', persistence: isStored ? 'durable' : 'transient' }
}

/** What a stock client sends when it opens a document and types one letter. */
function hello(cycle: number): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 1 + Math.floor(cycle / ROOMS)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  // A key of each client, so that the document does not grow with the cycles.
  doc.getMap('values').set('last', cycle)
  const state = JSON.stringify({ user: { name: 'x' } })
  return [
    encodeSyncStep1(Y.encodeStateVector(new Y.Doc())),
    ...updates.map(encodeUpdate),
    encodeAwareness([{ clientId: doc.clientID, clock: 1, state: Buffer.from(state) }]),
  ]
}

async function cycleRooms({ rooms, loop }: Rooms, clock: ManualClock, from: number): Promise<void> {
  const nothing = (): void => {}
  const peer: Peer = {
    send: nothing,
    close: nothing,
    pause: nothing,
    resume: nothing,
    bufferedBytes: 0,
    isOpen: true,
  }
  const sessions = await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, i) => {
      const cycle = from + i
      const member = { principal: person(`person${cycle}`), access: 'edit', peer } as const
      const session = await rooms.join(roomOf(cycle), member, undefined)
      for (const frame of hello(cycle)) session.receive(frame)
      return session
    }),
  )
  await loop.idle()
  for (const session of sessions) session.leave()
  clock.advance(3000)
  await until(() => rooms.stats().rooms.closing === 0)
  const { idle, open } = rooms.stats().rooms
  if (idle + open > 0) throw new Error(`${idle + open} rooms are still there`)
}

async function cycleConnections(url: string, from: number, isQuiet: () => boolean): Promise<void> {
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, i) => {
      const cycle = from + i
      const socket = new WebSocket(`${url}/room${cycle % ROOMS}`, { perMessageDeflate: false })
      await once(socket, 'open')
      for (const frame of hello(cycle)) socket.send(frame)
      await once(socket, 'message')
      // Some leave in good order, some are cut off.
      if (cycle % 2 === 0) socket.close()
      else socket.terminate()
      await once(socket, 'close')
    }),
  )
  await until(isQuiet)
}

function heapInUse(): number {
  for (let i = 0; i < 5; i += 1) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Nobody is there and no room is loaded; the last timers have run out. */
async function settled({ rooms }: Rooms): Promise<void> {
  const isEmpty = (): boolean => Object.values(rooms.stats().rooms).every((count) => count === 0)
  await until(() => isEmpty() && resources()['Timeout'] === undefined, 20_000, 'the end of all timers')
}

type Cycles = { readonly warmUp: number; readonly counted: number }

/** Both are multiples of `AT_ONCE`. In the first thousands, code is compiled and caches fill up. */
async function measure({ warmUp, counted }: Cycles, run: (from: number) => Promise<void>, parts: Rooms) {
  for (let i = 0; i < warmUp; i += AT_ONCE) await run(i)
  await settled(parts)
  const before = { heapBefore: heapInUse(), resourcesBefore: resources(), filesBefore: openFiles() }
  for (let i = 0; i < counted; i += AT_ONCE) await run(warmUp + i)
  await settled(parts)
  const after = { heapAfter: heapInUse(), resourcesAfter: resources(), filesAfter: openFiles() }
  return { ...before, ...after, errors: parts.errors } satisfies LeakReport
}

/** Sockets and files of this process, where the system tells; those of LevelDB come and go. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

async function serve(
  parts: Rooms,
): Promise<{ server: Server; connections: ConnectionRegistry; url: string }> {
  const connections = new ConnectionRegistry({
    maxConnections: 1000,
    maxConnectionsPerPerson: 1000,
    pingMs: 25_000,
  })
  let people = 0
  const upgrades = new UpgradeHandler({
    baseUrl: '/',
    gate: {
      admit: () => {
        const principal = person(`person${(people += 1)}`)
        return Promise.resolve({ ok: true, principal, access: 'edit', source: 'query' })
      },
    },
    rooms: parts.rooms,
    connections,
    limits: { maxFrameBytes: 2 ** 20, jupyterMaxFrameBytes: 2 ** 20, maxUpgradesInFlight: 1000 },
    onJoin: () => {},
    onError: (error) => parts.errors.push(String(error)),
  })
  const server = createServer()
  server.on('upgrade', upgrades.handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, connections, url: `ws://127.0.0.1:${port}/outrigger/rooms` }
}

async function leakOfRooms(store: LevelDocumentStore, cycles: Cycles): Promise<LeakReport> {
  const clock = new ManualClock()
  const parts = openRooms(store, clock)
  return await measure(cycles, (from) => cycleRooms(parts, clock, from), parts)
}

async function leakOfConnections(store: LevelDocumentStore, cycles: Cycles): Promise<LeakReport> {
  const parts = openRooms(store, systemClock)
  const { server, connections, url } = await serve(parts)
  const isQuiet = (): boolean => connections.size === 0 && parts.rooms.stats().sessions === 0
  const report = await measure(cycles, (from) => cycleConnections(url, from, isQuiet), parts)
  await connections.closeAll('restarting', 100)
  server.close()
  await parts.rooms.closeAll()
  return report
}

const [what, warmUp, counted] = process.argv.slice(2)
const directory = await mkdtemp(join(tmpdir(), 'outrigger-leak-'))
try {
  const database = await openLevelDatabase({ directory, fsync: 'never' })
  const store = new LevelDocumentStore(database)
  const run = what === 'rooms' ? leakOfRooms : leakOfConnections
  console.log(JSON.stringify(await run(store, { warmUp: Number(warmUp), counted: Number(counted) })))
  await database.close()
} finally {
  await rm(directory, { recursive: true, force: true })
}
