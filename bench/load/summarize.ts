/** From what the workers counted to what the result says. */
import type { Group } from '../plan/scenario.ts'
import type { GeneratorUsage, GroupResult } from '../result.ts'
import type { GroupMeter } from './group-meter.ts'
import { judgeGenerator, latencyOf } from './judge.ts'
import type { StepFacts } from './messages.ts'

export function groupResult(group: Group, meter: GroupMeter): GroupResult {
  return {
    name: group.name,
    clients: group.rooms * group.clients,
    edits: meter.edits,
    deliveriesExpected: meter.expected,
    deliveries: meter.delivered,
    latency: meter.latency.summary(),
    outputs: meter.outputs.summary(),
    presence: meter.presence.summary(),
    joins: meter.joins.summary(),
    catchUp: meter.catchUp.summary(),
    allJoinedMs: Math.max(0, meter.lastJoinAt - meter.firstJoinAt),
    bytesReceived: meter.bytes,
    framesReceived: meter.frames,
  }
}

/** Of the step in which it had most to do: the last ones of a search are not always that. */
export function generatorUsage(steps: readonly (readonly StepFacts[])[]): GeneratorUsage {
  const judged = steps.map((facts) => judgeGenerator(facts, latencyOf(facts)))
  const busy = ({ workers }: GeneratorUsage): number =>
    Math.max(0, ...workers.map(({ loopShare }) => loopShare))
  const byLoad = judged.toSorted((a, b) => busy(b) - busy(a))
  return byLoad.find(({ isBottleneck }) => isBottleneck) ?? byLoad[0] ?? judgeGenerator([], latencyOf([]))
}
