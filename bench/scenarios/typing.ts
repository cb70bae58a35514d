/**
 * How long a keystroke takes to be seen by the other person, from the moment it was *meant* to be
 * typed: a late sender counts as latency too (no coordinated omission).
 */
import { type Histogram, build } from 'hdr-histogram-js'
import { BENCH } from '../config.ts'
import { type BenchClient, connectClient } from '../support/client.ts'
import { startServer } from '../support/server.ts'

export type TypingResult = {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly deliveries: number
  readonly serverCpuMsPerDelivery: number
  /** Every client holds every key typed. */
  readonly isComplete: boolean
}

const MICROSECONDS = 1000

export async function typing(): Promise<TypingResult> {
  const { people, keysPerSecond, warmUpMs, measureMs } = BENCH.typing
  const server = await startServer()
  const clients = await Promise.all(Array.from({ length: people }, () => connectClient(server.url, 'typing')))
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  })
  const meant: number[][] = clients.map(() => [])
  const measureFrom = performance.now() + warmUpMs
  clients.forEach((client, receiver) => watch({ client, receiver, meant, histogram, measureFrom }))
  const endAt = measureFrom + measureMs
  let cpuAtStart = 0
  setTimeout(() => (cpuAtStart = server.cpuSeconds()), warmUpMs)
  const keys = await Promise.all(
    clients.map((client, author) =>
      typeAlong(client, { author, meant, everyMs: 1000 / keysPerSecond, endAt }),
    ),
  )
  const expected = keys.reduce((sum, count) => sum + count, 0)
  const isComplete = await allHave(clients, expected)
  const cpuSeconds = server.cpuSeconds() - cpuAtStart
  for (const client of clients) client.close()
  await server.stop()
  return {
    p50Ms: histogram.getValueAtPercentile(50) / MICROSECONDS,
    p99Ms: histogram.getValueAtPercentile(99) / MICROSECONDS,
    maxMs: histogram.maxValue / MICROSECONDS,
    deliveries: histogram.totalCount,
    serverCpuMsPerDelivery: (cpuSeconds * 1000) / histogram.totalCount,
    isComplete,
  }
}

/** Each author has a text of its own, so its length says which of the author's keys has arrived. */
function watch(parts: {
  readonly client: BenchClient
  readonly receiver: number
  readonly meant: readonly number[][]
  readonly histogram: Histogram
  readonly measureFrom: number
}): void {
  const { client, receiver, meant, histogram, measureFrom } = parts
  meant.forEach((times, author) => {
    if (author === receiver) return
    const text = client.doc.getText(`author ${author}`)
    let seen = 0
    text.observe(() => {
      const now = performance.now()
      for (; seen < text.length; seen += 1) {
        const at = times[seen]
        if (at !== undefined && at >= measureFrom)
          histogram.recordValue(Math.max(1, Math.round((now - at) * MICROSECONDS)))
      }
    })
  })
}

async function typeAlong(
  client: BenchClient,
  plan: {
    readonly author: number
    readonly meant: number[][]
    readonly everyMs: number
    readonly endAt: number
  },
): Promise<number> {
  const text = client.doc.getText(`author ${plan.author}`)
  const times = plan.meant[plan.author] ?? []
  // Two people do not hit their keys in the same moment.
  let at = performance.now() + (plan.author * plan.everyMs) / 2 + 50
  for (; at < plan.endAt; at += plan.everyMs) {
    const wait = at - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    times.push(at)
    text.insert(text.length, 'x')
  }
  return times.length
}

async function allHave(clients: readonly BenchClient[], expected: number): Promise<boolean> {
  const count = ({ doc }: BenchClient): number =>
    clients.reduce((sum, _, author) => sum + doc.getText(`author ${author}`).length, 0)
  const deadline = performance.now() + 5000
  while (performance.now() < deadline) {
    if (clients.every((client) => count(client) === expected)) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}
