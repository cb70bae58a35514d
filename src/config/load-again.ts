import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { ConfigError } from './fault.ts'
import { configFile, gatherConfig, settleConfig } from './load.ts'
import type { LoadReply, LoadRequest } from './load-message.ts'
import type { Locate } from './check-meaning.ts'
import type { Config } from './schema.ts'

/** Some milliseconds of work; to start a thread takes longer. */
const MAX_BYTES_HERE = 16 * 1024

export type LoadedAgain = {
  readonly config: Config
  /** Where its keys are set; of a large file nobody knows. */
  readonly locate?: Locate | undefined
}

/**
 * The effective configuration once more, while people are typing. Throws `ConfigError`.
 *
 * A large file is read and checked in a thread of its own: one with a thousand users takes a quarter
 * of a second, in which nobody's keystroke would go through.
 */
export async function loadAgain(request: LoadRequest): Promise<LoadedAgain> {
  const file = configFile(request.sources)
  const bytes = file === undefined ? 0 : await sizeOf(file)
  if (bytes > MAX_BYTES_HERE) return { config: await loadInThread(request) }
  return settleConfig(await gatherConfig(request.sources), request.supplied)
}

/** What cannot be read is a fault that reading it will name. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}

async function loadInThread({ sources, supplied }: LoadRequest): Promise<Config> {
  const workerData: LoadRequest = {
    sources: { ...sources, environment: { ...sources.environment } },
    supplied,
  }
  const worker = new Worker(workerEntry(), { name: 'outrigger-config', workerData })
  try {
    const ended = once(worker, 'exit').then((): never => {
      throw new Error('the thread that reads the configuration ended without an answer')
    })
    const [reply] = (await Promise.race([once(worker, 'message'), ended])) as [LoadReply]
    if ('faults' in reply) throw new ConfigError(reply.faults)
    return reply.config
  } finally {
    await worker.terminate()
  }
}

/** From source, or beside this file in a build. */
function workerEntry(): URL {
  const name = import.meta.url.endsWith('.ts') ? './load-worker-from-source.mjs' : './load-worker.js'
  return new URL(name, import.meta.url)
}
