/** As many people as are remembered; whoever was here longest ago is forgotten. */
const MAX_PEOPLE = 10_000

/**
 * Who was let in since the start. To somebody whose access is removed the server is no secret, and
 * JupyterLab's file list, told that its folder does not exist, asks again without a pause and opens a
 * dialog each time: whoever was inside is told what happened instead.
 */
export class FormerGuests {
  readonly #ids = new Set<string>()

  /** This person is let in. */
  saw(id: string): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= MAX_PEOPLE) return
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest)
      return
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }
}
