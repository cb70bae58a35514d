import { BENCH } from '../config.ts'
import { startServer } from '../support/server.ts'

/** Milliseconds from the start of the process to ready, on an empty data folder; one value a run. */
export async function startUp(): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < BENCH.startUp.runs; i += 1) {
    const server = await startServer()
    times.push(server.readyMs)
    await server.stop()
  }
  return times.toSorted((a, b) => a - b)
}
