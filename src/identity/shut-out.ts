import type { Grant } from '../access/model.ts'
import type { LiveResource } from './live-resource.ts'

/** Above it, who was kept out first comes back early. */
const MAX_PEOPLE = 1000

/** People who are kept out for a while. Forgotten when the process ends. */
export class ShutOut {
  readonly #resource: Pick<LiveResource, 'setShutOut'>
  readonly #now: () => number
  /** Person -> until when, in milliseconds since the epoch. */
  readonly #until = new Map<string, number>()

  constructor(resource: Pick<LiveResource, 'setShutOut'>, now: () => number = Date.now) {
    this.#resource = resource
    this.#now = now
  }

  /** Open sockets hear of it at once. */
  add(personId: string, ms: number): void {
    const now = this.#now()
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id)
    this.#until.delete(personId)
    this.#until.set(personId, now + ms)
    const [first] = this.#until.keys()
    if (this.#until.size > MAX_PEOPLE && first !== undefined) this.#until.delete(first)
    this.#resource.setShutOut(
      [...this.#until].map(([id, expiresAt]): Grant => ({
        subject: `user:${id}`,
        access: 'none',
        expiresAt,
      })),
    )
  }
}
