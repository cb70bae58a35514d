/**
 * Lets few handshakes begin in one turn of the event loop. Each is short, but two hundred people who
 * come at once, after a restart or at the beginning of a lesson, would be one long turn together, and
 * everybody who is typing would wait for its end.
 */

export type UpgradeTurnsOptions = {
  readonly maxPerTurn: number
  /** Further ones are refused. */
  readonly maxWaiting: number
  /** Runs the task in the next turn of the event loop. */
  readonly defer: (task: () => void) => void
}

export class UpgradeTurns {
  readonly #options: UpgradeTurnsOptions
  #waiting: (() => void)[] = []
  #begun = 0
  #isNextTurnPlanned = false

  constructor(options: UpgradeTurnsOptions) {
    this.#options = options
  }

  /** Runs the task, now or in its turn; false when too many wait already. The task must not throw. */
  run(task: () => void): boolean {
    if (this.#waiting.length >= this.#options.maxWaiting) return false
    if (this.#waiting.length > 0 || this.#begun >= this.#options.maxPerTurn) this.#waiting.push(task)
    else this.#begin(task)
    this.#planNextTurn()
    return true
  }

  #begin(task: () => void): void {
    this.#begun += 1
    task()
  }

  #planNextTurn(): void {
    if (this.#isNextTurnPlanned) return
    this.#isNextTurnPlanned = true
    this.#options.defer(() => {
      this.#isNextTurnPlanned = false
      this.#begun = 0
      for (const task of this.#waiting.splice(0, this.#options.maxPerTurn)) this.#begin(task)
      // Also to forget what has begun in this turn.
      if (this.#begun > 0) this.#planNextTurn()
    })
  }
}
