/** Everything that exists only with a Jupyter server behind us. */
import type { Logger } from 'pino'
import { classifyRequest } from '../access/classify.ts'
import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import type { DescribedServer } from '../http/describe-server.ts'
import type { PageFiles } from '../http/page-files.ts'
import { serverPage } from '../http/server-page.ts'
import { Collaboration } from '../jupyter/collaboration.ts'
import type { ContentsClient } from '../jupyter/contents-client.ts'
import type { ServerDriver } from '../jupyter/drivers/driver.ts'
import { type ServerDesk, refusalIn, serverDesk } from '../jupyter/drivers/server-desk.ts'
import type { FileEvent } from '../jupyter/file-binding-event.ts'
import { Gateway } from '../jupyter/gateway/gateway.ts'
import type { StandIn } from '../jupyter/gateway/passage.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { RoomRegistry } from '../room/room-registry.ts'
import type { FileIndex } from '../store/file-index.ts'
import type { People } from './people.ts'
import { baseUrlOf } from './policies.ts'
import { drivenServer } from './server-driver.ts'

export type JupyterSide = {
  readonly driver: ServerDriver
  readonly contents: ContentsClient
  readonly collaboration: Collaboration
  readonly gateway: Gateway
  readonly described: DescribedServer & { readonly desk: ServerDesk }
  /** Why nobody may enter now. */
  readonly refusal: () => ReturnType<typeof refusalIn>
}

export type JupyterDeps = {
  readonly config: Config
  readonly environment: Environment
  readonly logger: Logger
  readonly people: Pick<People, 'gate' | 'watch' | 'passage'>
  readonly rooms: RoomRegistry
  readonly files: FileIndex
  readonly pages: PageFiles | undefined
  /** Told beside the log. */
  readonly onFileEvent: (event: FileEvent, document: DocumentId) => void
}

/** Undefined when no Jupyter is configured. Throws `EnvironmentError` when it cannot be used. */
export async function jupyterSide(deps: JupyterDeps): Promise<JupyterSide | undefined> {
  const server = await drivenServer(deps)
  if (server === undefined) return undefined
  const { driver, contents } = server
  const { config, logger, rooms } = deps
  const collaboration = collaborationOf(deps, contents)
  const desk = serverDesk({
    driver,
    saveAndLeave: () => collaboration.saveAndLeave(() => leaveRooms(rooms), config.jupyter.stopSaveMs),
    closeTunnels: () => gateway.closeAll(),
    onUnsaved: (paths) => logger.warn({ paths }, 'stopped with files that could not be saved'),
  })
  const described = { name: config.resource.name, owners: ownerWords(config), desk }
  const standIn = {
    refusal: () => refusalIn(driver.state),
    page: serverPage({ ...described, baseUrl: baseUrlOf(config), files: deps.pages }),
  }
  const gateway = gatewayOf(deps, { driver, collaboration, standIn })
  return { driver, contents, collaboration, gateway, described, refusal: standIn.refusal }
}

/** Those of Jupyter's files, and of who has which open. */
async function leaveRooms(rooms: RoomRegistry): Promise<void> {
  await rooms.closeWhere((document) => document.startsWith('jupyter/'), 'server_stopped')
}

function collaborationOf(deps: JupyterDeps, contents: ContentsClient): Collaboration {
  const { config, rooms, files, logger, onFileEvent } = deps
  const { saveDelayMs, saveMaxWaitMs, pollMs } = config.jupyter
  return new Collaboration({
    rooms,
    files,
    contents,
    policy: { saveDelayMs, saveMaxWaitMs, pollMs },
    onEvent: (event, document) => {
      logFileEvent(logger, event, document)
      onFileEvent(event, document)
    },
    onError: (error, document) => logger.error({ err: error, document }, 'file room'),
  })
}

function gatewayOf(
  { config, people, logger }: JupyterDeps,
  parts: Pick<JupyterSide, 'driver' | 'collaboration'> & { readonly standIn: StandIn },
): Gateway {
  const { driver, collaboration, standIn } = parts
  const { jupyter, limits } = config
  return new Gateway({
    upstream: { url: new URL(driver.url), token: driver.token },
    gate: people.gate,
    watch: people.watch,
    classify: classifyRequest,
    ...people.passage,
    limits: {
      connectTimeoutMs: jupyter.connectTimeoutMs,
      answerTimeoutMs: jupyter.proxiedTimeoutMs,
      maxRequestsInFlight: limits.maxProxiedRequests,
      maxTunnels: limits.maxTunnels,
    },
    standIn,
    settled: (path) => collaboration.settled(path),
    contentsChanged: (event) => collaboration.contentsChanged(event),
    alone: (paths, task) => collaboration.alone(paths, task),
    onError: (error) => logger.error({ err: error }, 'jupyter'),
  })
}

/** Whoever may start and stop it, as the start of a sentence. */
function ownerWords({ auth, resource, users }: Config): string {
  if (auth.mode === 'open') return 'Everybody'
  const [kind = '', name = ''] = (resource.owner ?? '').split(/:(.*)/s)
  if (kind === 'group') return `Members of the group ${name}`
  return users.find((user) => user.name === name)?.displayName ?? name
}

function logFileEvent(logger: Logger, event: FileEvent, document: DocumentId): void {
  const level = event.kind === 'trouble' ? 'warn' : event.kind === 'saved' ? 'debug' : 'info'
  logger[level]({ document, ...event }, `file ${event.kind}`)
}
