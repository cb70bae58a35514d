/**
 * Keeps what open sockets may do true. A room's session, a kernel's tunnel: each was let in by a
 * request long ago, and since then a grant may have gone, a token expired, a group changed.
 *
 * What is known here takes effect at once, in one turn of the event loop; what changes at an identity
 * source when it is asked again, every `renewMs`. Only what can wait is spread over some turns, because
 * each is a write to a socket and thousands of them would hold up everybody else's keystrokes: the
 * goodbyes, and that somebody may do more than before.
 */
import { decide, stronger } from '../access/decide.ts'
import type { Access, Action, Identified, Principal } from '../access/model.ts'
import { runInBackground } from '../lib/run-in-background.ts'
import type { Admitted, Judge } from './gate.ts'
import type { Lease } from './lease.ts'

export type EndReason = 'access_revoked' | 'session_expired'

/** Something open that somebody was let into. No call may throw or wait. */
export interface Holder {
  /** What it is for: when that is not allowed any more, it ends. */
  readonly action: Action
  /** May be less than before, or more; never `none`. */
  accessChanged(access: Access): void
  /** From this moment on nothing of it may be applied. Thousands may hear this in one turn. */
  ended(reason: EndReason): void
  /** Some turns later: it closes itself, and says why: in this sentence, if there is one. */
  close(reason: EndReason, sentence?: string): void
}

export type AccessChange = { readonly principal: Principal; readonly what: 'changed' | EndReason }

export type AccessWatchOptions = {
  readonly judge: Judge
  /** How often the sources are asked again. */
  readonly renewMs: number
  /** A source that has not answered by then does not answer. */
  readonly renewTimeoutMs?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  /** Told of each open thing whose access changed or ended; of the ends when they are closed. */
  readonly onChange?: ((change: AccessChange) => void) | undefined
  /** A source does not answer. Must not throw. */
  readonly onError: (error: unknown) => void
}

type Held = {
  readonly holder: Holder
  readonly lease: Lease | undefined
  person: Identified
  access: Access
  /** What the holder knows; less than `access` while it waits to hear of more. */
  told: Access
}

/** Expiries are looked at this often, all in one go. */
const LOOK_MS = 500
/** Questions to sources under way at once. */
const MAX_RENEWALS = 32
/** With the time between two renewals well within the half minute that is promised. */
const RENEW_TIMEOUT_MS = 10_000
/** With what follows of a close, some milliseconds of work. */
const WRITES_PER_TURN = 50
const PAUSE_MS = 10

export class AccessWatch {
  readonly #options: AccessWatchOptions
  readonly #held = new Set<Held>()
  readonly #look: NodeJS.Timeout
  readonly #renew: NodeJS.Timeout
  #isClosed = false
  /** Nobody's access changes by itself before this moment. */
  #changesAt = Number.NEGATIVE_INFINITY
  #isRenewing = false
  #isRenewalWanted = false
  #waiting: (() => void)[] = []
  #nextTurn: NodeJS.Immediate | undefined
  #pause: NodeJS.Timeout | undefined

  constructor(options: AccessWatchOptions) {
    this.#options = options
    this.#look = setInterval(() => this.#lookForExpiries(), LOOK_MS)
    this.#renew = setInterval(() => this.renewSoon(), options.renewMs)
    for (const timer of [this.#look, this.#renew]) timer.unref()
  }

  get size(): number {
    return this.#held.size
  }

  /**
   * From now on the holder hears of changes. Returns what ends that; idempotent. A change since the
   * admission is told right after the calls that are running now.
   */
  hold({ principal, granted, access, lease }: Admitted, holder: Holder): () => void {
    const held: Held = { holder, lease, person: { principal, granted }, access, told: access }
    this.#held.add(held)
    queueMicrotask(() => {
      if (this.#held.has(held)) this.#check(held, this.#now())
    })
    return () => void this.#held.delete(held)
  }

  /** Decides again for everybody, with what is known here. */
  reconsider(): void {
    const now = this.#now()
    this.#changesAt = this.#options.judge.changesAt?.() ?? Number.NEGATIVE_INFINITY
    for (const held of this.#held) this.#check(held, now)
  }

  /** Ends what these people hold; returns how much that was. They may come again if they still may. */
  end(isMeant: (person: Identified) => boolean, sentence: string): number {
    const meant = [...this.#held].filter(({ person }) => isMeant(person))
    for (const held of meant) this.#end(held, 'access_revoked', sentence)
    return meant.length
  }

  /** Asks the sources again, in the background. */
  renewSoon(): void {
    this.#isRenewalWanted = true
    if (this.#isRenewing) return
    this.#isRenewing = true
    runInBackground(() => this.#renewWhileWanted(), this.#options.onError)
  }

  close(): void {
    clearInterval(this.#look)
    clearInterval(this.#renew)
    if (this.#nextTurn !== undefined) clearImmediate(this.#nextTurn)
    clearTimeout(this.#pause)
    this.#isClosed = true
    this.#isRenewalWanted = false
    this.#held.clear()
    this.#waiting = []
  }

  #lookForExpiries(): void {
    const now = this.#now()
    if (now >= this.#changesAt) return this.reconsider()
    for (const held of this.#held) if (isOver(held, now)) this.#expire(held)
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  #check(held: Held, now: number): void {
    const { lease } = held
    const person = lease?.current === undefined ? held.person : lease.current()
    if (person === undefined || isOver(held, now)) return this.#expire(held)
    held.person = person
    this.#decide(held)
  }

  async #renewWhileWanted(): Promise<void> {
    try {
      while (this.#isRenewalWanted) {
        this.#isRenewalWanted = false
        await this.#renewAll()
      }
    } finally {
      this.#isRenewing = false
    }
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
    await Promise.all(Array.from({ length: Math.min(MAX_RENEWALS, waiting.length) }, work))
  }

  async #renewOne(renew: NonNullable<Lease['renew']>, holders: readonly Held[]): Promise<void> {
    if (this.#isClosed) return
    try {
      const person = await this.#answerInTime(renew)
      for (const held of holders) {
        if (!this.#held.has(held)) continue
        if (person === undefined) {
          this.#expire(held)
          continue
        }
        held.person = person
        this.#decide(held)
      }
    } catch (error) {
      if (!this.#isClosed) this.#options.onError(error)
    }
  }

  /** A source that never answers must not keep the others from being asked. */
  async #answerInTime(renew: NonNullable<Lease['renew']>): Promise<Identified | undefined> {
    const { renewTimeoutMs = RENEW_TIMEOUT_MS } = this.#options
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_resolve, reject) => {
      const error = new Error(`an identity source has not answered within ${renewTimeoutMs} ms`)
      timer = setTimeout(() => reject(error), renewTimeoutMs).unref()
    })
    try {
      return await Promise.race([renew(), tooLate])
    } finally {
      clearTimeout(timer)
    }
  }

  #decide(held: Held): void {
    const { holder, person } = held
    const access = this.#options.judge.accessOf(person)
    if (access === held.access) return
    held.access = access
    const { principal } = person
    if (decide({ principal, access }, holder.action) !== 'allow') return this.#end(held, 'access_revoked')
    if (stronger(held.told, access) === held.told) this.#tell(held)
    else this.#later(() => this.#tell(held))
  }

  #tell(held: Held): void {
    if (!this.#held.has(held) || held.told === held.access) return
    held.told = held.access
    held.holder.accessChanged(held.access)
    this.#options.onChange?.({ principal: held.person.principal, what: 'changed' })
  }

  #expire(held: Held): void {
    const { reason = 'session_expired', sentence } = held.lease?.ending ?? {}
    this.#end(held, reason, sentence)
  }

  #end(held: Held, reason: EndReason, sentence?: string): void {
    if (!this.#held.delete(held)) return
    held.holder.ended(reason)
    this.#later(() => {
      held.holder.close(reason, sentence)
      this.#options.onChange?.({ principal: held.person.principal, what: reason })
    })
  }

  /** In the next turn, or in its turn behind the others. */
  #later(task: () => void): void {
    this.#waiting.push(task)
    if (this.#pause === undefined) this.#nextTurn ??= setImmediate(() => this.#takeTurn())
  }

  #takeTurn(): void {
    this.#nextTurn = undefined
    this.#pause = undefined
    for (const task of this.#waiting.splice(0, WRITES_PER_TURN)) task()
    if (this.#waiting.length > 0) this.#pause = setTimeout(() => this.#takeTurn(), PAUSE_MS)
  }
}

function isOver({ lease }: Held, now: number): boolean {
  return lease?.expiresAt !== undefined && lease.expiresAt <= now
}
