/** Whether a step was sustained, and whether its figures tell of the server at all. */
import { Latency } from '../measure/latency.ts'
import type { Ramp } from '../plan/scenario.ts'
import type { GeneratorUsage, StepResult } from '../result.ts'
import type { Step, StepFacts } from './messages.ts'

/** A worker whose loop is busier than this measures its own queue. */
const BUSY_SHARE = 0.9
/** Sending this late blurs what is measured, in milliseconds and as a share of the p99 latency. */
const LATE = { ms: 5, share: 0.2 }

export type Verdict = {
  readonly isSustained: boolean
  readonly why: string
  readonly generator: GeneratorUsage
}

export function latencyOf(facts: readonly StepFacts[]): Latency {
  const latency = new Latency()
  for (const { meters } of facts) for (const meter of meters) latency.add(meter.latency)
  return latency
}

export function judgeStep(facts: readonly StepFacts[], ramp: Ramp | undefined): Verdict {
  const latency = latencyOf(facts)
  const generator = judgeGenerator(facts, latency)
  const missing = facts.reduce((sum, part) => sum + part.missing, 0)
  const p99Ms = latency.percentile(99)
  const late = ramp !== undefined && p99Ms > ramp.p99Ms
  const problem = facts.some(({ isComplete }) => !isComplete)
    ? missing > 0
      ? `${missing} deliveries were still missing when patience ended`
      : 'not every client was connected at the end'
    : late
      ? `p99 ${p99Ms.toFixed(1)} ms is above ${ramp.p99Ms} ms`
      : ''
  const why =
    problem !== '' && generator.isBottleneck ? `${problem}; the load tool itself was at its limit` : problem
  return { isSustained: why === '', why, generator }
}

export function judgeGenerator(facts: readonly StepFacts[], latency: Latency): GeneratorUsage {
  const lag = new Latency()
  for (const part of facts) lag.add(part.lag)
  const workers = facts.map(({ cpuShare, loopShare }) => ({ cpuShare, loopShare }))
  const busiest = Math.max(0, ...workers.map(({ cpuShare, loopShare }) => Math.max(cpuShare, loopShare)))
  const lagMs = lag.percentile(99)
  const reasons: string[] = []
  if (busiest > BUSY_SHARE) reasons.push(`a load worker was busy ${(busiest * 100).toFixed(0)} % of the time`)
  if (lagMs > LATE.ms && lagMs > LATE.share * latency.percentile(99))
    reasons.push(`edits were sent late (p99 ${lagMs.toFixed(1)} ms)`)
  const isBottleneck = reasons.length > 0
  return {
    workers,
    lag: lag.summary(),
    isBottleneck,
    why: isBottleneck
      ? `${reasons.join('; ')}: use more --workers, on cores that the server does not need`
      : '',
  }
}

export function stepOf(parts: {
  readonly step: Step
  readonly facts: readonly StepFacts[]
  readonly verdict: Verdict
  readonly cpuShare: number | undefined
  /** Of the groups, where the step has none of its own. */
  readonly rate: number
}): StepResult {
  const { step, facts, verdict, cpuShare, rate } = parts
  const seconds = (step.durationMs - step.warmUpMs) / 1000
  const sum = (name: 'edits' | 'delivered'): number =>
    facts.reduce((total, { meters }) => total + meters.reduce((some, meter) => some + meter[name], 0), 0)
  return {
    rate: step.rate ?? rate,
    seconds,
    editsPerSecond: sum('edits') / seconds,
    deliveriesPerSecond: sum('delivered') / seconds,
    latency: latencyOf(facts).summary(),
    isSustained: verdict.isSustained,
    why: verdict.why,
    serverCpuShare: cpuShare,
    isGeneratorBottleneck: verdict.generator.isBottleneck,
  }
}
