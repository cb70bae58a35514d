import type { ErrorCode } from '../protocol/errors.ts'
import type { DocumentId } from '../protocol/names.ts'

export type RefusedEdits = {
  readonly document: DocumentId
  readonly personId: string
  readonly code: ErrorCode
  /** How many since this person's session was last heard of with this code. */
  readonly count: number
}

type Count = { toldAt: number; untold: number }

const TELL_EVERY_MS = 60_000

/** Gathers what one session was refused, so that whoever floods a room does not flood its audit trail. */
export class RefusalCount {
  readonly #tell: (refused: Pick<RefusedEdits, 'code' | 'count'>) => void
  readonly #counts = new Map<ErrorCode, Count>()

  constructor(tell: (refused: Pick<RefusedEdits, 'code' | 'count'>) => void) {
    this.#tell = tell
  }

  /** `now`: monotonic milliseconds. */
  add(code: ErrorCode, now: number): void {
    const count = this.#counts.get(code) ?? { toldAt: Number.NEGATIVE_INFINITY, untold: 0 }
    this.#counts.set(code, count)
    count.untold += 1
    if (now - count.toldAt >= TELL_EVERY_MS) this.#tellOf(code, count, now)
  }

  /** The session is over: tells what was not told. */
  end(now: number): void {
    for (const [code, count] of this.#counts) if (count.untold > 0) this.#tellOf(code, count, now)
  }

  #tellOf(code: ErrorCode, count: Count, now: number): void {
    this.#tell({ code, count: count.untold })
    count.toldAt = now
    count.untold = 0
  }
}
