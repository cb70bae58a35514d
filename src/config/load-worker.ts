/** Entry of the thread that `load-again.ts` starts. */
import { parentPort, workerData } from 'node:worker_threads'
import { ConfigError } from './fault.ts'
import { gatherConfig, settleConfig } from './load.ts'
import type { LoadReply, LoadRequest } from './load-message.ts'

async function load({ sources, supplied }: LoadRequest): Promise<LoadReply> {
  try {
    return { config: settleConfig(await gatherConfig(sources), supplied).config }
  } catch (error) {
    if (error instanceof ConfigError) return { faults: error.faults }
    throw error
  }
}

parentPort?.postMessage(await load(workerData as LoadRequest))
