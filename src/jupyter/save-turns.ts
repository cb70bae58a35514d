/**
 * One after the other: whatever compares a document with its file, and then writes one of them,
 * has to be alone with both. A failed turn does not stop the next one.
 */
export class SaveTurns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `task` when all earlier ones are over; settles as it does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(task, task)
    this.#last = mine.catch(() => {})
    return await mine
  }
}
