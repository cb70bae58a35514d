/**
 * Finds keys of one shared type that one client writes twice as if for the first time, that is
 * without naming the value it replaces.
 *
 * Y.Map and XML attributes never do that. Yjs walks all earlier values of the key for each such
 * write, so 80,000 of them block it for 16 s, and again at every load.
 */
export class KeyWrites {
  readonly #bytes: Uint8Array
  #starts: number[] = []
  #ends: number[] = []
  #hashes: number[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** What other clients wrote before does not count. */
  startClient(): void {
    if (this.#starts.length === 0) return
    this.#starts = []
    this.#ends = []
    this.#hashes = []
  }

  /**
   * The encoded parent and key lie at `start` to `end`. They are compared as they are, because
   * everything has exactly one encoding.
   */
  add(start: number, end: number): void {
    this.#starts.push(start)
    this.#ends.push(end)
    this.#hashes.push(this.#hash(start, end))
  }

  /** Unequal hashes settle it nearly always, without a string per key. */
  hasRepeat(): boolean {
    const count = this.#starts.length
    if (count < 2) return false
    const sorted = Int32Array.from(this.#hashes).sort()
    if (sorted.every((hash, i) => i === 0 || hash !== sorted[i - 1])) return false
    // As strings: V8 seeds their hashes, so nobody can make them collide on purpose.
    const bytes = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length)
    const keys = new Set(this.#starts.map((start, i) => bytes.toString('latin1', start, this.#ends[i])))
    return keys.size < count
  }

  /** FNV-1a. */
  #hash(start: number, end: number): number {
    let hash = 0x811c9dc5
    for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (this.#bytes[i] ?? 0), 0x01000193)
    return hash
  }
}
