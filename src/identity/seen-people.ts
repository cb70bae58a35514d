/**
 * What was last seen of people whose source speaks only when they ask for something: a token in a
 * cookie, a proxy's header. Open sockets of a person hold a lease on it, so a cookie that was
 * refreshed keeps them open, and a group that was lost is lost for them as well.
 */
import type { Identified } from '../access/model.ts'
import type { Lease } from './lease.ts'

export type Sighting = {
  readonly person: Identified
  /** Milliseconds since the epoch: until when it is worth something. */
  readonly expiresAt: number
  /** Milliseconds since the epoch: the later one of two counts. */
  readonly issuedAt: number
}

type Entry = { sighting: Sighting; readonly lease: Lease }

/** People beyond this number are forgotten, who was seen longest ago first; their leases just end. */
const MAX_PEOPLE = 20_000

export class SeenPeople {
  readonly #entries = new Map<string, Entry>()

  get size(): number {
    return this.#entries.size
  }

  /** Returns the lease of this person, as good as the latest that was seen. */
  saw(key: string, sighting: Sighting): Lease {
    const entry = this.#entries.get(key) ?? newEntry(sighting)
    if (isLater(sighting, entry.sighting)) entry.sighting = sighting
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_PEOPLE && oldest !== undefined) this.#entries.delete(oldest)
    return entry.lease
  }
}

function newEntry(first: Sighting): Entry {
  const entry = {
    sighting: first,
    lease: {
      get expiresAt(): number {
        return entry.sighting.expiresAt
      },
      renew: async (): Promise<Identified> => entry.sighting.person,
    },
  }
  return entry
}

/** Of two of the same moment the one that lasts longer. */
function isLater(one: Sighting, other: Sighting): boolean {
  return one.issuedAt === other.issuedAt ? one.expiresAt >= other.expiresAt : one.issuedAt > other.issuedAt
}
