const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Listens for the wish to stop. The first signal aborts `signal`; the second ends the process at
 * once, which is safe: everything a peer has seen is in the log already.
 */
export class StopRequest {
  readonly #controller = new AbortController()
  readonly #requested: Promise<void>
  readonly #onSignal: (name: NodeJS.Signals, number: number) => void

  /** With `onHangup` SIGHUP is no wish to stop, as services have it, but to be told there. */
  constructor(exit: (code: number) => never, onHangup?: () => void) {
    let request: () => void = () => undefined
    this.#requested = new Promise((resolve) => (request = resolve))
    this.#onSignal = (name, number) => {
      if (name === 'SIGHUP' && onHangup !== undefined) return onHangup()
      if (this.#controller.signal.aborted) exit(128 + number)
      this.#controller.abort()
      request()
    }
    for (const name of SIGNALS) process.on(name, this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get isMade(): boolean {
    return this.signal.aborted
  }

  /** Resolves at the first signal. */
  get requested(): Promise<void> {
    return this.#requested
  }

  dispose(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal)
  }
}
