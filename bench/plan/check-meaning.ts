/** What is wrong between values that are right by themselves. */
import type { Fault } from '../../src/config/fault.ts'
import type { Draft } from './draft.ts'
import type { Group } from './scenario.ts'

/** `isManaged`: the run starts the server itself, so it may also end it. */
export function meaningFaults(draft: Draft, isManaged: boolean): Fault[] {
  const { groups } = draft
  return [
    ...groups.flatMap((group, index) => groupFaults(group, draft, `groups[${index}]`)),
    ...nameFaults(groups),
    ...rampFaults(draft),
    ...killFaults(draft, isManaged),
  ]
}

function groupFaults(group: Group, draft: Draft, key: string): Fault[] {
  const { clients, writers, document, name } = group
  const lastsSeconds = draft.warmUpSeconds + draft.forSeconds
  const arrivesSeconds = group.arriveAfterSeconds + group.arriveOverSeconds
  const isNotebook = document.shape === 'notebook' || draft.protocol === 'jupyter'
  const isStreaming = group.outputMessagesPerSecond > 0
  const faults: (Fault | false)[] = [
    writers > clients && {
      key: `${key}.writers (--writers)`,
      problem: `${writers} writers are more than the ${clients} clients of a room`,
      fix: `Give --clients ${writers}, or fewer writers.`,
    },
    document.shape === 'empty' &&
      document.bytes + document.cells + document.storedAs > 0 && {
        key: `${key}.document (--document)`,
        problem: 'an empty document has no size',
        fix: 'Add --document text or --document notebook.',
      },
    document.shape !== 'empty' &&
      document.bytes === 0 && {
        key: `${key}.document.bytes (--document-size)`,
        problem: `a ${document.shape} needs a size`,
        fix: 'Add --document-size 200KB, for example.',
      },
    isStreaming !== group.outputBytesPerSecond > 0 && {
      key: `${key}.outputMessagesPerSecond`,
      problem: 'and outputBytesPerSecond need each other',
      fix: 'Give both, or neither.',
    },
    (isStreaming || group.runEverySeconds > 0) &&
      !isNotebook && {
        key: `${key}.document.shape (--document)`,
        problem: 'outputs and runs need cells',
        fix: 'Use a notebook.',
      },
    group.sleepEverySeconds > 0 &&
      group.sleepForSeconds === 0 && {
        key: `${key}.sleepForSeconds`,
        problem: 'is missing beside sleepEverySeconds',
        fix: 'Say how long a laptop sleeps.',
      },
    group.stalled > clients - writers && {
      key: `${key}.stalled`,
      problem: `${group.stalled} are more than the readers of a room`,
      fix: `Give at most ${Math.max(0, clients - writers)}.`,
    },
    draft.ramp === undefined &&
      arrivesSeconds >= lastsSeconds && {
        key: `${key} (${name})`,
        problem: `its clients arrive until ${arrivesSeconds} s, and the load ends after ${lastsSeconds} s`,
        fix: `Give --for ${Math.ceil(arrivesSeconds + 5)}s, or let them arrive earlier.`,
      },
  ]
  return faults.filter((fault) => fault !== false)
}

function nameFaults(groups: readonly Group[]): Fault[] {
  const names = groups.map(({ name }) => name)
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => ({
      key: 'groups',
      problem: `two of them are called ${name}`,
      fix: 'Give each a name of its own; it becomes part of the names of its rooms.',
    }))
}

function rampFaults({ ramp, groups, kill, dropAllAfterSeconds }: Draft): Fault[] {
  if (ramp === undefined) return []
  const faults: (Fault | false)[] = [
    ramp.from > ramp.to && {
      key: 'ramp.from (--ramp-from)',
      problem: `${ramp.from} is above --ramp-to ${ramp.to}`,
      fix: 'Begin with the lower rate.',
    },
    groups.every(({ writers }) => writers === 0) && {
      key: 'ramp (--ramp)',
      problem: 'raises the rate of writers, and there are none',
      fix: 'Add --writers 1.',
    },
    (kill !== undefined || dropAllAfterSeconds !== undefined) && {
      key: 'ramp (--ramp)',
      problem: 'cannot be combined with a kill or a cut: no rate is sustained through them',
      fix: 'Do one after the other.',
    },
  ]
  return faults.filter((fault) => fault !== false)
}

function killFaults(draft: Draft, isManaged: boolean): Fault[] {
  const { kill, restartBeforeJoin, warmUpSeconds, forSeconds, dropAllAfterSeconds = 0 } = draft
  const lastsSeconds = warmUpSeconds + forSeconds
  const needs = 'needs a server that this run starts'
  const fix = "Add --start 'COMMAND', or leave out --url to use a fresh Outrigger."
  const faults: (Fault | false)[] = [
    kill !== undefined && !isManaged && { key: 'kill (--kill-after)', problem: needs, fix },
    restartBeforeJoin && !isManaged && { key: 'restartBeforeJoin', problem: needs, fix },
    kill?.after === 'start' &&
      kill.seconds >= lastsSeconds && {
        key: 'kill.seconds (--kill-after)',
        problem: `${kill.seconds} s is not within the load, which lasts ${lastsSeconds} s`,
        fix: `Give less, or --for ${Math.ceil(kill.seconds + 5)}s.`,
      },
    dropAllAfterSeconds >= lastsSeconds && {
      key: 'dropAllAfterSeconds',
      problem: `${dropAllAfterSeconds} s is not within the load, which lasts ${lastsSeconds} s`,
      fix: 'Give less.',
    },
  ]
  return faults.filter((fault) => fault !== false)
}
