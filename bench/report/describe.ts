/** A scenario in words. */
import type { DocumentPlan, Group, Scenario } from '../plan/scenario.ts'
import { counted, formatBytes, formatCount, formatSeconds } from './format.ts'

/** One line: what kind of run, how long, with which seed. */
export function describeScenario(scenario: Scenario): string {
  const { name, protocol, seed, workers, warmUpSeconds, forSeconds, ramp, kill, dropAllAfterSeconds } =
    scenario
  const length =
    ramp === undefined
      ? `${formatSeconds(forSeconds)} after ${formatSeconds(warmUpSeconds)} of warm-up`
      : `ramp from ${ramp.from} to ${ramp.to} keys/s, p99 below ${ramp.p99Ms} ms, steps of ${formatSeconds(ramp.stepSeconds)}`
  return [
    name,
    protocol,
    length,
    ...(kill === undefined ? [] : [`kill -9 ${formatSeconds(kill.seconds)} after ${wordsOf(kill.after)}`]),
    ...(dropAllAfterSeconds === undefined ? [] : [`all cut after ${formatSeconds(dropAllAfterSeconds)}`]),
    counted(workers, 'worker'),
    `seed ${seed}`,
  ].join(' · ')
}

/** One line: who is there and does what. */
export function describeGroup(group: Group): string {
  const { writers, rate, typing } = group
  const seconds = (value: number): string => formatSeconds(value)
  const parts: (string | false)[] = [
    `${counted(group.rooms, 'room')} of ${formatCount(group.clients)}`,
    writers === 0 ? 'nobody types' : `${counted(writers, 'writer')} at ${rate} keys/s (${typing})`,
    describeDocument(group.document),
    group.cursorFollowsKeys && 'a cursor with each key',
    group.cursorRate > 0 && `cursors ${group.cursorRate} /s`,
    group.renewSeconds > 0 && `presence each ${seconds(group.renewSeconds)}`,
    group.arriveAfterSeconds + group.arriveOverSeconds > 0 &&
      `arrive after ${seconds(group.arriveAfterSeconds)} over ${seconds(group.arriveOverSeconds)}`,
    group.outputMessagesPerSecond > 0 &&
      `outputs ${group.outputMessagesPerSecond} /s, ${formatBytes(group.outputBytesPerSecond)}/s`,
    group.runEverySeconds > 0 && `a run each ${seconds(group.runEverySeconds)}`,
    group.sleepEverySeconds > 0 &&
      `asleep each ${seconds(group.sleepEverySeconds)} for ${seconds(group.sleepForSeconds)}`,
    group.leaveEverySeconds > 0 && `leave each ${seconds(group.leaveEverySeconds)}`,
    group.stalled > 0 && `${counted(group.stalled, 'stalled reader')}`,
  ]
  return `${group.name}: ${parts.filter((part) => part !== false).join(', ')}`
}

function describeDocument({ shape, bytes, cells, storedAs }: DocumentPlan): string {
  if (shape === 'empty') return 'empty documents'
  const parts = [
    `${shape} of ${formatBytes(bytes)}`,
    ...(cells > 0 ? [counted(cells, 'cell')] : []),
    ...(storedAs > 0 ? [`written as ${counted(storedAs, 'update')}`] : []),
  ]
  return parts.join(', ')
}

function wordsOf(after: 'start' | 'last-delivery'): string {
  return after === 'start' ? 'the start' : 'the last delivery'
}
