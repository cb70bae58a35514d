/** Rooms behind real sockets on a real LevelDB, with everyone let in who says who they are. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Access } from '../../src/access/model.ts'
import type { Gate } from '../../src/identity/gate.ts'
import { type Lineage, type RoomName, documentId } from '../../src/protocol/names.ts'
import type { RoomSpec } from '../../src/room/ports.ts'
import { systemClock } from '../../src/room/clock.ts'
import { CommitLoop } from '../../src/room/commit-loop.ts'
import type { RoomPolicy } from '../../src/room/policy.ts'
import { RoomRegistry } from '../../src/room/room-registry.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import { ConnectionRegistry } from '../../src/websocket/connection-registry.ts'
import { type JoinFacts, type UpgradeDeps, UpgradeHandler } from '../../src/websocket/upgrade.ts'
import { person } from './room-client.ts'
import { SILENT, TEST_POLICY } from './room-fixture.ts'
import { tempDir } from './temp-dir.ts'

export type RoomServerOptions = {
  readonly directory?: string | undefined
  readonly port?: number | undefined
  readonly policy?: Partial<RoomPolicy> | undefined
  readonly maxFrameBytes?: number | undefined
  readonly maxConnectionsPerPerson?: number | undefined
  /** Lets a test delay or break the decision. */
  readonly gate?: Gate | undefined
  readonly watch?: UpgradeDeps['watch']
  /** Any name is a room of Jupyter's dialect. */
  readonly hasJupyterRooms?: boolean | undefined
}

/** `?as=NAME` and `?access=read` say who comes; nobody says nothing is not signed in. */
const nameGate: Gate = {
  admit: (request) => {
    const query = new URLSearchParams((request.url ?? '').split('?')[1])
    const name = query.get('as') ?? 'ann'
    if (name === 'nobody') return Promise.resolve({ ok: false, code: 'not_signed_in' })
    if (name === 'stranger') return Promise.resolve({ ok: false, code: 'not_found' })
    const access = (query.get('access') ?? 'edit') as Access
    return Promise.resolve({ ok: true, principal: person(name), access, source: 'query' })
  },
}

export function jupyterSpec(room: string): RoomSpec {
  return { document: documentId('jupyter', room as RoomName), dialect: 'jupyter', persistence: 'durable' }
}

const JUPYTER: UpgradeDeps['jupyter'] = {
  roomSpec: (room) => Promise.resolve(jupyterSpec(room)),
  tunnel: () => Promise.reject(new Error('there is no Jupyter here')),
}

export async function startRoomServer(t: TestContext, options: RoomServerOptions = {}) {
  // Hooks run in the order of registration: close first, then remove the folder.
  let closing: Promise<void> | undefined
  let shutDown = (): Promise<void> => Promise.resolve()
  const close = (): Promise<void> => (closing ??= shutDown())
  t.after(close)
  const directory = options.directory ?? (await tempDir(t))
  const database = await openLevelDatabase({ directory, fsync: 'always' })
  const store = new LevelDocumentStore(database)
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const loop = new CommitLoop({
    store,
    clock: systemClock,
    observer: SILENT,
    gapMs: 0,
    retryMs: 20,
    maxRetryMs: 1000,
    onFailure: onError,
  })
  let lineages = Date.now()
  const rooms = new RoomRegistry({
    store,
    loop,
    clock: systemClock,
    observer: SILENT,
    policy: { ...TEST_POLICY, ...options.policy },
    mintLineage: () => (lineages += 1).toString(16).padStart(32, '0') as Lineage,
    onError,
  })
  const connections = new ConnectionRegistry({
    maxConnections: 100,
    maxConnectionsPerPerson: options.maxConnectionsPerPerson ?? 100,
    pingMs: 25_000,
  })
  const joins: JoinFacts[] = []
  const maxFrameBytes = options.maxFrameBytes ?? 1024 * 1024
  const upgrades = new UpgradeHandler({
    baseUrl: '/',
    gate: options.gate ?? nameGate,
    watch: options.watch,
    jupyter: options.hasJupyterRooms === true ? JUPYTER : undefined,
    rooms,
    connections,
    limits: { maxFrameBytes, jupyterMaxFrameBytes: maxFrameBytes, maxUpgradesInFlight: 64 },
    onJoin: (facts) => joins.push(facts),
    onError,
  })
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', upgrades.handle)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  shutDown = async () => {
    upgrades.drain()
    const closed = once(server, 'close')
    server.close()
    await connections.closeAll('restarting', 200)
    server.closeAllConnections()
    await rooms.closeAll()
    await database.close()
    await closed
  }
  return {
    port,
    url: `ws://127.0.0.1:${port}/outrigger/rooms`,
    directory,
    errors,
    joins,
    rooms,
    connections,
    store,
    close,
  }
}
