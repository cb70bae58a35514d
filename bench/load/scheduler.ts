/** Does each thing at the moment it is meant for, or as soon after as the process can. */
import { now } from '../measure/clock.ts'

export type Action = {
  /** On the common clock. */
  readonly at: number
  readonly run: () => void
}

export class Scheduler {
  #timer: NodeJS.Timeout | undefined
  #stopped: (() => void) | undefined

  /** Resolves after the last one, but not before `endAt`. */
  async run(actions: readonly Action[], endAt: number): Promise<void> {
    const sorted = actions.toSorted((a, b) => a.at - b.at)
    let next = 0
    await new Promise<void>((resolve) => {
      this.#stopped = resolve
      const tick = (): void => {
        for (let action = sorted[next]; action !== undefined && action.at <= now(); action = sorted[next]) {
          next += 1
          action.run()
        }
        const wakeAt = sorted[next]?.at ?? endAt
        if (next >= sorted.length && now() >= endAt) resolve()
        // Timers have whole milliseconds; what is due within one is due now.
        else this.#timer = setTimeout(tick, Math.max(0, Math.floor(wakeAt - now())))
      }
      tick()
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#stopped?.()
  }
}
