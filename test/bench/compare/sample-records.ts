/** Made-up records of a comparison. */
import type { KeptResult } from '../../../bench/compare/metrics.ts'
import type { RunRecord } from '../../../bench/compare/record.ts'
import { NO_TIMES } from '../../../bench/measure/latency.ts'
import { PLAIN_SCENARIO } from '../../../bench/plan/scenario.ts'
import type { GroupResult, StepResult, Summary } from '../../../bench/result.ts'

export function times(p50Ms: number, p99Ms: number): Summary {
  return { ...NO_TIMES, count: 100, meanMs: p50Ms, p50Ms, p90Ms: p50Ms, p99Ms, p999Ms: p99Ms, maxMs: p99Ms }
}

export const GROUP: GroupResult = {
  name: 'typing',
  clients: 10,
  edits: 100,
  deliveriesExpected: 900,
  deliveries: 900,
  latency: times(1, 5),
  outputs: NO_TIMES,
  presence: NO_TIMES,
  joins: NO_TIMES,
  catchUp: NO_TIMES,
  allJoinedMs: 0,
  bytesReceived: 90_000,
  framesReceived: 900,
}

export function step(rate: number, isSustained: boolean, isGeneratorBottleneck = false): StepResult {
  return {
    rate,
    seconds: 2,
    editsPerSecond: rate,
    deliveriesPerSecond: rate * 9,
    latency: times(1, 5),
    isSustained,
    why: isSustained ? '' : 'p99 of 500 ms is above 100 ms',
    serverCpuShare: 0.5,
    isGeneratorBottleneck,
  }
}

export function result(changes: Partial<KeptResult> = {}): KeptResult {
  return {
    scenario: { ...PLAIN_SCENARIO, url: 'ws://127.0.0.1:1/{room}', roomPrefix: 'a-' },
    startedAt: '2026-01-02T03:04:05.000Z',
    node: 'v20.19.0',
    machine: { cpus: 2, model: 'A CPU', memoryBytes: 8 * 2 ** 30, platform: 'linux x64' },
    steps: [step(10, true)],
    groups: [GROUP],
    server: {
      pid: 1,
      cpuSeconds: 1,
      cpuMsPerDelivery: 0.01,
      rssBytesBefore: 50e6,
      rssBytesConnected: 51e6,
      rssBytesAfter: 55e6,
      rssBytesPeak: 61e6,
      diskBytes: 2e6,
    },
    generator: { workers: [{ cpuShare: 0.2, loopShare: 0.2 }], lag: NO_TIMES, isBottleneck: false, why: '' },
    verification: { isOk: true, rooms: 1, clients: 11, editsChecked: 100, failures: [] },
    errors: {},
    isPass: true,
    ...changes,
  }
}

export type Where = { readonly target: string; readonly repetition?: number; readonly workload?: string }

export function measured(where: Where, changes: Partial<KeptResult> = {}): RunRecord {
  return record(where, { kind: 'measured', result: result(changes) })
}

export function failed(where: Where, why: string): RunRecord {
  return record(where, { kind: 'failed', why })
}

function record(where: Where, outcome: RunRecord['outcome']): RunRecord {
  return {
    workload: 'typing-10x10',
    repetition: 1,
    sitting: '2026-01-02T03:04:05.000Z',
    commit: 'abc',
    command: 'npm run bench:compare',
    ...where,
    outcome,
  }
}

/** A run whose p99 is this. */
export function withP99(where: Where, p99Ms: number): RunRecord {
  return measured(where, { groups: [{ ...GROUP, latency: times(1, p99Ms) }] })
}
