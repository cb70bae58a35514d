/** Everything that exists only with a Jupyter server behind us. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { classifyRequest } from '../access/classify.ts'
import type { Config } from '../config/schema.ts'
import { EnvironmentError } from '../config/fault.ts'
import { Collaboration } from '../jupyter/collaboration.ts'
import { type CheckResult, ContentsClient } from '../jupyter/contents-client.ts'
import type { FileEvent } from '../jupyter/file-binding-event.ts'
import { Gateway } from '../jupyter/gateway/gateway.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { RoomOpener } from '../room/ports.ts'
import type { FileIndex } from '../store/file-index.ts'
import type { People } from './people.ts'

export type JupyterSide = {
  readonly contents: ContentsClient
  readonly collaboration: Collaboration
  readonly gateway: Gateway
}

export type JupyterDeps = {
  readonly config: Config
  readonly logger: Logger
  readonly people: Pick<People, 'gate' | 'watch' | 'passage'>
  readonly rooms: RoomOpener
  readonly files: FileIndex
}

const RETRY_MS = 500
/** In a pod both are started together, and Jupyter takes longer. */
const START_UP_MS = 10_000

/** Undefined when no Jupyter is configured. Throws `EnvironmentError` when it cannot be used. */
export async function jupyterSide(deps: JupyterDeps): Promise<JupyterSide | undefined> {
  const { jupyter, limits } = deps.config
  if (jupyter.url === undefined) return undefined
  const token = jupyter.token ?? ''
  const contents = new ContentsClient({
    url: jupyter.url,
    token,
    statTimeoutMs: jupyter.connectTimeoutMs,
    transferTimeoutMs: jupyter.timeoutMs,
  })
  try {
    await mustAnswer(contents, deps.config)
  } catch (error) {
    contents.close()
    throw error
  }
  await noteServerHalf(contents, deps.logger)
  const onError = (error: unknown): void => deps.logger.error({ err: error }, 'jupyter')
  const collaboration = new Collaboration({
    rooms: deps.rooms,
    files: deps.files,
    contents,
    policy: {
      saveDelayMs: jupyter.saveDelayMs,
      saveMaxWaitMs: jupyter.saveMaxWaitMs,
      pollMs: jupyter.pollMs,
    },
    onEvent: (event, document) => logFileEvent(deps.logger, event, document),
    onError: (error, document) => deps.logger.error({ err: error, document }, 'file room'),
  })
  const gateway = new Gateway({
    upstream: { url: new URL(jupyter.url), token },
    gate: deps.people.gate,
    watch: deps.people.watch,
    classify: classifyRequest,
    ...deps.people.passage,
    limits: {
      connectTimeoutMs: jupyter.connectTimeoutMs,
      answerTimeoutMs: jupyter.proxiedTimeoutMs,
      maxRequestsInFlight: limits.maxProxiedRequests,
      maxTunnels: limits.maxTunnels,
    },
    settled: (path) => collaboration.settled(path),
    contentsChanged: (event) => collaboration.contentsChanged(event),
    alone: (paths, task) => collaboration.alone(paths, task),
    onError,
  })
  return { contents, collaboration, gateway }
}

/** A Jupyter that is just starting is waited for; one that refuses us is not. */
async function mustAnswer(contents: ContentsClient, { jupyter }: Config): Promise<void> {
  const deadline = performance.now() + START_UP_MS
  for (;;) {
    const result = await contents.check()
    if (result === 'ok') return
    if (result === 'refused' || performance.now() > deadline) throw jupyterFault(result, jupyter.url ?? '')
    await sleep(RETRY_MS)
  }
}

function jupyterFault(result: CheckResult, url: string): EnvironmentError {
  return result === 'refused'
    ? new EnvironmentError({
        key: 'jupyter.token',
        problem: `the Jupyter server at ${url} refuses the token`,
        fix: 'Put the token it was started with into the file named by jupyter.tokenFile (--jupyter-token-file), or into OUTRIGGER_JUPYTER_TOKEN.',
      })
    : new EnvironmentError({
        key: 'jupyter.url',
        problem: `no Jupyter server answers at ${url}`,
        fix: 'Start it, or correct the address (with its base URL) given by --jupyter or jupyter.url.',
      })
}

/** The Python half of jupyter-collaboration is never reached through us; its admin should know. */
async function noteServerHalf(contents: ContentsClient, logger: Logger): Promise<void> {
  if ((await contents.serverHalf()) !== 'present') return
  logger.warn(
    'The Jupyter server also runs jupyter_server_ydoc. It is not used through Outrigger; switch it off with: jupyter server extension disable jupyter_server_ydoc',
  )
}

function logFileEvent(logger: Logger, event: FileEvent, document: DocumentId): void {
  const level = event.kind === 'trouble' ? 'warn' : event.kind === 'saved' ? 'debug' : 'info'
  logger[level]({ document, ...event }, `file ${event.kind}`)
}
