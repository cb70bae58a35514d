/** What a room holds before anybody types. */
import type { DocumentPlan } from '../plan/scenario.ts'
import { type HistoryPlan, recordHistory } from './history.ts'
import { planNotebook } from './notebook-document.ts'
import { createRandom } from './random.ts'
import { planText } from './text-document.ts'

export type PlannedDocument = {
  /** To be written one after the other: `storedAs` of them, or one; none when the room starts empty. */
  readonly states: readonly Uint8Array[]
}

/**
 * The same plan, seed and room give the same bytes. Text lies in the root `source`, as in JupyterLab's
 * shared file; a notebook has the roots `cells` and `meta`; both have `state`.
 */
export function createDocument(plan: DocumentPlan, seed: number, room: number): PlannedDocument {
  if (plan.shape === 'empty') return { states: [] }
  const random = createRandom(seed, 'document', room)
  const history: HistoryPlan = { seed, room, updates: plan.storedAs }
  const build = plan.shape === 'text' ? planText(random, plan) : planNotebook(random, plan)
  return { states: recordHistory(history, build) }
}
