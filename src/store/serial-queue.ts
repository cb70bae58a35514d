import { SyncError } from '../protocol/errors.ts'

/**
 * Runs tasks one after the other. Beyond `maxWaiting` it refuses with `store_unavailable`: a caller
 * that cannot be served soon should hear it, not pile up.
 */
export class SerialQueue {
  readonly #maxWaiting: number
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(maxWaiting = 10_000) {
    this.#maxWaiting = maxWaiting
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= this.#maxWaiting) throw new SyncError('store_unavailable', 'The store is too busy.')
    this.#waiting += 1
    const result = this.#last.then(task)
    this.#last = result.then(noop, noop)
    try {
      return await result
    } finally {
      this.#waiting -= 1
    }
  }

  /** Resolves when everything that was queued by now has ended. */
  async idle(): Promise<void> {
    await this.#last
  }
}

function noop(): void {}
