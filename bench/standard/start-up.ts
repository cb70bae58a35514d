import { BENCH } from '../config.ts'
import { startOutrigger } from '../servers/outrigger.ts'

/** From the start of the process to ready, on an empty data folder, in milliseconds, rising. */
export async function measureStartUp(signal: AbortSignal): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run < BENCH.startUp.runs; run += 1) {
    signal.throwIfAborted()
    const server = await startOutrigger()
    try {
      const askedAt = performance.now()
      const answer = await fetch(new URL('outrigger/health/ready', server.url))
      if (!answer.ok) throw new Error(`the server is not ready: ${await answer.text()}`)
      await answer.body?.cancel()
      times.push(server.readyMs + performance.now() - askedAt)
    } finally {
      await server.stop()
    }
  }
  return times.toSorted((a, b) => a - b)
}
