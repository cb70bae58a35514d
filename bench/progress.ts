/** What a run tells while it runs. */
import type { TimelinePoint } from './result.ts'

export const PHASES = ['start', 'documents', 'connect', 'load', 'drain', 'verify'] as const
export type Phase = (typeof PHASES)[number]

export type Progress = {
  readonly phase: Phase
  /** Of this phase, 0 to 1. */
  readonly done: number
  readonly point?: TimelinePoint | undefined
  readonly note?: string | undefined
}
