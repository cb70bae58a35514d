/** What coordinator and workers say to each other, over the channel of `fork`. */
import type { Scenario } from '../plan/scenario.ts'
import type { MeterFacts } from './group-meter.ts'

export type Step = {
  readonly index: number
  /** Keys a second of one writer; undefined: each group's own. */
  readonly rate: number | undefined
  readonly warmUpMs: number
  /** Warm-up included. */
  readonly durationMs: number
}

export type StepFacts = {
  /** Every client that is here has every edit. */
  readonly isComplete: boolean
  readonly missing: number
  /** One per group of the scenario. */
  readonly meters: readonly MeterFacts[]
  readonly lag: string
  /** Of the measured time. */
  readonly cpuShare: number
  readonly loopShare: number
}

export type RoomFacts = {
  readonly room: string
  /** Digest of the content, and how many clients hold it. */
  readonly digests: readonly (readonly [digest: string, clients: number])[]
  readonly failures: readonly string[]
  readonly edits: number
}

/** Numbers of edits by room number. */
export type EditsByRoom = readonly (readonly [room: number, edits: readonly number[]])[]

/** Name -> [what is asked, what is answered]. */
export type Calls = {
  /** Makes ready what needs no server. */
  prepare: [{ readonly scenario: Scenario; readonly index: number }, void]
  /** Writes the documents of the rooms whose first client is this worker's. */
  seed: [void, void]
  /** Learns what the rooms hold; makes authors and clients. */
  populate: [void, void]
  /** Connects those who are there from the beginning; answers when each has the document. */
  connect: [void, void]
  /** Makes what is typed in the next step. */
  plan: [Step, void]
  /** Begins at this moment of the common clock; answers when the step's time is over. */
  go: [{ readonly startAt: number }, void]
  /** Waits until everything is everywhere, or for this long. */
  drain: [{ readonly patienceMs: number }, StepFacts]
  verify: [void, readonly RoomFacts[]]
  /** The server is about to go: nobody returns before `release`. */
  hold: [void, void]
  release: [void, void]
  /** After `hold` and the kill: what was seen by another than its author, and what was sent. */
  seen: [void, { readonly seen: EditsByRoom; readonly sent: EditsByRoom }]
  /** Reads the rooms as a new client and counts which of these edits are not there. */
  witness: [
    { readonly seen: EditsByRoom; readonly sent: EditsByRoom },
    { readonly lost: number; readonly sentLost: number },
  ]
  /** Cuts every socket. */
  drop: [void, void]
  finish: [void, void]
}

export type CallName = keyof Calls

export type ToWorker = { readonly id: number; readonly name: CallName; readonly body: unknown }

export type Tick = {
  /** Since the start of the load; drains between steps included. */
  readonly atMs: number
  /** What the counts are of. */
  readonly overMs: number
  readonly sent: number
  readonly delivered: number
  readonly latency: string
  readonly errors: Readonly<Record<string, number>>
}

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly body: unknown }
  | { readonly type: 'fault'; readonly id: number; readonly message: string }
  | { readonly type: 'tick'; readonly tick: Tick }
