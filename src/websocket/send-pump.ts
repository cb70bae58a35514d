/**
 * Paces what is large. All connections with slices to send take turns, one slice each; after a few
 * milliseconds the event loop gets its turn, with everybody's keystrokes, and then the pump goes on.
 * A hundred people who open a large document cost the others no more than that.
 */

/** Something with slices to send. */
export interface PacedSender {
  /** Sends one. When that was taken and there are more, the sender adds itself again. Never throws. */
  sendSlice(): void
}

export type SendPumpOptions = {
  /** For one turn of the event loop. */
  readonly budgetMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Runs the task after the sockets that are ready had their turn. */
  readonly defer: (task: () => void) => void
}

/** As long as a keystroke of somebody else may wait at each of its steps. */
const BUDGET_MS = 2

export const SYSTEM_PUMP: SendPumpOptions = {
  budgetMs: BUDGET_MS,
  now: () => performance.now(),
  defer: (task) => {
    setImmediate(task)
  },
}

export class SendPump {
  readonly #options: SendPumpOptions
  /** In the order of their turns. */
  readonly #senders = new Set<PacedSender>()
  #isScheduled = false

  constructor(options: SendPumpOptions = SYSTEM_PUMP) {
    this.#options = options
  }

  /** Its turn comes after those of all that wait already. */
  add(sender: PacedSender): void {
    this.#senders.add(sender)
    this.#schedule()
  }

  delete(sender: PacedSender): void {
    this.#senders.delete(sender)
  }

  #schedule(): void {
    if (this.#isScheduled || this.#senders.size === 0) return
    this.#isScheduled = true
    this.#options.defer(() => {
      this.#isScheduled = false
      this.#run()
      this.#schedule()
    })
  }

  #run(): void {
    const { now, budgetMs } = this.#options
    const endsAt = now() + budgetMs
    for (const sender of this.#senders) {
      this.#senders.delete(sender)
      sender.sendSlice()
      if (now() >= endsAt) break
    }
  }
}
