/**
 * What one author sends in a run, made before it is sent: a pure function of seed, author and the
 * room's document, so each process knows which edit a range of a Yjs update stands for and when it
 * was meant to be sent.
 */

/** Contiguous identifiers `clock … clock + length - 1` of one Yjs client. */
export type ClockRange = { readonly client: number; readonly clock: number; readonly length: number }

export type EditKind = 'key' | 'delete' | 'paste' | 'run' | 'output'

export type Edit = {
  readonly kind: EditKind
  /** When it is meant to be sent, in milliseconds after the start of the step. */
  readonly atMs: number
  /**
   * What its update holds of the author's own new structs; `length` 0 for an edit that only deletes.
   * Ranges of one author's edits follow each other without a gap.
   */
  readonly clock: number
  readonly length: number
  /** For an edit that only deletes: the first identifier it deletes, by which it is recognised. */
  readonly deletes: ClockRange | undefined
  /** The V1 update. */
  readonly update: Uint8Array
  /** The cursor after it, as the `cursors` field of JupyterLab's presence; undefined for outputs. */
  readonly cursor: unknown
}

/** Keeps the author's document between steps, so that clocks go on. */
export type Author = {
  readonly clientId: number
  /** The edits of the next step; call once a step, in order. */
  write(step: StepPlan): readonly Edit[]
  /** The content digest's share: everything written so far as one update. */
  encodeAll(): Uint8Array
  destroy(): void
}

export type StepPlan = {
  readonly index: number
  /** Keys a second; 0: nothing typed in this step. */
  readonly rate: number
  readonly durationMs: number
}

/** What an update holds, by walking its bytes, without a document. */
export type UpdateContent = {
  readonly structs: readonly ClockRange[]
  readonly deletes: readonly ClockRange[]
}
