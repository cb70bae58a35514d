import type { ServerState } from './driver.ts'

export type StateChange = Omit<ServerState, 'since'>

/** Holds the state of one server, and tells whoever wants to know when it changes. */
export class StateCell {
  readonly #now: () => number
  readonly #listeners = new Set<(state: ServerState) => void>()
  #state: ServerState

  constructor(first: StateChange, now: () => number = Date.now) {
    this.#now = now
    this.#state = { ...first, since: now() }
  }

  get state(): ServerState {
    return this.#state
  }

  /** `since` stays while the phase does. */
  set(next: StateChange): void {
    const { phase, since } = this.#state
    this.#state = { ...next, since: next.phase === phase ? since : this.#now() }
    for (const listener of this.#listeners) listener(this.#state)
  }

  onChange(listener: (state: ServerState) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
