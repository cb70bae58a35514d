import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { BackgroundTurns } from './background-turns.ts'
import type { Clock } from './clock.ts'
import type { CommitLoop } from './commit-loop.ts'
import type { RoomPolicy } from './policy.ts'
import type { DocumentStore, RoomObserver } from './ports.ts'
import type { RefusedEdits } from './refusal-count.ts'
import type { SnapshotThread } from './snapshot-thread.ts'
import type { TurnBudget } from './turn-budget.ts'

/** What all rooms of a process share. */
export type RoomDeps = {
  readonly store: DocumentStore
  readonly loop: CommitLoop
  readonly clock: Clock
  readonly observer: RoomObserver
  readonly policy: RoomPolicy
  readonly encoding: TurnBudget
  readonly mintLineage: () => Lineage
  /** Shared by all rooms of the process, so that only one of them loads or compacts in a turn. */
  readonly turns?: BackgroundTurns | undefined
  readonly snapshots?: SnapshotThread | undefined
  readonly onError: (error: unknown, document: DocumentId) => void
  /** Edits of a person were not taken. Must not throw or wait. */
  readonly onRefused?: ((refused: RefusedEdits) => void) | undefined
  /** Something that somebody should know before it becomes a fault. */
  readonly onWarning?: ((warning: string, document: DocumentId) => void) | undefined
}
