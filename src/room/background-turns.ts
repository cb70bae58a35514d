/**
 * Long computations in short turns. All of them together get one turn for each round of the event
 * loop, in rotation, so that sockets and commits never wait for more than one.
 */
import type { Clock } from './clock.ts'

/** Does a part of the work, while `hasTime` says so; true when all is done. Is called at least once. */
export type PartOfWork = (hasTime: () => boolean) => boolean

type Waiting = {
  readonly work: PartOfWork
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** How long a keystroke may have to wait for somebody else's document. */
const TURN_MS = 3

export class BackgroundTurns {
  readonly #clock: Clock
  /** As many as there are rooms that load or compact; the registry bounds those. */
  readonly #waiting: Waiting[] = []
  #isScheduled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when the work is done; rejects with what it throws. */
  async run(work: PartOfWork): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      this.#takeTurn()
      this.#schedule()
    })
  }

  #takeTurn(): void {
    const next = this.#waiting.shift()
    if (next === undefined) return
    const endAt = this.#clock.elapsed() + TURN_MS
    try {
      if (next.work(() => this.#clock.elapsed() < endAt)) next.resolve()
      else this.#waiting.push(next)
    } catch (error) {
      next.reject(error)
    }
  }
}
