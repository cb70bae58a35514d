/** What a run found: printed as a table, written as JSON, drawn as a page, compared. */
import type { Scenario } from './plan/scenario.ts'

/** Of a histogram; times in milliseconds. All 0 where `count` is 0. */
export type Summary = {
  readonly count: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** The whole curve: [percentile 0 to 100, milliseconds], rising; for plots. */
  readonly curve: readonly (readonly [percentile: number, ms: number])[]
}

export type GroupResult = {
  readonly name: string
  readonly clients: number
  /** Logical edits of the measured time: a key, a correction, a paste, a run; not frames. */
  readonly edits: number
  /** One edit at one other client that was connected when it was meant to be sent. */
  readonly deliveriesExpected: number
  readonly deliveries: number
  /** From the moment an edit was *meant* to be sent to its arrival at another client. */
  readonly latency: Summary
  /** The same for streamed outputs. */
  readonly outputs: Summary
  /** From a presence state's intended time until that or a newer one of its owner arrived. */
  readonly presence: Summary
  /** From the first packet of a connection to the whole document at the client. */
  readonly joins: Summary
  /** Edits that reached somebody who was away (asleep, cut off) when they were made. */
  readonly catchUp: Summary
  /** Time of the first join to the last one's document, in milliseconds; 0 without joins in the load. */
  readonly allJoinedMs: number
  readonly bytesReceived: number
  readonly framesReceived: number
}

/** One rate; a run without ramp has one step. */
export type StepResult = {
  /** Keys a second of one writer. */
  readonly rate: number
  readonly seconds: number
  readonly editsPerSecond: number
  readonly deliveriesPerSecond: number
  /** Over all groups. */
  readonly latency: Summary
  /** p99 within the bound (ramp only), and everything arrived. */
  readonly isSustained: boolean
  /** Why not, in words; empty when sustained. */
  readonly why: string
  readonly serverCpuShare: number | undefined
  readonly isGeneratorBottleneck: boolean
}

/** One point each 500 ms or so. */
export type TimelinePoint = {
  /** Since the start of the load. */
  readonly atMs: number
  readonly editsPerSecond: number
  readonly deliveriesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  /** Of one core: 1 is a whole one. */
  readonly serverCpuShare?: number
  readonly serverRssBytes?: number
}

export type ServerUsage = {
  readonly pid: number
  readonly cpuSeconds: number
  /** Server CPU of the measured time by one delivery (edits, outputs and presence together). */
  readonly cpuMsPerDelivery: number
  /** Before the first connection, after connecting, at the end of the load, and the highest seen. */
  readonly rssBytesBefore: number
  readonly rssBytesConnected: number
  readonly rssBytesAfter: number
  readonly rssBytesPeak: number
  /** Size of its data folder at the end, when it is known. */
  readonly diskBytes?: number
}

export type GeneratorUsage = {
  /** Share of one core, and of the event loop, by worker, over the measured time. */
  readonly workers: readonly { readonly cpuShare: number; readonly loopShare: number }[]
  /** How much later than meant edits were handed to the socket. */
  readonly lag: Summary
  /** The figures tell of the generator rather than of the server. */
  readonly isBottleneck: boolean
  readonly why: string
}

export type Verification = {
  readonly isOk: boolean
  readonly rooms: number
  /** Clients whose content was compared, the fresh reader of each room included. */
  readonly clients: number
  readonly editsChecked: number
  /** One sentence each; at most 20, then a sentence with the number of the rest. */
  readonly failures: readonly string[]
}

export type KillResult = {
  /** Edits that a client other than the author had seen before the kill. */
  readonly seen: number
  /** ... and that the restarted server does not have. */
  readonly lost: number
  readonly sent: number
  readonly sentLost: number
  /** From the kill to the first answer of the restarted server. */
  readonly backAfterMs: number
}

export type RunResult = {
  readonly scenario: Scenario
  readonly startedAt: string
  readonly node: string
  readonly machine: {
    readonly cpus: number
    readonly model: string
    readonly memoryBytes: number
    readonly platform: string
  }
  readonly steps: readonly StepResult[]
  readonly groups: readonly GroupResult[]
  readonly timeline: readonly TimelinePoint[]
  readonly server?: ServerUsage
  readonly generator: GeneratorUsage
  readonly verification: Verification
  readonly kill?: KillResult
  /** Unwanted closes, refusals and failed connects: text to count. */
  readonly errors: Readonly<Record<string, number>>
  /** False: verification failed, something did not arrive, or nothing was measured. */
  readonly isPass: boolean
}
