/**
 * When the next commit may begin. A write to a socket costs the same whatever it carries, and so
 * does a flush of the disk: what is gathered is saved. Nobody notices a few milliseconds, but a lone
 * typist would notice them at every key, so the first edit after a quiet moment never waits.
 */

/** Commits that follow each other faster than this, on average, are gathered. */
const BUSY_INTERVAL_MS = 10
/** How many commits the average is over. */
const REMEMBERED = 8

export class CommitPace {
  readonly #gapMs: number
  /** Starts of the last commits, in a ring. */
  readonly #starts: number[] = Array.from({ length: REMEMBERED }, () => Number.NEGATIVE_INFINITY)
  #next = 0

  /** `gapMs`: the shortest time from one commit to the next while many follow each other. */
  constructor(gapMs: number) {
    this.#gapMs = gapMs
  }

  /** On the clock that `began` is told; in the past when it may begin now. */
  get nextAt(): number {
    const newest = this.#starts[(this.#next + REMEMBERED - 1) % REMEMBERED] ?? Number.NEGATIVE_INFINITY
    const oldest = this.#starts[this.#next] ?? Number.NEGATIVE_INFINITY
    const isBusy = newest - oldest < BUSY_INTERVAL_MS * (REMEMBERED - 1)
    return isBusy ? newest + this.#gapMs : Number.NEGATIVE_INFINITY
  }

  began(at: number): void {
    this.#starts[this.#next] = at
    this.#next = (this.#next + 1) % REMEMBERED
  }
}
