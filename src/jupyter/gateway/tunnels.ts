import type { AccessWatch } from '../../identity/access-watch.ts'
import type { Entry } from './passage.ts'

/** A tunnel, or the handshake that may become one. */
export type Visit = {
  readonly entry: Entry
  /** From now on nothing passes. */
  mute(): void
  /** In good order. */
  close(): void
  destroy(): void
}

/** Who is in a tunnel or on the way into one, so that they can be counted, limited and closed. */
export class Tunnels {
  /** With what ends the watch over its access. */
  readonly #visits = new Map<Visit, (() => void) | undefined>()
  readonly #max: number
  readonly #watch: Pick<AccessWatch, 'hold'> | undefined

  constructor(max: number, watch?: Pick<AccessWatch, 'hold'>) {
    this.#max = max
    this.#watch = watch
  }

  get size(): number {
    return this.#visits.size
  }

  get isFull(): boolean {
    return this.#visits.size >= this.#max
  }

  add(visit: Visit): void {
    const { admission, action } = visit.entry
    const holder = {
      action,
      accessChanged: () => {},
      ended: () => visit.mute(),
      close: () => visit.close(),
    }
    this.#visits.set(visit, this.#watch?.hold(admission, holder))
  }

  delete(visit: Visit): void {
    this.#visits.get(visit)?.()
    this.#visits.delete(visit)
  }

  /** How many were closed. */
  closeWhere(isMeant: (visit: Visit) => boolean): number {
    const meant = [...this.#visits.keys()].filter(isMeant)
    for (const visit of meant) visit.close()
    return meant.length
  }

  destroyAll(): void {
    for (const visit of this.#visits.keys()) visit.destroy()
  }
}
