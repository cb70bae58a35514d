/**
 * Time for long work within one turn of the event loop, shared by all rooms: what does not fit waits
 * for the next turn, so that keystrokes come in between.
 */
import type { Clock } from './clock.ts'

export type TurnBudgetOptions = {
  readonly clock: Pick<Clock, 'elapsed' | 'defer'>
  /** The last task of a turn may exceed it. */
  readonly budgetMs: number
}

export class TurnBudget {
  readonly #options: TurnBudgetOptions
  #waiting: (() => void)[] = []
  #spentMs = 0
  #isNextTurnPlanned = false

  constructor(options: TurnBudgetOptions) {
    this.#options = options
  }

  get hasTime(): boolean {
    return this.#spentMs < this.#options.budgetMs
  }

  /** Runs the task and counts its time. */
  spend<Result>(task: () => Result): Result {
    const startedAt = this.#options.clock.elapsed()
    try {
      return task()
    } finally {
      this.#spentMs += this.#options.clock.elapsed() - startedAt
      this.#planNextTurn()
    }
  }

  /** Runs the task in a later turn that has time; first come, first served. Must not throw. */
  whenThereIsTime(task: () => void): void {
    this.#waiting.push(task)
    this.#planNextTurn()
  }

  #planNextTurn(): void {
    if (this.#isNextTurnPlanned) return
    this.#isNextTurnPlanned = true
    this.#options.clock.defer(() => {
      this.#isNextTurnPlanned = false
      this.#spentMs = 0
      while (this.hasTime) {
        const task = this.#waiting.shift()
        if (task === undefined) break
        task()
      }
      if (this.#waiting.length > 0) this.#planNextTurn()
    })
  }
}
