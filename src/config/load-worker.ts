/** Entry of the thread that `load-in-thread.ts` starts. */
import { constants, setPriority } from 'node:os'
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

// Of this thread alone; elsewhere it would be of the whole process. Nobody waits, and others type.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)
parentPort?.postMessage(await load(workerData as LoadRequest))
