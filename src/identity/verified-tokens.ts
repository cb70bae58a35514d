import { createHash } from 'node:crypto'

type Entry<T> = { readonly value: T; readonly generation: number }

/** At this many tokens the one that was shown longest ago is checked again. */
const MAX_TOKENS = 5_000

/**
 * What was found out about tokens by checking their signature, which costs more than everything else
 * of a request. Good only for the keys it was found out with.
 */
export class VerifiedTokens<T extends { readonly expiresAt: number }> {
  readonly #entries = new Map<string, Entry<T>>()

  get size(): number {
    return this.#entries.size
  }

  /** `generation` names the keys of this moment. */
  get(
    token: string,
    { generation, nowMs }: { readonly generation: number; readonly nowMs: number },
  ): T | undefined {
    const key = digest(token)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.generation !== generation || entry.value.expiresAt <= nowMs) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  set(token: string, value: T, generation: number): void {
    this.#entries.set(digest(token), { value, generation })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_TOKENS && oldest !== undefined) this.#entries.delete(oldest)
  }
}

/** Memory holds nothing that somebody could show. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
