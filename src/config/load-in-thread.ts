import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ConfigError } from './fault.ts'
import type { LoadReply, LoadRequest } from './load-message.ts'
import type { Config } from './schema.ts'

/**
 * The effective configuration, read and checked in a thread of its own: a file with a thousand users
 * takes a quarter of a second, in which nobody's keystroke would go through. Throws `ConfigError`.
 */
export async function loadInThread({ sources, supplied }: LoadRequest): Promise<Config> {
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
