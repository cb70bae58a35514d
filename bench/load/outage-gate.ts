/** Shut while the server is being killed and looked at: no client may heal it with its own copy. */
export class OutageGate {
  #waiting: (() => void)[] = []
  #isShut = false

  get isShut(): boolean {
    return this.#isShut
  }

  shut(): void {
    this.#isShut = true
  }

  open(): void {
    this.#isShut = false
    for (const go of this.#waiting.splice(0)) go()
  }

  async passed(): Promise<void> {
    if (this.#isShut) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
