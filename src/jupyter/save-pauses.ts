import type { Clock } from '../room/clock.ts'

/** Waits that end early when their owner closes. */
export class SavePauses {
  readonly #clock: Clock
  readonly #open = new Set<() => void>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async wait(ms: number): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel()
        this.#open.delete(end)
        resolve()
      }
      const cancel = this.#clock.after(ms, end)
      this.#open.add(end)
    })
  }

  close(): void {
    this.#isClosed = true
    for (const end of this.#open) end()
  }
}
