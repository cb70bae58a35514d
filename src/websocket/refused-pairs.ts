/**
 * Remembers whom a dialog was sent to.
 *
 * JupyterLab's client shows a dialog for close code 1003 but keeps reconnecting every 100 ms until
 * the person answers, and queues one more dialog each time. So a (person, room, session) that was
 * told once is answered with a plain HTTP refusal for a while: no dialog, and the client backs off.
 */
export class RefusedPairs {
  readonly #until = new Map<string, number>()
  readonly #keepMs: number
  readonly #maxEntries: number

  constructor(options: { readonly keepMs: number; readonly maxEntries: number }) {
    this.#keepMs = options.keepMs
    this.#maxEntries = options.maxEntries
  }

  remember(key: string, now: number): void {
    this.#until.delete(key)
    this.#until.set(key, now + this.#keepMs)
    // Insertion order is age: the oldest goes first.
    const oldest = this.#until.keys().next()
    if (this.#until.size > this.#maxEntries && oldest.done !== true) this.#until.delete(oldest.value)
  }

  forget(key: string): void {
    this.#until.delete(key)
  }

  has(key: string, now: number): boolean {
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (until > now) return true
    this.#until.delete(key)
    return false
  }
}
