import type { Entry } from './passage.ts'

/** A tunnel, or the handshake that may become one. */
export type Visit = {
  readonly entry: Entry
  /** In good order. */
  close(): void
  destroy(): void
}

/** Who is in a tunnel or on the way into one, so that they can be counted, limited and closed. */
export class Tunnels {
  readonly #visits = new Set<Visit>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#visits.size
  }

  get isFull(): boolean {
    return this.#visits.size >= this.#max
  }

  add(visit: Visit): void {
    this.#visits.add(visit)
  }

  delete(visit: Visit): void {
    this.#visits.delete(visit)
  }

  /** How many were closed. */
  closeWhere(isMeant: (visit: Visit) => boolean): number {
    const meant = [...this.#visits].filter(isMeant)
    for (const visit of meant) visit.close()
    return meant.length
  }

  destroyAll(): void {
    for (const visit of this.#visits) visit.destroy()
  }
}
