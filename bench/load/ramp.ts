/**
 * Which rate to try next: up by a factor until one fails (or down, when the first does), then the gap
 * is halved a few times.
 */
import type { Ramp } from '../plan/scenario.ts'

/** Below that, the first rate was not chosen for this server. */
const MAX_STEPS_DOWN = 3

export class RateSearch {
  readonly #ramp: Ramp
  #next: number | undefined
  #good: number | undefined
  #bad: number | undefined
  #doubted: number | undefined
  #refinements = 0

  constructor(ramp: Ramp) {
    this.#ramp = ramp
    this.#next = ramp.from
  }

  /** Undefined: the search is over. */
  get next(): number | undefined {
    return this.#next
  }

  /** The highest rate that was sustained. */
  get best(): number | undefined {
    return this.#good
  }

  tried(isSustained: boolean): void {
    const rate = this.#next
    if (rate === undefined) return
    // One bad moment of the machine must not end the climb: a rate fails when it fails twice.
    if (!isSustained && this.#doubted !== rate) {
      this.#doubted = rate
      return
    }
    if (isSustained) this.#good = Math.max(rate, this.#good ?? 0)
    else this.#bad = Math.min(rate, this.#bad ?? Number.POSITIVE_INFINITY)
    this.#next = this.#choose()
  }

  #choose(): number | undefined {
    const { factor, from, to, refine } = this.#ramp
    if (this.#good === undefined) {
      const lower = (this.#bad ?? from) / factor
      return lower < from / factor ** MAX_STEPS_DOWN ? undefined : lower
    }
    if (this.#bad === undefined) return this.#good >= to ? undefined : Math.min(to, this.#good * factor)
    if (this.#refinements >= refine) return undefined
    this.#refinements += 1
    // Rates are compared by ratio, so their middle is the geometric one.
    return Math.sqrt(this.#good * this.#bad)
  }
}
