import { isIPv6 } from 'node:net'

export type AttemptPolicy = {
  /** Wrong tokens within `windowMs` before an address has to wait. */
  readonly maxFailures: number
  readonly windowMs: number
  /** The first wait; it doubles with every further failure, up to `maxDelayMs`. */
  readonly delayMs: number
  readonly maxDelayMs: number
  /** At this many addresses the one that failed longest ago is forgotten. */
  readonly maxAddresses: number
}

export const ATTEMPT_POLICY: AttemptPolicy = {
  maxFailures: 10,
  windowMs: 60_000,
  delayMs: 1000,
  maxDelayMs: 60_000,
  maxAddresses: 10_000,
}

type Entry = { readonly failures: number; readonly sinceMs: number; readonly waitUntilMs: number }

/**
 * Counts wrong tokens by address, so that guessing gets slow. It covers presented tokens only: a
 * browser that is signed in by its cookie never waits for somebody else behind the same address.
 */
export class FailedAttempts {
  readonly #policy: AttemptPolicy
  /** In order of the last failure. */
  readonly #entries = new Map<string, Entry>()

  constructor(policy: AttemptPolicy = ATTEMPT_POLICY) {
    this.#policy = policy
  }

  get addresses(): number {
    return this.#entries.size
  }

  /** True while this address has to wait before another token of it is looked at. */
  mustWait(address: string, nowMs: number): boolean {
    return (this.#entries.get(networkOf(address))?.waitUntilMs ?? 0) > nowMs
  }

  failed(address: string, nowMs: number): void {
    const { maxAddresses } = this.#policy
    const key = networkOf(address)
    const entry = this.#next(this.#entries.get(key), nowMs)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > maxAddresses && oldest !== undefined) this.#entries.delete(oldest)
  }

  #next(last: Entry | undefined, nowMs: number): Entry {
    const { maxFailures, windowMs, delayMs, maxDelayMs } = this.#policy
    const isFresh = last === undefined || nowMs - Math.max(last.sinceMs, last.waitUntilMs) > windowMs
    const failures = isFresh ? 1 : last.failures + 1
    const delay = failures < maxFailures ? 0 : Math.min(delayMs * 2 ** (failures - maxFailures), maxDelayMs)
    return { failures, sinceMs: isFresh ? nowMs : last.sinceMs, waitUntilMs: delay === 0 ? 0 : nowMs + delay }
  }
}

/** Whoever has one IPv6 address has 2^64 of them: the first half of the address is what counts. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address.replace(/^::ffff:/i, '')
  const [head = '', tail] = address.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const ending = (tail ?? '').split(':').filter((group) => group !== '')
  const zeros = tail === undefined ? [] : Array<string>(8 - groups.length - ending.length).fill('0')
  return [...groups, ...zeros, ...ending].slice(0, 4).join(':')
}
