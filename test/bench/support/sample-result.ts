/** A made-up run with something of everything. */
import { NO_TIMES } from '../../../bench/measure/latency.ts'
import { PLAIN_GROUP, PLAIN_RAMP, PLAIN_SCENARIO } from '../../../bench/plan/scenario.ts'
import type { GroupResult, RunResult, StepResult, Summary, TimelinePoint } from '../../../bench/result.ts'

export const NONE = NO_TIMES

export function times(p50Ms: number, count = 1000): Summary {
  const at = (percentile: number): number => p50Ms * (0.5 + percentile / 100) ** 2
  return {
    count,
    meanMs: p50Ms * 1.1,
    p50Ms,
    p90Ms: at(90),
    p99Ms: p50Ms * 3,
    p999Ms: p50Ms * 5,
    maxMs: p50Ms * 9,
    curve: [
      ...[0, 25, 50, 75, 90].map((p) => [p, at(p)] as const),
      [99, p50Ms * 3],
      [99.9, p50Ms * 5],
      [100, p50Ms * 9],
    ],
  }
}

export const GROUP: GroupResult = {
  name: 'typing',
  clients: 10,
  edits: 1500,
  deliveriesExpected: 13_500,
  deliveries: 13_500,
  latency: times(2, 13_500),
  outputs: NONE,
  presence: times(4),
  joins: times(20, 10),
  catchUp: NONE,
  allJoinedMs: 0,
  bytesReceived: 1_234_567,
  framesReceived: 12_000,
}

export function step(rate: number, isSustained: boolean): StepResult {
  return {
    rate,
    seconds: 3,
    editsPerSecond: rate * 10,
    deliveriesPerSecond: rate * 90,
    latency: times(isSustained ? 2 : 80),
    isSustained,
    why: isSustained ? '' : 'p99 240.0 ms is above 100 ms',
    serverCpuShare: Math.min(1, rate / 100),
    isGeneratorBottleneck: false,
  }
}

function timeline(): TimelinePoint[] {
  return Array.from({ length: 24 }, (_, index) => ({
    atMs: (index + 1) * 500,
    editsPerSecond: 150 + (index % 3),
    deliveriesPerSecond: 1350 + 20 * (index % 5),
    p50Ms: 2 + (index % 4) / 10,
    p99Ms: index === 12 ? 48 : 6 + (index % 5),
    errors: index === 12 ? 2 : 0,
    serverCpuShare: 0.2 + (index % 6) / 50,
    serverRssBytes: 90e6 + index * 2e5,
  }))
}

export function sampleResult(changes: Partial<RunResult> = {}): RunResult {
  return {
    scenario: {
      ...PLAIN_SCENARIO,
      url: 'ws://127.0.0.1:1234/{room}',
      roomPrefix: 'sample',
      groups: [{ ...PLAIN_GROUP, clients: 10, writers: 10, rate: 15 }],
    },
    startedAt: '2026-01-02T03:04:05.000Z',
    node: 'v20.19.0',
    machine: { cpus: 2, model: 'A CPU', memoryBytes: 8e9, platform: 'linux x64' },
    steps: [step(15, true)],
    groups: [GROUP],
    timeline: timeline(),
    server: {
      pid: 4242,
      cpuSeconds: 3.5,
      cpuMsPerDelivery: 0.0123,
      rssBytesBefore: 80e6,
      rssBytesConnected: 85e6,
      rssBytesAfter: 95e6,
      rssBytesPeak: 99e6,
      diskBytes: 2e6,
    },
    generator: {
      workers: [{ cpuShare: 0.31, loopShare: 0.28 }],
      lag: times(0.1),
      isBottleneck: false,
      why: '',
    },
    verification: { isOk: true, rooms: 1, clients: 11, editsChecked: 1800, failures: [] },
    errors: {},
    isPass: true,
    ...changes,
  }
}

/** A search that found 60 keys/s. */
export function sampleRamp(): RunResult {
  const plain = sampleResult()
  return {
    ...plain,
    scenario: { ...plain.scenario, ramp: { ...PLAIN_RAMP, from: 15, to: 480 } },
    steps: [step(15, true), step(30, true), step(60, true), step(120, false), step(84.85, false)],
  }
}
