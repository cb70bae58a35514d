/**
 * The composition root: builds store, rooms, people, Jupyter side and web, in this order, from plain
 * constructor parameters, and takes them down in the opposite one. No decisions are made here.
 */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { activityFacts } from './app/activity.ts'
import { type Audit, auditOf } from './app/audit.ts'
import { closeInOrder } from './app/close-all.ts'
import { watchConfig } from './app/config-reload.ts'
import { openGrants } from './app/management.ts'
import { type JupyterSide, jupyterSide } from './app/jupyter.ts'
import { type People, people } from './app/people.ts'
import { baseUrlOf, roomPolicy } from './app/policies.ts'
import { rareCheck, statusFacts, titleOf } from './app/status.ts'
import { loadPageFiles } from './http/page-files.ts'
import { buildWeb } from './app/web.ts'
import type { AppOptions, RunningApp } from './cli/running-app.ts'
import type { Readiness } from './http/routes/health.ts'
import type { Config } from './config/schema.ts'
import { GuestLinks } from './identity/guest-links.ts'
import { CpuProfiler } from './observability/cpu-profiler.ts'
import { type EventLoopWatch, watchEventLoop } from './observability/event-loop-watch.ts'
import { createLogger } from './observability/log.ts'
import { type Metrics, createMetrics } from './observability/metrics.ts'
import { ProcessWatch } from './observability/process-facts.ts'
import type { Lineage } from './protocol/names.ts'
import { BackgroundTurns } from './room/background-turns.ts'
import { systemClock } from './room/clock.ts'
import { CommitLoop } from './room/commit-loop.ts'
import type { HeapUse } from './room/memory-budget.ts'
import { RoomRegistry } from './room/room-registry.ts'
import { SnapshotThread } from './room/snapshot-thread.ts'
import type { AccessChange } from './identity/access-watch.ts'
import { LevelFileIndex } from './store/file-index.ts'
import { DiskSpaceWatch } from './store/disk-space.ts'
import type { LevelDatabase } from './store/level-database.ts'
import { LevelLinkStore } from './store/link-store.ts'
import { LevelDocumentStore } from './store/level-document-store.ts'
import { openLevelDatabase } from './store/open-level-database.ts'
import { readOrCreateSecret } from './store/secrets.ts'
import { ConnectionRegistry } from './websocket/connection-registry.ts'
import { UpgradeHandler } from './websocket/upgrade.ts'

const COOKIE_SECRET_BYTES = 32
const STORE_RETRY_MS = 200
const STORE_MAX_RETRY_MS = 5000
/** When a server counts as overloaded, in milliseconds. */
const LAG = { limitMs: 500, forMs: 5000, calmMs: 5000 }
/** Share of the drain time that clients get to answer the close frame. */
const GOODBYE_SHARE = 0.2

/** Starts serving. Throws what the commands explain: a port taken, a folder locked, Jupyter away. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { config } = options
  const logger = createLogger(config.log)
  const database = await openLevelDatabase({
    directory: config.data.dir,
    fsync: config.data.fsync,
    log: logger.child({ part: 'store' }),
  })
  const disk = new DiskSpaceWatch({
    directory: config.data.dir,
    minFreeBytes: config.data.minFreeBytes,
    log: logger.child({ part: 'store' }),
  })
  const eventLoop = watchEventLoop(LAG)
  const audit = auditOf({ config, database })
  try {
    await disk.start()
    const parts = { ...options, logger, database, disk, eventLoop, audit }
    return await serve({ ...parts, core: buildCore(parts) })
  } catch (error) {
    disk.close()
    eventLoop.close()
    await audit.log.close()
    await database.close()
    throw error
  }
}

type Core = {
  readonly store: LevelDocumentStore
  readonly loop: CommitLoop
  readonly rooms: RoomRegistry
  readonly snapshots: SnapshotThread
  readonly connections: ConnectionRegistry
  readonly metrics: Metrics
}

type Parts = AppOptions & {
  readonly logger: Logger
  readonly database: LevelDatabase
  readonly disk: DiskSpaceWatch
  readonly eventLoop: EventLoopWatch
  readonly audit: Audit
}

function buildCore({ config, version, logger, database, disk, eventLoop, audit }: Parts): Core {
  const store = new LevelDocumentStore(database, { mayBegin: () => !disk.isFull })
  const connections = new ConnectionRegistry({
    maxConnections: config.limits.maxConnections,
    maxConnectionsPerPerson: config.limits.maxConnectionsPerUser,
    pingMs: config.limits.pingMs,
  })
  const metrics = createMetrics({
    version,
    stats: () => ({ ...rooms.stats(), connections: connections.size, dataFreeBytes: disk.freeBytes }),
    delays: eventLoop.window(),
  })
  const { observer } = metrics
  const loop = new CommitLoop({
    store,
    clock: systemClock,
    observer,
    gapMs: config.rooms.commitGapMs,
    retryMs: STORE_RETRY_MS,
    maxRetryMs: STORE_MAX_RETRY_MS,
    onFailure: (error) => logger.error({ err: error }, 'the store cannot write; trying again'),
  })
  const snapshots = new SnapshotThread({
    clock: systemClock,
    onFailure: (error) => logger.warn({ err: error }, 'no snapshot thread; rooms make their snapshots'),
  })
  const rooms = new RoomRegistry({
    store,
    loop,
    clock: systemClock,
    observer,
    heap: heapUse,
    policy: roomPolicy(config),
    mintLineage: () => randomBytes(16).toString('hex') as Lineage,
    turns: new BackgroundTurns(systemClock),
    snapshots,
    onError: (error, document) => logger.error({ err: error, document }, 'room'),
    onRefused: audit.refusedEdits,
    onWarning: (warning, document) => logger.warn({ document }, warning),
  })
  return { store, loop, rooms, snapshots, connections, metrics }
}

async function serve(parts: Parts & { readonly core: Core }): Promise<RunningApp> {
  const { config, logger, database, disk, eventLoop, audit, core, locate } = parts
  const baseUrl = baseUrlOf(config)
  const secret = await readOrCreateSecret(config.data.dir, 'cookie-secret', COOKIE_SECRET_BYTES)
  const onError = (error: unknown): void => logger.error({ err: error }, 'request')
  const links = await guestLinks(config, database)
  const onChange = accessChanges(logger, core.metrics)
  const told = { onError, onChange, onDenied: audit.denied }
  const who = await people({ config, baseUrl, secret, links, locate, ...told })
  const grants = await openGrants({ config, people: who, database, audit: audit.log, locate })
  const files = new LevelFileIndex(database)
  const pages = await loadPageFiles()
  const side = { people: who, rooms: core.rooms, files, pages, onFileEvent: audit.fileEvent }
  const jupyter = await jupyterSide({ ...parts, ...side })
  const life = { isDraining: false }
  const checkJupyter = jupyter && rareCheck(jupyter.contents)
  const watches = { access: who.watch, eventLoop, disk, profiler: new CpuProfiler() }
  const processWatch = new ProcessWatch(eventLoop.window())
  const web = await buildWeb({
    ...parts,
    baseUrl,
    startedAt: Date.now(),
    metrics: core.metrics,
    people: who,
    grants,
    jupyter,
    resourceState: async () => jupyter?.driver.state.phase ?? 'none',
    pages,
    readiness: () => readiness(core, { life, eventLoop, disk }),
    statusFacts: () => statusFacts({ rooms: core.rooms, loop: core.loop, files, checkJupyter, life }),
    activityFacts: () => activityFacts({ ...core, process: processWatch }),
    titleOf: (document) => titleOf({ document }, files),
    profiler: watches.profiler,
    present: () => core.rooms.present(),
  })
  const upgrades = upgradeHandler({ config, baseUrl, who, core, jupyter, logger, audit, onError })
  web.server.on('upgrade', upgrades.handle)
  try {
    await web.listen({ host: config.server.host, port: config.server.port })
  } catch (error) {
    await letGoOf(jupyter)
    throw error
  }
  const { port } = web.server.address() as AddressInfo
  const url = addressOf(config.server.host, port, baseUrl)
  logger.info({ url, dataDir: config.data.dir, jupyter: config.jupyter.url }, 'outrigger is ready')
  const reloading = watchConfig({ ...parts, metrics: core.metrics, people: who, onReload: audit.reloaded })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    life.isDraining = true
    upgrades.drain()
    closing ??= closeEverything({ ...parts, web, jupyter, watches: { ...watches, reloading } })
    return closing
  }
  return { url, reload: () => reloading.request(), close }
}

function accessChanges(logger: Logger, metrics: Metrics): (change: AccessChange) => void {
  return ({ principal, what }) => {
    metrics.accessChanged(what)
    const level = what === 'changed' ? 'debug' : 'info'
    logger[level]({ user: principal.id, what }, 'access of an open socket')
  }
}

function upgradeHandler(deps: {
  readonly config: Config
  readonly baseUrl: string
  readonly who: People
  readonly core: Core
  readonly jupyter: JupyterSide | undefined
  readonly logger: Logger
  readonly audit: Audit
  readonly onError: (error: unknown) => void
}): UpgradeHandler {
  const { config, baseUrl, who, core, jupyter, logger, audit, onError } = deps
  return new UpgradeHandler({
    baseUrl,
    gate: who.gate,
    watch: who.watch,
    rooms: core.rooms,
    connections: core.connections,
    jupyter: jupyter && {
      refusal: jupyter.refusal,
      roomSpec: (name) => jupyter.collaboration.roomSpec(name),
      tunnel: (request, socket, head) => jupyter.gateway.tunnel(request, socket, head),
    },
    limits: config.limits,
    onJoin: ({ outcome, ...visit }) => {
      const { room, user } = visit
      if (outcome === 'joined') {
        logger.info({ room, user }, 'joined')
        audit.joined(visit)
      } else {
        core.metrics.observer.rejected(outcome)
        logger.warn({ room, user, code: outcome }, 'not joined')
      }
    },
    onLeave: audit.left,
    onError,
  })
}

async function guestLinks(config: Config, database: LevelDatabase): Promise<GuestLinks | undefined> {
  if (config.auth.mode === 'open') return undefined
  const store = new LevelLinkStore(database)
  return await GuestLinks.open({ store, resource: config.resource.name })
}

function readiness(
  { loop }: Core,
  {
    life,
    eventLoop,
    disk,
  }: {
    readonly life: { readonly isDraining: boolean }
    readonly eventLoop: EventLoopWatch
    readonly disk: DiskSpaceWatch
  },
): Readiness {
  const reasons = [
    ...(life.isDraining ? ['draining'] : []),
    ...(loop.failure === undefined ? [] : ['store']),
    ...(eventLoop.isLagging() ? ['event-loop'] : []),
    ...(disk.isFull ? ['disk'] : []),
  ]
  return { ready: reasons.length === 0, reasons }
}

/** Stop accepting, say goodbye, save files and flush logs, then let go of the rest. */
async function closeEverything(
  parts: Parts & {
    readonly core: Core
    readonly web: FastifyInstance
    readonly jupyter: JupyterSide | undefined
    readonly watches: Readonly<Record<string, { close(): void }>>
  },
): Promise<void> {
  const { config, logger, database, audit, core, web, jupyter, watches } = parts
  logger.info('stopping')
  for (const watch of Object.values(watches)) watch.close()
  const graceMs = config.server.drainMs * GOODBYE_SHARE
  await closeInOrder([
    { what: 'the listener', close: () => void web.server.close() },
    { what: 'websockets', close: () => core.connections.closeAll('restarting', graceMs) },
    { what: 'rooms', close: () => core.rooms.closeAll() },
    { what: 'the snapshot thread', close: () => core.snapshots.close() },
    { what: 'the Jupyter client', close: () => jupyter?.contents.close() },
    { what: 'the gateway', close: () => jupyter?.gateway.close() },
    { what: 'Jupyter', close: () => jupyter?.driver.close() },
    { what: 'open requests', close: () => web.server.closeAllConnections() },
    { what: 'the web server', close: () => web.close() },
    { what: 'the audit trail', close: () => audit.log.close() },
    { what: 'the store', close: () => core.store.close() },
    { what: 'the data folder', close: () => database.close() },
  ])
  logger.info('stopped')
}

/** We cannot start: a JupyterLab that ran before us goes on, with its kernels. */
async function letGoOf(jupyter: JupyterSide | undefined): Promise<void> {
  jupyter?.contents.close()
  jupyter?.gateway.close()
  await jupyter?.driver.close({ leavesAdopted: true })
}

function heapUse(): HeapUse {
  const { used_heap_size, heap_size_limit } = getHeapStatistics()
  return { usedBytes: used_heap_size, limitBytes: heap_size_limit }
}

function addressOf(host: string, port: number, baseUrl: string): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${shown}:${port}${baseUrl}`
}
