import type { Answer } from './api.ts'

/**
 * One thing that is asked for again and again. An answer to a question that was put before somebody
 * here changed the thing is not shown: the change would seem to be undone for a moment.
 */
export class Feed<Value> {
  readonly #ask: () => Promise<Answer<Value>>
  readonly #show: (answer: Answer<Value>) => void
  #asked = 0

  constructor(ask: () => Promise<Answer<Value>>, show: (answer: Answer<Value>) => void) {
    this.#ask = ask
    this.#show = show
  }

  async refresh(): Promise<void> {
    this.#asked += 1
    const mine = this.#asked
    const answer = await this.#ask()
    if (mine === this.#asked) this.#show(answer)
  }

  /** What is under way is out of date. */
  outdate(): void {
    this.#asked += 1
  }
}
