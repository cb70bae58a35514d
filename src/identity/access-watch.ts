/**
 * Keeps what open sockets may do true. A room's session, a kernel's tunnel: each was let in by a
 * request long ago, and since then a grant may have gone, a token expired, a group changed.
 *
 * Changes known here take effect at once, in one turn of the event loop; those at an identity source
 * when it is asked again, every `renewMs`.
 */
import type { Access, Identified } from '../access/model.ts'
import { runInBackground } from '../lib/run-in-background.ts'
import type { Admitted, Judge } from './gate.ts'
import type { Lease } from './lease.ts'

export type EndReason = 'access_revoked' | 'session_expired'

/** Something open that somebody was let into. Neither call may throw or wait. */
export interface Holder {
  /** May be less than before, or more; never `none`. */
  accessChanged(access: Access): void
  /** From this moment on nothing of it may be applied; it closes itself. */
  ended(reason: EndReason): void
}

export type AccessWatchOptions = {
  readonly judge: Judge
  /** How often the sources are asked again. */
  readonly renewMs: number
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  /** A source does not answer. Must not throw. */
  readonly onError: (error: unknown) => void
}

type Held = {
  readonly holder: Holder
  readonly lease: Lease | undefined
  person: Identified
  access: Access
}

/** Expiries are looked at this often, all in one go. */
const LOOK_MS = 500
/** Questions to sources under way at once. */
const MAX_RENEWALS = 8

export class AccessWatch {
  readonly #options: AccessWatchOptions
  readonly #held = new Set<Held>()
  readonly #look: NodeJS.Timeout
  readonly #renew: NodeJS.Timeout
  #isRenewing = false

  constructor(options: AccessWatchOptions) {
    this.#options = options
    this.#look = setInterval(() => this.reconsider(), LOOK_MS)
    this.#renew = setInterval(() => this.renewSoon(), options.renewMs)
    for (const timer of [this.#look, this.#renew]) timer.unref()
  }

  get size(): number {
    return this.#held.size
  }

  /**
   * From now on the holder hears of changes. Call it before anything is awaited after the admission,
   * or a change in between is missed. Returns what ends it; idempotent.
   */
  hold({ principal, granted, access, lease }: Admitted, holder: Holder): () => void {
    const held: Held = { holder, lease, person: { principal, granted }, access }
    this.#held.add(held)
    return () => void this.#held.delete(held)
  }

  /** Decides again for everybody, with what is known here. */
  reconsider(): void {
    const now = (this.#options.now ?? Date.now)()
    for (const held of this.#held) {
      const { expiresAt } = held.lease ?? {}
      if (expiresAt !== undefined && expiresAt <= now) this.#end(held, 'session_expired')
      else this.#decide(held)
    }
  }

  /** Asks the sources again, in the background. */
  renewSoon(): void {
    if (this.#isRenewing) return
    this.#isRenewing = true
    runInBackground(() => this.#renewAll().finally(() => (this.#isRenewing = false)), this.#options.onError)
  }

  close(): void {
    clearInterval(this.#look)
    clearInterval(this.#renew)
    this.#held.clear()
  }

  /** People with many sockets share a lease, and so one question. */
  async #renewAll(): Promise<void> {
    const byLease = new Map<NonNullable<Lease['renew']>, Held[]>()
    for (const held of this.#held) {
      const { renew } = held.lease ?? {}
      if (renew === undefined) continue
      const same = byLease.get(renew)
      if (same === undefined) byLease.set(renew, [held])
      else same.push(held)
    }
    const waiting = [...byLease]
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#renewOne(...next)
    }
    await Promise.all(Array.from({ length: MAX_RENEWALS }, work))
  }

  async #renewOne(renew: NonNullable<Lease['renew']>, holders: readonly Held[]): Promise<void> {
    try {
      const person = await renew()
      for (const held of holders) {
        if (!this.#held.has(held)) continue
        if (person === undefined) {
          this.#end(held, 'session_expired')
          continue
        }
        held.person = person
        this.#decide(held)
      }
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #decide(held: Held): void {
    const access = this.#options.judge.accessOf(held.person)
    if (access === held.access) return
    held.access = access
    if (access === 'none') this.#end(held, 'access_revoked')
    else held.holder.accessChanged(access)
  }

  #end(held: Held, reason: EndReason): void {
    this.#held.delete(held)
    held.holder.ended(reason)
  }
}
