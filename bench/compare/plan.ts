/** Which runs are made, in which order. */
import type { RunRecord } from './record.ts'
import { keyOf } from './record.ts'
import type { Target } from './targets.ts'
import type { Workload } from './workloads.ts'

export type PlannedRun = { readonly workload: Workload; readonly target: Target; readonly repetition: number }

/**
 * Repetition by repetition, so that those of a server lie far apart in time; within one, workload by
 * workload, so that the servers that are set in relation lie close together.
 */
export function planRuns(of: {
  readonly workloads: readonly Workload[]
  readonly targets: readonly Target[]
  readonly repetitions: number
  /** Runs that need not be made again. */
  readonly done: readonly RunRecord[]
}): PlannedRun[] {
  const done = new Set(of.done.map(keyOf))
  const repetitions = Array.from({ length: of.repetitions }, (_, index) => index + 1)
  return repetitions
    .flatMap((repetition) =>
      of.workloads.flatMap((workload) =>
        turned(of.targets.filter(workload.takesPart), repetition).map((target) => ({
          workload,
          target,
          repetition,
        })),
      ),
    )
    .filter(
      ({ workload, target, repetition }) =>
        !done.has(keyOf({ workload: workload.name, target: target.name, repetition })),
    )
}

/** Another begins each time, and every other time they run backwards: none always follows the same. */
export function turned<Item>(items: readonly Item[], repetition: number): Item[] {
  const first = items.length === 0 ? 0 : ((repetition - 1) * Math.ceil(items.length / 3)) % items.length
  const rotated = [...items.slice(first), ...items.slice(0, first)]
  return repetition % 2 === 0 ? rotated.toReversed() : rotated
}
